"""A house without actors: real records folded into real books, real snapshots, and a directory that remembers what it
was told. Token names are a stranger's worst.
"""

from collections.abc import Callable, Collection, Mapping
from time import sleep

from flask import Flask
from flask.testing import FlaskClient
from msgspec import Struct

from core.effects import Now
from core.errors import Refused, Retryable, Unavailable
from core.ledger.books import Books
from core.ledger.fold import fold
from core.ledger.postings import of_capital, of_settlement
from core.market.candles import Candle
from core.measures import Measures, Timings
from core.messages import (
    Append,
    GetPrices,
    GetYoungTrades,
    Launched,
    Message,
    Order,
    RaiseAlert,
    Reserves,
    Settlement,
)
from core.ports import Reread, Tokens
from core.records import (
    AnyRecord,
    CandidateFollowed,
    CandidateJudged,
    CapitalOpened,
    EmergencyFired,
    Entry,
    EntryDecided,
    OperationClosed,
    OperationSettled,
    OrderIntended,
    OrderSettled,
    OrderSigned,
    RunStarted,
)
from core.rules.capital import CapitalRule, split
from core.rules.militia import MilitiaRule
from core.rules.verdict import Outcome, Verdict
from core.settings import RuntimeSettings, Settings
from core.snapshots import ActorSnapshot, ActorState, Crowd, TrafficCounts
from core.state import notifier, wallet
from core.state.market_now import MarketNow
from core.types import ExitReason, Purpose, Role, Side, Venue
from monitor.app import control_app, monitor_app
from monitor.desk import Desk
from monitor.views.ledger import kind_of

START_S = 1_767_225_600.0
NOW_S = START_S + 2_000.0
SOL_USD = 150.0
TOKENS = Tokens(read="read-token-of-the-tests", operate="operate-token-of-the-tests", mentions="secret-of-the-tests")
OPERATE = {"Authorization": f"Bearer {TOKENS.operate}"}
READ = {"Authorization": f"Bearer {TOKENS.read}"}

WON, HELD, REFUSED, UNKNOWN = "2" * 43 + "A", "3" * 43 + "B", "4" * 43 + "C", "5" * 43 + "D"
NASTY = "<script>x</script>\x1b[31m\u202e&\"'"
AFTER = Reserves(Venue.CURVE, 40_000_000_000, 800_000_000_000_000, 10_000_000_000, 500_000_000_000_000)

