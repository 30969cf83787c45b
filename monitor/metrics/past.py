"""Metrics of closed operations: complete, whatever this process has seen. Counted anew at a close, not at a look."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import Metric

from core.ledger.books import Books, ClosedOperation
from core.types import ExitReason
from monitor.metrics.families import counter, counters, histogram
from monitor.metrics.spread import Spread

HOLD_BOUNDS_S = (60.0, 300.0, 600.0, 900.0, 1_200.0, 1_500.0, 2_100.0, 2_700.0, 3_000.0, 3_300.0, 3_330.0)
"""The windows of the time protocol, the life limit, and its violation."""
OTHER_COSTS = ("failed_entries", "treasury", "rotation", "rent_lost")


class Past:
    """Remembers its counts until the books have another close."""

    def __init__(self) -> None:
        self._closed: tuple[ClosedOperation, ...] | None = None
        self._wins = self._losses = self._taxed = 0
        self._exits: Counter[str] = Counter()
        self._hold = Spread(HOLD_BOUNDS_S)

    def collect(self, books: Books) -> Iterator[Metric]:
        if self._closed is not books.closed:
            self._count(books.closed)
        outcomes = {"win": self._wins, "loss": self._losses}
        yield counters("operations", "Closed operations, by outcome", "outcome", outcomes)
        exits = self._exits + Counter(fill.reason.value for op in books.operations.values() for fill in op.exits)
        sales = {reason.value: exits[reason.value] for reason in ExitReason}
        yield counters("exits", "Sales, by reason", "reason", sales)
        yield histogram("hold_seconds", "From first fill to flat, market time", self._hold)
        yield counter("rotations", "Reincarnations of the wallets", books.generation)
        yield counter("tax_lamports", "Put away from profits", self._taxed)
        accounts = sorted(books.accounts.items())
        fees = {name.removeprefix("fee:"): spent for name, spent in accounts if name.startswith("fee:")}
        others = {name: spent for name, spent in accounts if name in OTHER_COSTS}
        text = "Fees by kind; failed entries, own transfers, rotations and lost rent by name"
        yield counters("fees_lamports", text, "kind", fees | others)

    def _count(self, closed: tuple[ClosedOperation, ...]) -> None:
        nets = [operation.net_lamports for operation in closed if not operation.outside_statistics]
        self._wins = sum(net > 0 for net in nets)
        self._losses = len(nets) - self._wins
        self._taxed = sum(operation.tax_lamports for operation in closed)
        self._exits = Counter(fill.reason.value for operation in closed for fill in operation.exits)
        self._hold = Spread(HOLD_BOUNDS_S)
        for operation in closed:
            self._hold.add(operation.closed_at_s - operation.opened_at_s)
        self._closed = closed
