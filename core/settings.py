"""All settings in one frozen struct: every figure of rules.md with its default, each settable by one name.

The name of a field is `MICRO_<SECTION>_<FIELD>`, as `MICRO_MILITIA_PAUSE_S`. Sections are the rules' own structs, so
that a rule and its figures stand in one file. Unknown names and values that do not parse are refused with the nearest
name.
"""

import difflib
import math
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from core.chain.codec.keys import KEY_BYTES, key_bytes
from core.errors import Refused
from core.market.paper.landing import PaperRule
from core.notify.rule import NotifyRule, TelegramRule
from core.rules.backup import BackupRule
from core.rules.battlefield import BattlefieldRule
from core.rules.breaker import BreakerRule
from core.rules.canary import CanaryRule
from core.rules.capital import CapitalRule
from core.rules.cost import CostRule
from core.rules.doctor import DoctorRule
from core.rules.emergency import EmergencyRule
from core.rules.entry import EntryRule
from core.rules.exit_fee import ExitFeeRule
from core.rules.exit_slippage import ExitSlippageRule
from core.rules.honeypot import HoneypotRule
from core.rules.keystore import KeystoreRule
from core.rules.life_limit import LifeRule
from core.rules.live_feed import LiveRule
from core.rules.market_time import WallClockRule
from core.rules.militia import MilitiaRule
from core.rules.mining import MiningRule
from core.rules.psychology import PsychologyRule
from core.rules.quality import QualityRule
from core.rules.reincarnation import ReincarnationRule
from core.rules.restoration import RestorationRule
from core.rules.risk import RiskRule
from core.rules.rpc import RpcRule
from core.rules.rpc_budget import RpcBudgetRule
from core.rules.sentiment import SentimentRule
from core.rules.shield import ShieldRule
from core.rules.sol_price import SolPriceRule, SolSourceRule
from core.rules.stake import StakeRule
from core.rules.take_profit import TakeProfitRule
from core.rules.time_protocol import TimeRule
from core.rules.volatility import VolatilityRule
from core.state.orders import OrderRule
from core.strategy import StrategyRule

PREFIX = "MICRO_"
MOST_PORT = 65_535


class RuntimeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where and how the process runs. These have the short names of interfaces.md: `MICRO_STATE_DIR` and so on."""

    state_dir: str = "./state"
    monitor_port: int = 8081
    executor_port: int = 8080
    bind: str = "127.0.0.1"
    allowed_hosts: tuple[str, ...] = ()
    """Names beside loopback and `bind` that a request's Host header may carry, as ["monitor"] in a Compose network."""
    executor_url: str = ""
    """Where `--role monitor` finds the executor; empty: at `executor_port` of this machine."""
    plain_hosts: tuple[str, ...] = ()
    """Hosts that may be called without encryption beside this machine, as ["validator"] in a Compose network."""
    change_burst: int = 10
    """Changes over HTTP taken at once; then one each `change_every_s`. Exits have twice that for themselves."""
    change_every_s: float = 1.0
    feed: str = "market"
    """`market` (embedded), `live`, or a file."""
    seed: int = 7
    scenario: str = ""
    """Of the embedded market: a name as `rug_wave`, a file, or several with commas; empty is calm. A state directory
    that holds a market goes on with its own."""
    clock_speed: float = 1.0
    strategy: str = "core.strategy:MicroLightning"
    """`package.module:Class`, a `core.strategy.MemcoinStrategy`."""
    cold_address: str = ""
    """Where `wallets sweep` and the psychology fund's surplus may go, base58; in the settings file only, and typed once
    by the operator before the first lamport goes there. Empty: nowhere."""
    time_scale: float = 1.0
    """For tests on a local node: what rules.md gives in minutes, hours or days is divided by it (`scaled`)."""

    def __post_init__(self) -> None:
        for name in ("clock_speed", "time_scale"):
            if not getattr(self, name) > 0:
                raise Refused(f"{PREFIX}{name.upper()} must be above 0, not {getattr(self, name)}")
        for name in ("monitor_port", "executor_port"):
            if not 0 <= getattr(self, name) <= MOST_PORT:
                raise Refused(f"{PREFIX}{name.upper()} must be a port, 0 to {MOST_PORT}, not {getattr(self, name)}")
        if self.cold_address and not _is_key(self.cold_address):
            raise Refused(f"{PREFIX}COLD_ADDRESS={self.cold_address!r} is no Solana address")


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a step may read beside its state. Sections carry the names that `now.settings.<section>` uses."""

    runtime: RuntimeSettings = RuntimeSettings()
    capital: CapitalRule = CapitalRule()
    stake: StakeRule = StakeRule()
    life: LifeRule = LifeRule()
    reincarnation: ReincarnationRule = ReincarnationRule()
    militia: MilitiaRule = MilitiaRule()
    psychology: PsychologyRule = PsychologyRule()
    restoration: RestorationRule = RestorationRule()
    shield: ShieldRule = ShieldRule()
    breaker: BreakerRule = BreakerRule()
    sol_price: SolPriceRule = SolPriceRule()
    sol_source: SolSourceRule = SolSourceRule()
    entry: EntryRule = EntryRule()
    battlefield: BattlefieldRule = BattlefieldRule()
    quality: QualityRule = QualityRule()
    risk: RiskRule = RiskRule()
    honeypot: HoneypotRule = HoneypotRule()
    cost: CostRule = CostRule()
    mining: MiningRule = MiningRule()
    time: TimeRule = TimeRule()
    take_profit: TakeProfitRule = TakeProfitRule()
    volatility: VolatilityRule = VolatilityRule()
    sentiment: SentimentRule = SentimentRule()
    emergency: EmergencyRule = EmergencyRule()
    exit_slippage: ExitSlippageRule = ExitSlippageRule()
    exit_fee: ExitFeeRule = ExitFeeRule()
    rpc: RpcRule = RpcRule()
    rpc_budget: RpcBudgetRule = RpcBudgetRule()
    canary: CanaryRule = CanaryRule()
    wall_clock: WallClockRule = WallClockRule()
    orders: OrderRule = OrderRule()
    paper: PaperRule = PaperRule()
    live: LiveRule = LiveRule()
    keystore: KeystoreRule = KeystoreRule()
    backup: BackupRule = BackupRule()
    doctor: DoctorRule = DoctorRule()
    strategy: StrategyRule = StrategyRule()
    notify: NotifyRule = NotifyRule()
    telegram: TelegramRule = TelegramRule()


LONG_DURATIONS: dict[str, tuple[str, ...]] = {
    "life": ("max_s", "min_interval_s"),
    "reincarnation": ("min_between_s",),
    "militia": ("pause_s",),
    "breaker": ("open_s", "panics_within_s"),
    "entry": ("follow_s",),
    "entry.strict": ("age_min_s", "age_max_s"),
    "entry.default": ("age_min_s", "age_max_s"),
    "entry.relaxed": ("age_min_s", "age_max_s"),
    "entry.recorded": ("age_min_s", "age_max_s"),
    "risk": ("newborn_age_s", "young_age_s", "settled_age_s"),
    "mining": ("newborn_age_s", "young_age_s", "reentry_gap_s", "memory_s"),
    "time": ("golden_until_s", "decay_until_s", "late_until_s", "decay_at_s"),
    "volatility": ("bar_s", "candle_s"),
    "sentiment": ("within_s",),
    "emergency": ("congestion_median_s", "congestion_history_s"),
    "canary": ("every_s",),
}
"""Every duration that rules.md gives in minutes, hours or days, and layer 2's bars. What it gives in seconds
(freshness, silence, panic limit) is not here: a node and a network are no faster for a test."""

FOREIGN = ("SOLANA_RPC_URL", "SOLANA_WS_URL", "SOLANA_SEND_URL", "JITO_URL", "TENSORZERO_ENDPOINT")
"""Names without the prefix: addresses, which may hold keys. SOLANA_RPC_URL, SOLANA_SEND_URL and JITO_URL may each hold
several, separated by commas."""
PASSPHRASE_NAMES = ("MICRO_PASSPHRASE_FILE", "MICRO_PASSPHRASE")
"""How the keystore's passphrase reaches the process: no settings, and never on the command line."""
NOTIFY_NAMES = ("MICRO_NOTIFY_URLS_FILE", "MICRO_NOTIFY_URLS")
"""How the addresses of notifications do, which hold passwords: the file that holds them, or the environment."""
TELEGRAM_NAMES = ("MICRO_TELEGRAM_TOKEN_FILE", "MICRO_TELEGRAM_TOKEN")
SECRET_NAMES = (PASSPHRASE_NAMES, NOTIFY_NAMES, TELEGRAM_NAMES)
"""Each a name for a file of mode 0600, and a name that holds the secret itself and is for the environment alone."""
FILE_ONLY = ("MICRO_COLD_ADDRESS",)
"""Where money may leave to: only who may write the settings file decides it."""
SCRIPT_NAMES = ("MICRO_CI", "MICRO_PYTHON", "MICRO_START_TIMEOUT_S", "MICRO_STOP_TIMEOUT_S")
"""Names with the prefix that belong to the scripts, not to the settings."""


