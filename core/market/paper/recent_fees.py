"""What priority costs now: the 75th percentile of what was paid in the last slots (rules.md §4).

A node answers the same question from its last 150 slots. One slot alone says little: its fees scatter by half.
"""

from bisect import bisect_left, insort
from collections import deque

SLOTS = 150
"""How far back a node's `getRecentPrioritizationFees` looks; chain constant."""
PERCENTILE = 75


class RecentFees:
    """Lamports per transaction of the last slots that had any."""

    def __init__(self) -> None:
        self._recent: deque[int] = deque()
        self._ordered: list[int] = []

    def see(self, lamports: int) -> int:
        """Take in one more slot (0: nothing was paid in it); the percentile over all that are remembered, 0 if none."""
        recent, ordered = self._recent, self._ordered
        if lamports > 0:
            recent.append(lamports)
            insort(ordered, lamports)
            if len(recent) > SLOTS:
                del ordered[bisect_left(ordered, recent.popleft())]
        return ordered[(len(ordered) - 1) * PERCENTILE // 100] if ordered else 0
