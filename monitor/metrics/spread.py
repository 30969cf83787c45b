"""A distribution of measured times, as Prometheus wants it: counts up to bounds, and a sum."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate


class Spread:
    """Counts by upper bound, in seconds; the last bucket has no bound."""

    def __init__(self, bounds_s: Sequence[float]) -> None:
        self.bounds_s = tuple(bounds_s)
        self.counts = [0] * (len(bounds_s) + 1)
        self.sum_s = 0.0

    def add(self, seconds: float) -> None:
        """A measured time. A negative one (two clocks) counts as 0."""
        seconds = max(seconds, 0.0)
        self.counts[bisect_left(self.bounds_s, seconds)] += 1
        self.sum_s += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """(bound, how many were at most that long), the last bound being +Inf."""
        names = (*(f"{bound:g}" for bound in self.bounds_s), "+Inf")
        return list(zip(names, map(float, accumulate(self.counts)), strict=True))