def names() -> dict[str, tuple[str, str]]:
    """Every settable name with its (section, field)."""
    found: dict[str, tuple[str, str]] = {}
    for section in msgspec.structs.fields(Settings):
        for field in msgspec.structs.fields(section.type):
            prefix = PREFIX if section.name == "runtime" else f"{PREFIX}{section.name.upper()}_"
            found[prefix + field.name.upper()] = (section.name, field.name)
    return found


def from_texts(texts: Mapping[str, str], base: Settings | None = None) -> Settings:
    """Settings with these texts over `base` (defaults). Refused: unknown name, or a value that does not parse."""
    base = base if base is not None else Settings()
    known, changes = names(), dict[str, dict[str, Any]]()
    for name, text in texts.items():
        if name not in known:
            raise Refused(_unknown(name, known))
        section, field = known[name]
        changes.setdefault(section, {})[field] = _parse(name, text, section, field)
    sections = {
        section: msgspec.structs.replace(getattr(base, section), **fields) for section, fields in changes.items()
    }
    return msgspec.structs.replace(base, **sections)


def scaled(settings: Settings) -> Settings:
    """The settings with every long duration divided by `runtime.time_scale`. Done once, where settings are loaded."""
    scale = settings.runtime.time_scale
    if scale == 1:
        return settings
    sections: dict[str, Any] = {}
    for path, fields in LONG_DURATIONS.items():
        section, _, column = path.partition(".")
        rule = sections.get(section, getattr(settings, section))
        if column:
            changes = {column: _divided(getattr(rule, column), fields, scale)}
            sections[section] = msgspec.structs.replace(rule, **changes)
        else:
            sections[section] = _divided(rule, fields, scale)
    return msgspec.structs.replace(settings, **sections)


def _divided(rule: Any, fields: tuple[str, ...], scale: float) -> Any:
    return msgspec.structs.replace(rule, **{field: _part(getattr(rule, field), scale) for field in fields})


def _part(duration_s: float | tuple[float, ...], scale: float) -> float | tuple[float, ...]:
    return tuple(one / scale for one in duration_s) if isinstance(duration_s, tuple) else duration_s / scale


def changed(before: Settings, after: Settings) -> list[str]:
    """Names of the settings that differ."""
    return [
        name
        for name, (section, field) in names().items()
        if getattr(getattr(before, section), field) != getattr(getattr(after, section), field)
    ]


def taken(before: Settings, after: Settings, wanted: Collection[str]) -> Settings:
    """`before` with what `after` has under these names."""
    known, changes = names(), dict[str, dict[str, Any]]()
    for section, field in (known[name] for name in wanted):
        changes.setdefault(section, {})[field] = getattr(getattr(after, section), field)
    sections = {
        section: msgspec.structs.replace(getattr(before, section), **fields) for section, fields in changes.items()
    }
    return msgspec.structs.replace(before, **sections)


def _is_key(text: str) -> bool:
    try:
        return len(key_bytes(text)) == KEY_BYTES
    except ValueError:
        return False


def _unknown(name: str, known: Mapping[str, tuple[str, str]]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"unknown setting {name}{hint}"


def _parse(name: str, text: str, section: str, field: str) -> object:
    rule = type(getattr(Settings(), section))
    kind = next(f.type for f in msgspec.structs.fields(rule) if f.name == field)
    try:
        raw = msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, UnicodeError):
        raw = text  # a bare word: a string, or refused below
    try:
        value = msgspec.convert(raw, kind, strict=False)
    except (msgspec.ValidationError, UnicodeError) as error:
        raise Refused(f"{name}={text!r} is not usable: {error}") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused(f"{name}={text!r} is not usable: it must be a finite number")
    return value
