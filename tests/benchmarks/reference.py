"""The loop that speeds are measured against: machines differ and are noisy, their ratio to this loop less so."""

from time import perf_counter

LOOPS = 1_000_000


def reference_loop_s() -> float:
    """Seconds of a million turns of a plain integer loop, the best of three."""
    return min(_once() for _ in range(3))


def _once() -> float:
    began_s = perf_counter()
    total = 0
    for number in range(LOOPS):
        total += number & 7
    return perf_counter() - began_s