PRICES = (
    Candle(int((START_S + 962) // 15), 5e-5, 5.5e-5, 5e-5, 5.2e-5),
    Candle(int((START_S + 992) // 15), 5.2e-5, 6e-5, 4.9e-5, 5.8e-5),
)
"""Of the position, from its entry."""
LAUNCH = (
    Launched(mint=HELD, at_s=START_S + 930, slot=1, name="", symbol="", creator="", user="", supply=1, reserves=AFTER),
)
"""What the feed remembers of the same token."""

PERMANENT = frozenset(
    {"root", "trading", "outside", "journal", "feed", "commandments", "miner", "treasurer", "notifier", "executor"}
    | {"sentiment"}
    | {f"wallet.{role}" for role in Role}
)


class FeedShown(Struct, frozen=True, kw_only=True):
    """As much of the feed's view as the monitor reads."""

    batches: int = 10
    events: int = 200
    launches: int = 3
    age_s: float | None = 0.4
    undecodable: dict[str, int]
    events_by_kind: dict[str, int]
    ended: bool = False


class JournalShown(Struct, frozen=True, kw_only=True):
    failure: str = ""
    oldest_wait_s: float | None = None


def order(purpose: Purpose, mint: str, operation: str, **fields: object) -> Order:
    side = Side.BUY if purpose in (Purpose.ENTRY, Purpose.REENTRY) else Side.SELL
    known: dict[str, object] = {
        "id": f"{purpose}.{operation}.1",
        "purpose": purpose,
        "role": Role.LIGHTNING,
        "payer": Role.LIGHTNING,
        "operation_id": operation,
        "mint": mint,
        "symbol": NASTY if mint == HELD else "WON",
        "side": side,
        "venue": Venue.CURVE,
        "lamports": 10_000_000 if side is Side.BUY else 0,
    }
    return Order(**{**known, **fields})  # type: ignore[arg-type]  # the fields of an Order, by name


def bought(placed: Order, at_s: float, *, tokens: int, quote_lamports: int) -> tuple[AnyRecord, ...]:
    fees = {"protocol": 95_000, "creator": 30_000, "base": 5_000}
    rent = 2_039_280
    settlement = Settlement(
        signature=f"sig.{placed.id}",
        slot=1,
        at_s=at_s,
        tokens=tokens,
        quote_lamports=-quote_lamports,
        fees=fees,
        rent_lamports=rent,
        changes={placed.role: -(quote_lamports + sum(fees.values()) + rent)},
        reserves=AFTER,
    )
    return _life(placed, settlement)


def sold(placed: Order, at_s: float, *, tokens: int, quote_lamports: int, rent: int = 0) -> tuple[AnyRecord, ...]:
    fees = {"protocol": 110_000, "creator": 35_000, "base": 5_000}
    settlement = Settlement(
        signature=f"sig.{placed.id}",
        slot=2,
        at_s=at_s,
        tokens=-tokens,
        quote_lamports=quote_lamports,
        fees=fees,
        rent_lamports=-rent,
        changes={placed.role: quote_lamports - sum(fees.values()) + rent},
        reserves=AFTER,
    )
    return _life(placed, settlement)


def _life(placed: Order, settlement: Settlement) -> tuple[AnyRecord, ...]:
    at_s = settlement.at_s
    return (
        OrderIntended(at_s=at_s, order=placed),
        OrderSigned(at_s=at_s, order_id=placed.id, signature=settlement.signature, last_valid_slot=150),
        OrderSettled(
            at_s=at_s,
            order_id=placed.id,
            outcome="filled",
            error="",
            settlement=settlement,
            postings=of_settlement(placed, settlement),
        ),
    )


def judged(mint: str, symbol: str, at_s: float, stage: str, *verdicts: Verdict) -> CandidateJudged:
    outcome = Outcome.PASS if all(one.ok for one in verdicts) else Outcome.FAIL
    return CandidateJudged(
        at_s=at_s,
        mint=mint,
        symbol=symbol,
        stage=stage,
        outcome=outcome,
        verdicts=verdicts,
        quality=0.7,
        risk=0.3,
        price=5e-5,
    )


def decided(mint: str, at_s: float, *, admitted: bool, operation: str = "", by: str = "miner") -> EntryDecided:
    verdicts = (Verdict.passed("militia"),) if admitted else (Verdict.failed("room", "no room"),)
    return EntryDecided(
        at_s=at_s,
        mint=mint,
        symbol="",
        by=by,
        admitted=admitted,
        order_id=f"entry.{operation}.1" if admitted else "",
        stake_lamports=10_000_000,
        verdicts=verdicts,
    )


def history() -> tuple[AnyRecord, ...]:
    """One operation won and taxed, one open and in panic, one token refused and followed."""
    capital = split(CapitalRule(), 133_333_333)
    passes, young = Verdict.passed("age", "3.0 min old"), Verdict.failed("age", "0.5 min old, under 1")
    flagged = Verdict.failed("honeypot", NASTY, final=True)
    return (
        CapitalOpened(
            at_s=START_S, mode="paper", seed=7, capital_usd=20.0, sol_usd=SOL_USD, postings=of_capital(capital)
        ),
        RunStarted(at_s=START_S, militia=MilitiaRule(), mode="paper", feed="market", seed=7, version="test"),
        judged(WON, "WON", START_S + 10, "first", young),
        judged(WON, "WON", START_S + 90, "last", passes),
        decided(WON, START_S + 90, admitted=True, operation="op1"),
        *bought(order(Purpose.ENTRY, WON, "op1"), START_S + 92, tokens=200_000_000_000, quote_lamports=10_000_000),
        *sold(
            order(Purpose.EXIT, WON, "op1", tokens=200_000_000_000, reason=ExitReason.TAKE_PROFIT),
            START_S + 700,
            tokens=200_000_000_000,
            quote_lamports=14_000_000,
            rent=2_039_280,
        ),
        OperationClosed(
            at_s=START_S + 700,
            operation_id="op1",
            mint=WON,
            symbol="WON",
            opened_at_s=START_S + 92,
            net_lamports=3_720_000,
            cost_lamports=10_125_000,
            proceeds_lamports=13_855_000,
            reason=ExitReason.TAKE_PROFIT,
        ),
        OperationSettled(at_s=START_S + 702, operation_id="op1", tax_lamports=372_000),
        judged(REFUSED, NASTY, START_S + 800, "first", young),
        judged(REFUSED, NASTY, START_S + 900, "last", passes, flagged),
        CandidateFollowed(at_s=START_S + 1_200, mint=REFUSED, after_s=300, price=1e-5, change=-0.8),
        judged(HELD, NASTY, START_S + 950, "first", passes),
        decided(HELD, START_S + 960, admitted=True, operation="op2"),
        *bought(order(Purpose.ENTRY, HELD, "op2"), START_S + 962, tokens=150_000_000_000, quote_lamports=8_000_000),
        EmergencyFired(
            at_s=START_S + 1_990,
            operation_id="op2",
            mint=HELD,
            trigger=ExitReason.CREATOR_SELL,
            slippage_bps=5_000,
            detail=NASTY,
        ),
    )


def entries(records: tuple[AnyRecord, ...]) -> list[Entry]:
    return [Entry(seq, 1, record) for seq, record in enumerate(records, 1)]


class FakeDirectory:
    """Remembers what it was told; who is `gone` or `full` takes nothing."""

    def __init__(self, actors: dict[str, ActorSnapshot]) -> None:
        self.actors = actors
        self.told: list[tuple[str, Message]] = []
        self.asked: list[tuple[str, Message]] = []
        self.live_asked = False
        self.gone: set[str] = set()
        self.full: set[str] = set()
        self.on_tell: Callable[[str, Message], None] | None = None

    def tell(self, name: str, message: Message) -> bool:
        if name in self.full:
            raise Refused(f"{name}: 1000 commands wait already")
        if name in self.gone or name not in self.actors:
            return False
        self.told.append((name, message))
        if self.on_tell is not None:
            self.on_tell(name, message)
        return True

    def ask(self, name: str, message: Message, timeout_s: float) -> object:
        if name in self.gone:
            raise Unavailable(f"{name} is restarting")
        if isinstance(message, GetPrices):
            return PRICES
        if isinstance(message, GetYoungTrades):
            return LAUNCH if message.mint == HELD else ()
        self.asked.append((name, message))
        return len(self.asked)

    def snapshot(self, name: str, *, live: bool = False, timeout_s: float = 0.5) -> ActorSnapshot | None:
        self.live_asked = self.live_asked or live
        return self.actors.get(name)

    def snapshots(
        self, *, live: bool = False, timeout_s: float = 0.5, besides: Collection[str] = ()
    ) -> dict[str, ActorSnapshot]:
        self.live_asked = self.live_asked or live
        return {name: actor for name, actor in self.actors.items() if name.partition(".")[0] not in besides}

    def crowds(self) -> dict[str, Crowd]:
        by_class: dict[str, list[ActorSnapshot]] = {}
        for actor in self.actors.values():
            by_class.setdefault(actor.name.partition(".")[0], []).append(actor)
        return {
            one: Crowd(sum(actor.mailbox_depth for actor in them), sum(actor.late for actor in them), len(them))
            for one, them in by_class.items()
        }

    def counts(self) -> dict[str, TrafficCounts]:
        counts = TrafficCounts(sent=9, handled=5, refused=1, dead=1, conflated=1, restarts=2)
        return {"watcher": counts, "journal": counts}


class FakePanel:
    """Everything that the port asks for."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings if settings is not None else Settings()
        self.mode = "paper"
        self.permanent = PERMANENT
        self.tokens = TOKENS
        self.market = MarketNow(slot=100, slot_at_s=NOW_S, sol_usd=SOL_USD, sol_usd_at_s=NOW_S)
        self.records = history()
        self.unreadable = self.closed = False
        self.reread_error = ""
        self.now = NOW_S
        self.kept = fold(entries(self.records))
        self.measured = Measures(timings=Timings(), disk_free_bytes=5 * 10**9, differences=0)
        self.moment = Now(NOW_S, self.kept, self.settings, self.market)
        self.directory = FakeDirectory(house())

    def give_way(self) -> None:
        sleep(0.0005)

    def books(self) -> Books:
        if self.closed:
            raise Unavailable("the books are not open: the journal has not begun")
        return self.kept

    def add(self, *records: AnyRecord) -> None:
        self.records = (*self.records, *records)
        self.kept = fold(entries(self.records))

    def now_s(self) -> float:
        return self.now

    def uptime_s(self) -> float:
        return 61.5

    def newest(
        self, kinds: Collection[str] = (), *, before_seq: int | None = None, mint: str = "", limit: int = 100
    ) -> list[Entry]:
        self._readable()
        found = [
            entry
            for entry in reversed(entries(self.records))
            if (not kinds or kind_of(entry) in kinds)
            and (before_seq is None or entry.seq < before_seq)
            and (not mint or getattr(entry.record, "mint", "") == mint)
        ]
        return found[:limit]

    def entries_after(self, seq: int, limit: int) -> list[Entry]:
        self._readable()
        return entries(self.records)[seq : seq + limit]

    def measures(self) -> Measures:
        return self.measured

    def dump(self) -> dict[str, object]:
        return {"actors": {"journal": {"stack": [NASTY]}}, "under_way": 0}

    def reread(self) -> Reread:
        if self.reread_error:
            raise Refused(self.reread_error)
        return Reread(applied=("MICRO_MILITIA_PAUSE_S",), after_restart=("MICRO_MONITOR_PORT",))

    def _readable(self) -> None:
        if self.unreadable:
            raise Retryable("the journal file is locked")


def actor(name: str, parent: str, view: object = None, **changes: object) -> ActorSnapshot:
    known: dict[str, object] = {
        "name": name,
        "class_name": "Actor",
        "parent": parent,
        "state": ActorState.ALIVE,
        "incarnation": 1,
        "restarts": 0,
        "mailbox_depth": 2,
        "handled": 40,
        "last_message_age_s": 0.2,
        "late": False,
        "view": view,
    }
    return ActorSnapshot(**{**known, **changes})  # type: ignore[arg-type]  # the fields of a snapshot, by name


def house() -> dict[str, ActorSnapshot]:
    """The actors of a running system."""
    parents = {
        "root": "",
        "trading": "root",
        "outside": "root",
        "journal": "trading",
        "feed": "trading",
        **{f"wallet.{role}": "trading" for role in Role},
        "treasurer": "trading",
        "executor": "trading",
        f"position.{HELD}": "trading",
        "commandments": "trading",
        "miner": "trading",
        "sentiment": "trading",
        f"watcher.{REFUSED}": "trading",
        "notifier": "outside",
        "monitor": "outside",
    }
    views: Mapping[str, object] = {
        "feed": FeedShown(undecodable={"pump: cut": 2}, events_by_kind={"pump.trade": 190, "pump.create": 3}),
        "journal": JournalShown(),
        "notifier": notifier.view(alerted()),
        **{f"wallet.{role}": wallet.State(role=role) for role in Role},
    }
    return {name: actor(name, parent, views.get(name)) for name, parent in parents.items()}


def alerted() -> notifier.State:
    """Three alerts, the newest last: info, warning, critical."""
    state = notifier.State()
    for number, severity in enumerate(notifier.SEVERITIES):
        alert = RaiseAlert(key=f"key_{severity}", severity=severity, text=NASTY, at_s=START_S + 100 * number, mint=HELD)
        state, _ = notifier.step(state, alert, Now(NOW_S, Books(), Settings()))
    return state


def see(panel: FakePanel, name: str, **changes: object) -> None:
    """Change what one actor shows."""
    old = panel.directory.actors[name]
    fields = {field: getattr(old, field) for field in old.__struct_fields__}
    panel.directory.actors[name] = ActorSnapshot(**{**fields, **changes})


def bound_to(bind: str, *hosts: str) -> Settings:
    return Settings(runtime=RuntimeSettings(bind=bind, allowed_hosts=hosts))


def monitor(panel: FakePanel) -> FlaskClient:
    return client(monitor_app(Desk(panel)))


def control(panel: FakePanel) -> FlaskClient:
    return client(control_app(Desk(panel)))


def client(app: Flask) -> FlaskClient:
    return app.test_client()


def records_of(panel: FakePanel) -> list[AnyRecord]:
    """What the journal was asked to write, in order."""
    found: list[AnyRecord] = []
    for name, message in panel.directory.asked:
        assert name == "journal"
        assert isinstance(message, Append)
        assert message.durable
        found += message.records  # type: ignore[arg-type]  # every record struct is one of the union
    return found
