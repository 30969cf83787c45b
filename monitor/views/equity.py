"""The equity curve: what the journal marked, thinned to what a chart can show."""

from collections.abc import Sequence

from monitor.views.operations import Shown
from monitor.views.plain import iso

POINTS = 300


def shown(marks: Sequence[tuple[float, int]], capital_lamports: int) -> Shown:
    """`marks`: (at_s, lamports), oldest first. `points`: [seconds after `from`, lamports]; the last is always there."""
    first_s = marks[0][0] if marks else None
    return {
        "from": iso(first_s),
        "capital_lamports": capital_lamports,
        "points": [[round(at_s - (first_s or 0.0), 3), lamports] for at_s, lamports in thinned(marks)],
    }


def thinned(marks: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    """At most `POINTS` of them: of each stretch of equal length its lowest and its highest, in order, and the ends."""
    if len(marks) <= POINTS:
        return list(marks)
    stretches = POINTS // 2 - 1
    kept: list[tuple[float, int]] = [marks[0]]
    inner = marks[1:-1]
    for number in range(stretches):
        part = inner[number * len(inner) // stretches : (number + 1) * len(inner) // stretches]
        if part:
            lowest, highest = min(part, key=_lamports), max(part, key=_lamports)
            kept += sorted({lowest, highest})
    return [*kept, marks[-1]]


def _lamports(mark: tuple[float, int]) -> int:
    return mark[1]
