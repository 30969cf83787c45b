"""What priority cost over the last hour: the median that a congested network is compared with (rules.md §7).

Mutable. One sample in ten seconds is enough for a median and keeps the memory bounded.
"""

from statistics import median

from msgspec import Struct

SAMPLES = 360


class FeeHistory(Struct):
    """`samples` holds (at_s, lamports), oldest first; `middle` is their median, taken when one was added."""

    span_s: float = 3_600.0
    least_s: float = 600.0
    """With a history shorter than this there is no median."""
    samples: list[tuple[float, int]] = []
    middle: float = 0.0


def note(history: FeeHistory, at_s: float, lamports: int) -> None:
    """A fee of `lamports` was usual at `at_s`. Fees that follow each other too closely are left out."""
    samples = history.samples
    if samples and at_s < samples[-1][0] + history.span_s / SAMPLES:
        return
    samples.append((at_s, lamports))
    while samples[0][0] < at_s - history.span_s:
        del samples[0]
    history.middle = median(fee for _, fee in samples)


def median_lamports(history: FeeHistory) -> float | None:
    """The median of the last hour, or since the start; None before the history is long enough."""
    samples = history.samples
    if not samples or samples[-1][0] - samples[0][0] < history.least_s:
        return None
    return history.middle
