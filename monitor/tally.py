"""What the journal says that the books do not keep: candidates with their reasons, and counts of what happened.

Follows the journal entry by entry; whoever looks brings it up to date first. Bounded: the newest tokens, the newest
entries of a long journal. Counts begin with the entry it began at, as Prometheus counters may.
"""

import logging
from collections import Counter, OrderedDict, deque
from threading import Lock

from msgspec import Struct

from core.errors import MicroError
from core.ledger.operations import MARKET_FEES
from core.messages import Order, Settlement
from core.ports import Panel
from core.records import (
    AnyRecord,
    CandidateFollowed,
    CandidateJudged,
    EmergencyFired,
    Entry,
    EntryDecided,
    EquityMarked,
    OperationClosed,
    OperatorActed,
    OrderIntended,
    OrderSettled,
    OrderSigned,
)
from core.rules.verdict import Outcome, Verdict
from core.spread import Spread
from core.types import Side

log = logging.getLogger(__name__)

PAGE = 1_000
AT_ONCE = 50
"""Entries taken in before others run."""
LAST_ENTRIES = 100_000
"""Of a longer journal only so many are read at the start."""
TOKENS = 5_000
EQUITY_MARKS = 20_000
REFUSED_LATER = 3
"""A refused token is followed 5, 15 and 55 minutes."""


class Candidate(Struct, kw_only=True):
    """One token, from its first verdict to what it did after its last. Mutable; for looking only."""

    mint: str
    symbol: str
    seq: int
    """Of the last entry that judged it: newest first by this."""
    first: CandidateJudged
    last: CandidateJudged
    decided: EntryDecided | None = None
    """The gate's last answer."""
    followed: tuple[CandidateFollowed, ...] = ()

    @property
    def fate(self) -> str:
        """taken, refused, or watched while nothing is final."""
        if self.decided is not None and self.decided.admitted:
            return "taken"
        return "refused" if self.last.stage == "last" else "watched"


