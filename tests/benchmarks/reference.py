"""The loop that speeds are measured against: machines differ and are noisy, their ratio to this loop less so."""

from collections.abc import Callable
from time import perf_counter

LOOPS = 1_000_000


def reference_loop_s(clock: Callable[[], float] = perf_counter) -> float:
    """Seconds by `clock` of a million turns of a plain integer loop, the best of three."""
    return min(loop_s(LOOPS, clock) for _ in range(3))


def loop_s(turns: int, clock: Callable[[], float] = perf_counter) -> float:
    """Seconds by `clock` of so many turns, once."""
    began_s = clock()
    total = 0
    for number in range(turns):
        total += number & 7
    return clock() - began_s
