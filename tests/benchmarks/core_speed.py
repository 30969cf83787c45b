"""How fast the core was at the moments that count: a short plain loop, timed again and again.

A machine that others share runs for seconds at half of its speed: the first core of the one that these benchmarks were
written on took 33 or 55 ms for the same million turns. What the code takes is seen where the core was at its best.
"""

from tests.benchmarks.reference import loop_s

TURNS = 5_000
FASTEST = 0.1
"""The share of all samples that counts as the core's best."""
NEAR = 1.15
"""A core is at full speed while a sample takes at most this many times as long as its best."""


class CoreSpeed:
    """Samples by name, seconds each."""

    def __init__(self) -> None:
        self.took_s: dict[str, float] = {}

    def note(self, name: str) -> None:
        """Time the loop now, once for each name. Takes a fraction of a millisecond."""
        if name not in self.took_s:
            self.took_s[name] = loop_s(TURNS)

    def at_full(self) -> frozenset[str]:
        """The names at whose moments the core was at full speed."""
        if not self.took_s:
            return frozenset()
        fastest = sorted(self.took_s.values())
        limit_s = fastest[int(len(fastest) * FASTEST)] * NEAR
        return frozenset(name for name, took_s in self.took_s.items() if took_s <= limit_s)