class Tally:
    """One per process. `catch_up` may be called by any request; they take turns."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._lock = Lock()
        self._seq: int | None = None
        self.candidates: OrderedDict[str, Candidate] = OrderedDict()
        """By mint, the one that was judged last at the end."""
        self.verdicts: Counter[tuple[str, ...]] = Counter()
        """Journaled verdicts by (stage, verdict, the criterion that decided)."""
        self.decisions: Counter[tuple[str, ...]] = Counter()
        """The gate's answers by (admitted or refused, the criterion that decided)."""
        self.refused: Counter[str] = Counter()
        """By criterion: tokens refused for good and wishes to enter refused while it stood against them."""
        self.orders: Counter[str] = Counter()
        self.emergencies: Counter[str] = Counter()
        self.operator_acts = 0
        self.equity: deque[tuple[float, int]] = deque(maxlen=EQUITY_MARKS)
        """(at_s, lamports), oldest first."""
        self.landing = Spread((0.4, 0.8, 1.2, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0))
        """From the signature's line in the journal to the block that has it, market time."""
        self.panic = Spread((2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 120.0, 300.0))
        """From the emergency to the close of its operation, market time."""
        self.slippage = Spread((0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5))
        """What a fill brought less than its quote at signing, as a share of the quote."""
        self._intended: dict[str, Order] = {}
        self._signed_at_s: dict[str, float] = {}
        self._panics_at_s: dict[str, float] = {}
        self.late = False
        """The journal could not be read the last time."""

    def catch_up(self) -> None:
        """Take in what the journal has gained. When it cannot be read, what is known stays and `late` says so."""
        with self._lock:
            try:
                if self._seq is None:
                    self._seq = max(self._panel.books().seq - LAST_ENTRIES, 0)
                while entries := self._panel.entries_after(self._seq, PAGE):
                    for number, entry in enumerate(entries, 1):
                        self.take(entry)
                        if number % AT_ONCE == 0:
                            self._panel.give_way()
                    self._seq = entries[-1].seq
                    if len(entries) < PAGE:
                        break
                self.late = False
            except MicroError as error:
                log.warning("the journal cannot be read for the monitor: %s", error)
                self.late = True

    def take(self, entry: Entry) -> None:
        """One more entry."""
        record: AnyRecord = entry.record
        match record:
            case CandidateJudged():
                self._judged(entry.seq, record)
            case CandidateFollowed():
                candidate = self.candidates.get(record.mint)
                if candidate is not None:
                    candidate.followed = (*candidate.followed, record)[-REFUSED_LATER:]
            case EntryDecided():
                self.decisions["admitted" if record.admitted else "refused", deciding(record.verdicts)] += 1
                self._refused(record.verdicts, counts=not record.admitted)
                candidate = self.candidates.get(record.mint)
                if candidate is not None:
                    candidate.decided = record
                    self._touched(candidate, entry.seq)
            case OrderIntended():
                self._intended[record.order.id] = record.order
            case OrderSigned():
                self._signed_at_s[record.order_id] = record.at_s
            case OrderSettled():
                self._settled(record)
            case EmergencyFired():
                self.emergencies[record.trigger.value] += 1
                self._panics_at_s.setdefault(record.operation_id, record.at_s)
            case OperationClosed():
                panic_at_s = self._panics_at_s.pop(record.operation_id, None)
                if panic_at_s is not None:
                    self.panic.add(record.at_s - panic_at_s)
            case EquityMarked():
                self.equity.append((record.at_s, record.equity_lamports))
            case OperatorActed():
                self.operator_acts += 1
            case _:
                pass  # in the books already

    def _settled(self, record: OrderSettled) -> None:
        self.orders[record.outcome] += 1
        signed_at_s = self._signed_at_s.pop(record.order_id, None)
        if signed_at_s is not None and record.settlement is not None:
            self.landing.add(record.settlement.at_s - signed_at_s)
        order = self._intended.pop(record.order_id, None)
        if order is not None and order.quoted and record.outcome == "filled" and record.settlement is not None:
            self.slippage.add(1.0 - filled(order, record.settlement) / order.quoted)

    def _judged(self, seq: int, record: CandidateJudged) -> None:
        self.verdicts[record.stage, record.outcome.value, deciding(record.verdicts)] += 1
        self._refused(record.verdicts, counts=record.stage == "last")
        candidate = self.candidates.get(record.mint)
        if candidate is None:
            candidate = Candidate(mint=record.mint, symbol=record.symbol, seq=seq, first=record, last=record)
            self.candidates[record.mint] = candidate
            if len(self.candidates) > TOKENS:
                self.candidates.popitem(last=False)
        candidate.last = record
        self._touched(candidate, seq)

    def _refused(self, verdicts: tuple[Verdict, ...], *, counts: bool) -> None:
        if counts:
            self.refused.update(verdict.criterion for verdict in verdicts if verdict.outcome is Outcome.FAIL)

    def _touched(self, candidate: Candidate, seq: int) -> None:
        candidate.seq = seq
        self.candidates.move_to_end(candidate.mint)


def filled(order: Order, settlement: Settlement) -> int:
    """What a fill brought, in the unit of its quote: tokens of a buy; lamports of a sale after the market's fees."""
    if order.side is Side.BUY:
        return settlement.tokens
    return settlement.quote_lamports - sum(settlement.fees.get(kind, 0) for kind in MARKET_FEES)


def deciding(verdicts: tuple[Verdict, ...]) -> str:
    """The criterion that a refusal counts under: a final fail, else a fail, else an unknown; `none` when all pass."""
    fails = [verdict for verdict in verdicts if verdict.outcome is Outcome.FAIL]
    final = [verdict for verdict in fails if verdict.final]
    unknown = [verdict for verdict in verdicts if verdict.outcome is Outcome.UNKNOWN]
    first = next(iter((*final, *fails, *unknown)), None)
    return first.criterion if first is not None else "none"
