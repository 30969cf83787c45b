"""One episode as the report keeps it: what its operations did and what was counted on the way, not every record.

`Notes` sees every record of an episode once and keeps a bounded part: counts, equity marks, and one row an operation.
"""

from collections import Counter

from msgspec import Struct, field

from core.ledger.books import Books, ClosedOperation
from core.ledger.operations import MARKET_FEES
from core.messages import Order, Settlement
from core.records import (
    AnyRecord,
    CandidateFollowed,
    CandidateJudged,
    CommandmentViolated,
    EmergencyFired,
    EntryDecided,
    EquityMarked,
    OrderIntended,
    OrderSettled,
    RotationFinished,
    RunStarted,
)
from core.rules.verdict import PASS
from core.types import Purpose, Side, Venue


class OperationResult(Struct, frozen=True, kw_only=True):
    """One closed operation. Money in lamports; `sol_usd` is the price recorded with its entry."""

    id: str
    symbol: str
    mint: str
    opened_at_s: float
    closed_at_s: float
    net_lamports: int
    cost_lamports: int
    proceeds_lamports: int
    tax_lamports: int
    fees: dict[str, int]
    impact_lamports: int
    """Estimated: what its fills cost against the spot price before each of them."""
    drift_lamports: int
    """Quoted when signed less got when landed, over its fills; negative where waiting paid."""
    buys: int
    sells: tuple[tuple[str, int, int], ...]
    """(reason, tokens, proceeds after market fees) of each sale."""
    reason: str
    panic: str
    sol_usd: float
    equity_before_lamports: int
    """Capital and the nets of the episode's operations before it."""
    outside_statistics: bool

    @property
    def hold_s(self) -> float:
        return self.closed_at_s - self.opened_at_s

    @property
    def turnover_lamports(self) -> int:
        return self.cost_lamports + self.proceeds_lamports

    @property
    def net_usd(self) -> float:
        return self.net_lamports * self.sol_usd / 1e9


class Episode(Struct, frozen=True, kw_only=True):
    """One life of the start capital."""

    number: int
    seed: int
    held_out: bool
    """Its seed is none of those that anything may be tuned on."""
    end: str
    """Why it ended: daily_loss, drawdown, undercapitalised, ruin, done, idle, data_end or stopped."""
    started_at_s: float
    ended_at_s: float
    capital_lamports: int
    equity_lamports: int
    """At the end: wallets, refundable rent and what is cold; open positions at their last mark."""
    sol_usd: float
    """At the start."""
    operations: tuple[OperationResult, ...]
    open_net_lamports: int = 0
    """Change of lamports by operations that were still open."""
    accounts: dict[str, int] = {}
    marks: tuple[tuple[float, int], ...] = ()
    """Equity as it was marked: (market time, lamports)."""
    tokens: int = 0
    """Tokens that got a verdict."""
    passed: int = 0
    """Of them, those that passed every criterion at some time."""
    refusals: dict[str, int] = {}
    """Tokens by each criterion that failed or was unknown in their last verdict."""
    gate_refusals: dict[str, int] = {}
    orders: dict[str, int] = {}
    """Orders by outcome; `expired` are missed landings."""
    failures: dict[str, int] = {}
    """Failed orders by what the chain said."""
    landings_s: tuple[float, ...] = ()
    """From intent to the block, of orders that landed."""
    emergencies: dict[str, int] = {}
    violations: dict[str, int] = {}
    rotations: int = 0
    followed: dict[str, tuple[int, int, int]] = {}
    """After so many minutes, refused tokens whose price: lost half or more, lost less or nothing, had gained."""


class _Operation(Struct):
    sol_usd: float = 0.0
    impact_lamports: int = 0
    drift_lamports: int = 0


