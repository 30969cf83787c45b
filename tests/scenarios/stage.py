"""A desk without actors on a market that follows a script, on virtual time, and what must be true of a panic exit."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from msgspec.structs import replace

from core.chain.decode import Decoder
from core.desk import Ports, open_desk
from core.ledger.books import Books, ClosedOperation
from core.ledger.postings import of_capital
from core.market.paper.landing import PaperRule
from core.market.paper.market import PaperMarket
from core.market.paper.venue import PaperVenue
from core.market.simulator.scenarios import LABORATORY, Scenario
from core.market.simulator.scripts import AnyStep, Plant
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.market.tape import Tape
from core.messages import FeedBatch
from core.records import (
    AnyRecord,
    CapitalOpened,
    EmergencyFired,
    EntryDecided,
    OperationClosed,
    OrderSettled,
    RunStarted,
    TokenFlagged,
)
from core.rules.capital import split, start_lamports
from core.settings import Settings
from core.state import commandments, notifier
from core.state.commandments import GateView
from core.state.market_now import MarketNow
from core.state.notifier import Alert
from core.types import ExitReason, Purpose, Role

KIND = PaperRule(failed_share=0.0, missed_share=0.0)
"""Landing takes its slots, but nothing of ours fails by chance: a test asks what the rules do, not what luck did."""

R = TypeVar("R", bound=AnyRecord)


class Stage:
    """A market with a script, and the whole desk on it."""

    def __init__(self, scenario: Scenario, *, settings: Settings | None = None, seed: int = 1) -> None:
        settings = settings if settings is not None else Settings(paper=KIND)
        market = MarketSettings(scenario=scenario)
        self.settings = settings
        self.simulator = Simulator(market, seed, decoded=True)
        self.venue = PaperVenue(settings.paper, seed)
        self.market = PaperMarket(self.simulator, self.venue)
        self.start_s = self.simulator.at_s
        self._sol_usd = market.opening_usd
        self.parts = split(settings.capital, start_lamports(settings.capital, self._sol_usd))
        self.venue.open_capital(self.parts)
        ports = Ports(backend=self.venue, accounts=self.market, decoder=Decoder(), tape=Tape())
        now = MarketNow(rule=settings.sol_price, emergency=settings.emergency)
        self.runner = open_desk(settings, ports, now, self._opening)
        self.each: list[Callable[[FeedBatch], None]] = []
        """Called after every batch."""

    @property
    def records(self) -> list[AnyRecord]:
        return self.runner.records

    @property
    def books(self) -> Books:
        return self.runner.now.books

    @property
    def since_s(self) -> float:
        """Market time since the start."""
        return self.runner.now.at_s - self.start_s

    @property
    def gate(self) -> GateView:
        return commandments.view(self.runner.state_of("commandments"), self.runner.now)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Newest first."""
        return notifier.view(self.runner.state_of("notifier")).alerts

    def of(self, kind: type[R]) -> list[R]:
        """Records of a kind, in order."""
        return [record for record in self.records if isinstance(record, kind)]

    def run(self, for_s: float) -> "Stage":
        """So much market time; nothing is told that the market does not tell."""
        for _ in range(int(for_s / self.market.slot_s)):
            batch = self.market.next()
            self.runner.run((batch,))
            for see in self.each:
                see(batch)
        return self

    def until(self, done: Callable[["Stage"], object], *, most_s: float = 7_200.0) -> "Stage":
        """Until `done`; an error when that does not come in time."""
        end_s = self.since_s + most_s
        while not done(self):
            assert self.since_s < end_s, f"not within {most_s} s; last record {self.records[-1]}"
            self.run(self.market.slot_s)
        return self

    def until_open(self, most_s: float = 900.0) -> "Stage":
        return self.until(lambda stage: stage.books.operations, most_s=most_s)

    def until_closed(self, count: int = 1, most_s: float = 7_200.0) -> "Stage":
        return self.until(lambda stage: len(stage.books.closed) >= count, most_s=most_s)

    def _opening(self, books: Books) -> tuple[AnyRecord, ...]:
        return (
            CapitalOpened(
                at_s=self.start_s,
                mode="paper",
                seed=1,
                capital_usd=self.settings.capital.usd,
                sol_usd=self._sol_usd,
                postings=of_capital(self.parts),
            ),
            RunStarted(
                at_s=self.start_s,
                militia=self.settings.militia,
                psychology=self.settings.psychology,
                mode="paper",
                feed="market",
                seed=1,
                version="test",
            ),
        )


