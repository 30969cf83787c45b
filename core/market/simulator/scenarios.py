"""Scenarios: multipliers on the settings of the calibrated market, spells, scripted tokens. Calm is that market itself.

Named ones can be mixed; a scenario file mixes named ones with its own.
"""

import difflib
from collections.abc import Iterable, Mapping
from math import prod

from msgspec import Struct, ValidationError, convert
from msgspec.structs import fields

from core.errors import Refused
from core.market.simulator.scripts import Plant
from core.market.simulator.spells import (
    AnySpell,
    Factor,
    FeedOutage,
    FeeWave,
    ProgramUpgrade,
    Seconds,
    Share,
    SolCrash,
    is_on,
)


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Factors on rates, sizes, shares and fees; 1 leaves the setting as it is."""

    launches: Factor = 1.0
    """0: nothing is launched but `tokens`."""
    attention: Factor = 1.0
    buy_size: Factor = 1.0
    creator_dumps: Factor = 1.0
    dump_delay: Factor = 1.0
    groups: Factor = 1.0
    bundles: Factor = 1.0
    deployer_snipes: Factor = 1.0
    honeypots: Factor = 1.0
    priority_fee: Factor = 1.0
    failures: Factor = 1.0
    mayhem_share: Share = 0.0
    """Of launches. Mixed: the largest counts, as for the next two."""
    usdc_share: Share = 0.0
    """Of launches."""
    transfers_shown: Share = 0.0
    """Of launches whose deployer funds snipers, those of which the feed shows the transfers: logs show none, a node
    that is asked for a wallet's history does. Mixed: the largest."""
    sol_start_usd: Seconds = 0.0
    """SOL/USD at the start; 0: as the market's settings say."""
    spells: tuple[AnySpell, ...] = ()
    tokens: tuple[Plant, ...] = ()

    def spells_on(self, since_s: float) -> tuple[AnySpell, ...]:
        """The spells that hold `since_s` after the market's start."""
        return tuple(spell for spell in self.spells if is_on(spell, since_s))


class ScenarioFile(Scenario, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a scenario file holds."""

    about: str = ""
    """For people."""
    mix: tuple[str, ...] = ()
    """Named scenarios that this one is mixed with."""


CALM = Scenario()
HOT = Scenario(launches=1.25, attention=1.6, buy_size=1.2, groups=1.3)
"""More launches, more buyers, bigger buys: the upper end of the published launch and graduation figures."""
RUG_WAVE = Scenario(creator_dumps=1.3, dump_delay=0.5, groups=2.0, bundles=2.0, deployer_snipes=4.0)
"""Insiders dump more often and sooner."""
HONEYPOT_SEASON = Scenario(honeypots=20.0)
"""Tokens that outsiders cannot sell are common instead of rare."""
CONGESTION = Scenario(priority_fee=10.0, failures=2.5)
"""Fees times ten and, with the default share of 20 %, half of the transactions fail (market.md). They are so from the
start: whoever compares with a usual level meets the waves of `fee_waves`."""
FEE_WAVES = Scenario(spells=(FeeWave(at_s=1_200.0, for_s=180.0, every_s=1_800.0),))
"""The same congestion in waves of three minutes, twice an hour."""
FEED_OUTAGE = Scenario(
    spells=(FeedOutage(at_s=600.0, for_s=20.0, every_s=900.0), FeedOutage(at_s=1_500.0, for_s=90.0, every_s=3_600.0))
)
"""Short outages four times an hour, one that is longer than a position may be left unwatched every hour."""
PROGRAM_UPGRADE = Scenario(spells=(ProgramUpgrade(at_s=1_800.0, for_s=900.0, every_s=14_400.0),))
"""A quarter of an hour every four hours in which our layouts are of yesterday."""
SOL_CRASH = Scenario(
    sol_start_usd=120.0, attention=0.7, dump_delay=0.7, spells=(SolCrash(at_s=900.0, for_s=900.0, fall=0.4),)
)
"""SOL loses 40 % in a quarter of an hour; fewer come to buy, insiders leave sooner."""
MAYHEM = Scenario(mayhem_share=0.25)
"""A quarter of the launches are mayhem coins, whose agent trades without fee and off the curve."""
USDC = Scenario(usdc_share=0.25)
"""A quarter of the launches are quoted in USDC."""
TRANSFERS = Scenario(transfers_shown=1.0)
"""The feed shows whom a deployer funded."""
LABORATORY = Scenario(launches=0.0)
"""Nothing happens but what a file scripts."""

SCENARIOS = {
    "calm": CALM,
    "hot": HOT,
    "rug_wave": RUG_WAVE,
    "honeypot_season": HONEYPOT_SEASON,
    "congestion": CONGESTION,
    "fee_waves": FEE_WAVES,
    "feed_outage": FEED_OUTAGE,
    "program_upgrade": PROGRAM_UPGRADE,
    "sol_crash": SOL_CRASH,
    "mayhem": MAYHEM,
    "usdc": USDC,
    "transfers": TRANSFERS,
    "laboratory": LABORATORY,
}

_LARGEST = ("mayhem_share", "usdc_share", "transfers_shown", "sol_start_usd")
_TOGETHER = ("spells", "tokens")


def named(name: str) -> Scenario:
    """The scenario of this name. Refused for one that does not exist."""
    if name not in SCENARIOS:
        near = difflib.get_close_matches(name, SCENARIOS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise Refused(f"unknown scenario {name!r}{hint} (one of {', '.join(SCENARIOS)}; a file ends in .toml or .json)")
    return SCENARIOS[name]


def mixed(*names: str) -> Scenario:
    """The named scenarios mixed. Refused for a name that does not exist."""
    return mix(named(name) for name in names)


def mix(scenarios: Iterable[Scenario]) -> Scenario:
    """Factors multiply, spells and tokens come together, of shares and start prices the largest counts."""
    parts = tuple(scenarios)
    values: dict[str, object] = {}
    for field in fields(Scenario):
        every = [getattr(part, field.name) for part in parts]
        if field.name in _TOGETHER:
            values[field.name] = sum(every, ())
        else:
            values[field.name] = max(every, default=0.0) if field.name in _LARGEST else prod(every, start=1.0)
    return Scenario(**values)  # type: ignore[arg-type]  # the fields of a scenario, by name


def from_plain(plain: Mapping[str, object]) -> Scenario:
    """The scenario that a file's plain content describes. Refused, with the place, where it is none."""
    try:
        written = convert(dict(plain), ScenarioFile)
    except ValidationError as error:
        raise Refused(f"no scenario: {error}") from None
    return mix((*(named(name) for name in written.mix), written))
