"""A distribution of measured figures, as Prometheus wants it: counts up to bounds, and a sum in their unit."""

from bisect import bisect_left
from itertools import accumulate

from msgspec import Struct, field


class Spread(Struct):
    """Counts by upper bound; the last bucket has no bound. Changed in place by whoever measures."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = self.counts or [0] * (len(self.bounds) + 1)

    def add(self, figure: float) -> None:
        """A measured figure. A negative one (two clocks) counts as 0."""
        figure = max(figure, 0.0)
        self.counts[bisect_left(self.bounds, figure)] += 1
        self.total += figure

    def buckets(self) -> list[tuple[str, float]]:
        """(bound, how many were at most that), the last bound being +Inf."""
        names = (*(f"{bound:g}" for bound in self.bounds), "+Inf")
        return list(zip(names, map(float, accumulate(self.counts)), strict=True))
