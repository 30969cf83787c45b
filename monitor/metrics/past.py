"""Metrics of closed operations: complete, whatever this process has seen. Each is counted once."""

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy

from prometheus_client.core import Metric

from core.ledger.books import Books, ClosedOperation
from core.ports import Panel
from core.spread import Spread
from core.types import ExitReason
from monitor.metrics.families import counter, counters, histogram

HOLD_BOUNDS_S = (60.0, 300.0, 600.0, 900.0, 1_200.0, 1_500.0, 2_100.0, 2_700.0, 3_000.0, 3_300.0, 3_330.0)
"""The windows of the time protocol, the life limit, and its violation."""
AT_ONCE = 200
"""Operations counted before others run."""
OTHER_COSTS = ("failed_entries", "treasury", "rotation", "rent_lost")


class Past:
    """Remembers its counts of what has been settled."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._counts = _Counts()
        self._last: ClosedOperation | None = None
        """The newest that is counted; those before it are final too."""

    def collect(self, books: Books) -> Iterator[Metric]:
        counts = self._of(books.closed)
        outcomes = {"win": counts.wins, "loss": counts.losses}
        yield counters("operations", "Closed operations, by outcome", "outcome", outcomes)
        exits = counts.exits + Counter(fill.reason.value for op in books.operations.values() for fill in op.exits)
        sales = {reason.value: exits[reason.value] for reason in ExitReason}
        yield counters("exits", "Sales, by reason", "reason", sales)
        yield histogram("hold_seconds", "From first fill to flat, market time", counts.hold)
        yield counter("rotations", "Reincarnations of the wallets", books.generation)
        yield counter("tax_lamports", "Put away from profits", counts.taxed)
        accounts = sorted(books.accounts.items())
        fees = {name.removeprefix("fee:"): spent for name, spent in accounts if name.startswith("fee:")}
        others = {name: spent for name, spent in accounts if name in OTHER_COSTS}
        text = "Fees by kind; failed entries, own transfers, rotations and lost rent by name"
        yield counters("fees_lamports", text, "kind", fees | others)

    def _of(self, closed: tuple[ClosedOperation, ...]) -> "_Counts":
        """All of them counted: settled ones once, for they never change, those before their settlement at each look."""
        counted = self._counts.number
        if counted > len(closed) or (counted and closed[counted - 1] is not self._last):
            self._counts, counted = _Counts(), 0  # other books: the journal was opened again
        while counted < len(closed) and closed[counted].settled:
            self._last = closed[counted]
            self._counts.add(self._last)
            counted += 1
            if counted % AT_ONCE == 0:
                self._panel.give_way()
        whole = deepcopy(self._counts)
        for operation in closed[counted:]:
            whole.add(operation)
        return whole


class _Counts:
    """Of closed operations."""

    def __init__(self) -> None:
        self.number = self.wins = self.losses = self.taxed = 0
        self.exits: Counter[str] = Counter()
        self.hold = Spread(HOLD_BOUNDS_S)

    def add(self, operation: ClosedOperation) -> None:
        self.number += 1
        if not operation.outside_statistics:
            won = operation.net_lamports > 0
            self.wins += won
            self.losses += not won
        self.taxed += operation.tax_lamports
        self.exits.update(fill.reason.value for fill in operation.exits)
        self.hold.add(operation.closed_at_s - operation.opened_at_s)