class Notes(Struct):
    """Mutable: the sink of one episode."""

    mode: str = ""
    feed: str = ""
    tokens: int = 0
    passed: int = 0
    last: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Criteria against each token that has not had its last verdict."""
    refusals: Counter[str] = field(default_factory=Counter)
    gate_refusals: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    emergencies: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    rotations: int = 0
    marks: list[tuple[float, int]] = field(default_factory=list)
    landings_s: list[float] = field(default_factory=list)
    followed: dict[int, list[int]] = field(default_factory=dict)
    sent: dict[str, tuple[Order, float]] = field(default_factory=dict)
    prices: dict[str, float] = field(default_factory=dict)
    operations: dict[str, _Operation] = field(default_factory=dict)
    passing: set[str] = field(default_factory=set)

    def see(self, record: AnyRecord) -> None:
        """Count one more record."""
        match record:
            case CandidateJudged():
                self._judged(record)
            case CandidateFollowed():
                counts = self.followed.setdefault(record.after_s // 60, [0, 0, 0])
                counts[0 if record.change <= -0.5 else 1 if record.change <= 0.0 else 2] += 1
            case EntryDecided():
                self._decided(record)
            case OrderIntended():
                self.sent[record.order.id] = (record.order, record.at_s)
            case OrderSettled():
                self._settled(record)
            case EquityMarked():
                self.marks.append((record.at_s, record.equity_lamports))
            case EmergencyFired():
                self.emergencies[record.trigger.value] += 1
            case CommandmentViolated():
                self.violations[str(record.commandment)] += 1
            case RotationFinished():
                self.rotations += 1
            case RunStarted():
                self.mode, self.feed = record.mode, record.feed
            case _:
                pass  # its meaning is in the books

    def _judged(self, record: CandidateJudged) -> None:
        mint = record.mint
        if record.stage == "first":
            self.tokens += 1
        if record.outcome is PASS and mint not in self.passing:
            self.passed += 1
            self.passing.add(mint)
        against = tuple([verdict.criterion for verdict in record.verdicts if verdict.outcome is not PASS])
        if record.stage == "last":
            self.last.pop(mint, None)
            self.passing.discard(mint)
            self.refusals.update(against)
        else:
            self.last[mint] = against

    def _decided(self, record: EntryDecided) -> None:
        if record.admitted:
            self.prices[record.order_id] = record.sol_usd or 0.0
        else:
            self.gate_refusals.update(verdict.criterion for verdict in record.verdicts if not verdict.ok)

    def _settled(self, record: OrderSettled) -> None:
        self.orders[record.outcome] += 1
        if record.outcome == "failed":
            self.failures[record.error] += 1
        order, intended_at_s = self.sent.pop(record.order_id)
        entry_usd = self.prices.pop(record.order_id, 0.0)
        settlement = record.settlement
        if settlement is None:
            return
        self.landings_s.append(settlement.at_s - intended_at_s)
        if order.side is None or settlement.error:
            return
        operation = self.operations.setdefault(order.operation_id, _Operation())
        if order.purpose is Purpose.ENTRY:
            operation.sol_usd = entry_usd
        operation.impact_lamports += impact_lamports(order.side, settlement)
        operation.drift_lamports += drift_lamports(order, settlement)


def impact_lamports(side: Side, settlement: Settlement) -> int:
    """What a fill cost against the spot price before it, market fees apart; 0 where the reserves are not known."""
    after = settlement.reserves
    if after is None or not settlement.tokens:
        return 0
    # A pool keeps the LP fee, so it stands in the reserves beside the trade.
    kept = settlement.fees.get("lp", 0) if after.venue is Venue.POOL else 0
    quote = after.quote + settlement.quote_lamports - kept
    base = after.base + settlement.tokens
    fair = abs(settlement.tokens) * quote / base
    return round(-settlement.quote_lamports - fair if side is Side.BUY else fair - settlement.quote_lamports)


def drift_lamports(order: Order, settlement: Settlement) -> int:
    """What the market's move between signing and landing cost: quoted less got, tokens valued at the fill."""
    if not order.quoted:
        return 0
    if order.side is Side.BUY:
        return (order.quoted - settlement.tokens) * -settlement.quote_lamports // settlement.tokens
    market_fees = sum(settlement.fees.get(kind, 0) for kind in MARKET_FEES)
    return order.quoted - (settlement.quote_lamports - market_fees)


def result(notes: Notes, books: Books, *, number: int, seed: int, held_out: bool, end: str) -> Episode:
    """The episode as it stands now."""
    refusals = notes.refusals + Counter(name for against in notes.last.values() for name in against)
    return Episode(
        number=number,
        seed=seed,
        held_out=held_out,
        end=end,
        started_at_s=books.opened_at_s,
        ended_at_s=books.at_s,
        capital_lamports=books.capital_lamports(),
        equity_lamports=books.flat_equity_lamports() + (books.open_lamports if books.operations else 0),
        sol_usd=books.sol_usd_start,
        operations=_operations(notes, books),
        open_net_lamports=sum(operation.net_lamports for operation in books.operations.values()),
        accounts={name: lamports for name, lamports in sorted(books.accounts.items()) if lamports},
        marks=tuple(notes.marks),
        tokens=notes.tokens,
        passed=notes.passed,
        refusals=_sorted(refusals),
        gate_refusals=_sorted(notes.gate_refusals),
        orders=_sorted(notes.orders),
        failures=_sorted(notes.failures),
        landings_s=tuple(notes.landings_s),
        emergencies=_sorted(notes.emergencies),
        violations=_sorted(notes.violations),
        rotations=notes.rotations,
        followed={str(minutes): (a, b, c) for minutes, (a, b, c) in sorted(notes.followed.items())},
    )


def _operations(notes: Notes, books: Books) -> tuple[OperationResult, ...]:
    results = []
    equity = books.capital_lamports()
    for closed in books.closed:
        noted = notes.operations.get(closed.id, _Operation())
        results.append(_operation(closed, noted, equity, noted.sol_usd or books.sol_usd_start))
        equity += closed.net_lamports
    return tuple(results)


def _operation(closed: ClosedOperation, noted: _Operation, equity: int, sol_usd: float) -> OperationResult:
    return OperationResult(
        id=closed.id,
        symbol=closed.symbol,
        mint=closed.mint,
        opened_at_s=closed.opened_at_s,
        closed_at_s=closed.closed_at_s,
        net_lamports=closed.net_lamports,
        cost_lamports=closed.cost_lamports,
        proceeds_lamports=closed.proceeds_lamports,
        tax_lamports=closed.tax_lamports,
        fees=dict(sorted(closed.fees.items())),
        impact_lamports=noted.impact_lamports,
        drift_lamports=noted.drift_lamports,
        buys=len(closed.entries),
        sells=tuple((fill.reason.value, fill.tokens, fill.proceeds_lamports) for fill in closed.exits),
        reason=closed.reason.value,
        panic=closed.panic.value if closed.panic else "",
        sol_usd=sol_usd,
        equity_before_lamports=equity,
        outside_statistics=closed.outside_statistics,
    )


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))