def script(*steps: AnyStep, at_s: float = 5.0, **plant: object) -> Scenario:
    """A market in which nothing happens but one token with these steps."""
    return scripted(Plant(at_s=at_s, steps=steps, **plant))  # type: ignore[arg-type]  # fields of a plant, by name


def scripted(*plants: Plant, **changes: object) -> Scenario:
    """A market in which nothing happens but these tokens."""
    return replace(LABORATORY, tokens=plants, **changes)


def refusals(stage: Stage, criterion: str) -> list[EntryDecided]:
    """The gate's refusals in which this criterion stood against the entry."""
    return [
        record
        for record in stage.of(EntryDecided)
        if not record.admitted and any(v.criterion == criterion and not v.ok for v in record.verdicts)
    ]


class Lived(Protocol):
    """What a run shows of itself: a stage, or a whole system."""

    @property
    def records(self) -> list[AnyRecord]: ...

    @property
    def books(self) -> Books: ...

    @property
    def alerts(self) -> tuple[Alert, ...]: ...

    def of(self, kind: type[R]) -> list[R]: ...


def assert_panic_exit(stage: Lived, trigger: ExitReason, *, within_s: float = 30.0, number: int = 0) -> ClosedOperation:
    """rules.md §7 for one emergency: sold in time, proceeds in tactical_exit, flagged, alerted, in the journal."""
    fired = [record for record in stage.of(EmergencyFired) if record.trigger is trigger][number]
    closed = next(op for op in stage.books.closed if op.id == fired.operation_id)
    assert closed.exits[-1].reason is trigger
    assert closed.exits[-1].at_s - fired.at_s <= within_s
    flagged = [record for record in stage.of(TokenFlagged) if record.mint == fired.mint]
    assert [record.reason for record in flagged] == [trigger]
    told = [alert for alert in stage.alerts if alert.mint == fired.mint]
    assert (f"emergency_{trigger}", "critical") in {(alert.key, alert.severity) for alert in told}
    assert "panic_exit_done" in {alert.key for alert in told}
    assert_proceeds_moved(stage, fired)
    return closed


def assert_proceeds_moved(stage: Lived, fired: EmergencyFired) -> None:
    """Every lamport that the panic sales brought went on to tactical_exit, before the operation was closed."""
    orders = {record.order.id: record.order for record in stage.records if hasattr(record, "order")}
    settled = [
        record for record in stage.of(OrderSettled) if orders[record.order_id].operation_id == fired.operation_id
    ]
    filled = [record for record in settled if record.outcome == "filled" and record.settlement is not None]
    sales = [r for r in filled if orders[r.order_id].purpose is Purpose.PANIC]
    moves = [r for r in filled if orders[r.order_id].purpose is Purpose.PROCEEDS]
    assert sales
    assert moves
    assert all(orders[r.order_id].to_role is Role.TACTICAL_EXIT for r in moves)
    moved = sum(p.lamports for r in moves for p in r.postings if p.account == f"wallet:{Role.TACTICAL_EXIT}")
    assert moved == sum(orders[r.order_id].lamports for r in moves) > 0
    ended = next(r for r in stage.of(OperationClosed) if r.operation_id == fired.operation_id)
    assert all(stage.records.index(r) < stage.records.index(ended) for r in moves)
