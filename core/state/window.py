"""The highest value of the last while, for a value that holds until the next one is seen.

A price that stood for minutes and is gone since a second was the price of the last minute too, although no trade of
that minute showed it. So each value is kept with the moment at which it *ended*, while no later one was as high.
"""

from msgspec import Struct


class WindowMax(Struct, array_like=True):
    """`past` holds (ended_at_s, value), values falling from the oldest to the newest; `value` holds now."""

    value: float
    past: list[tuple[float, float]] = []

    def highest(self) -> float:
        """The highest value of the window that ended at the last move."""
        return max(self.past[0][1], self.value) if self.past else self.value


def move(window: WindowMax, value: float, at_s: float, window_s: float) -> None:
    """`value` holds from `at_s` on. Times must not fall; what ended `window_s` before that is forgotten."""
    before, past = window.value, window.past
    if value != before:
        window.value = value
        # What was not above a later value can never be the highest again.
        later = value if value > before else before  # noqa: FURB136  # max() costs a third of this step
        while past and past[-1][1] <= later:
            del past[-1]
        if value < before:
            past.append((at_s, before))
    while past and past[0][0] < at_s - window_s:
        del past[0]


def seen(window: WindowMax, value: float, *, at_s: float, window_s: float) -> WindowMax:
    """Another window, with `value` from `at_s` on as by `move`."""
    after = WindowMax(window.value, window.past.copy())
    move(after, value, at_s, window_s)
    return after


def at(window: WindowMax, *, at_s: float, window_s: float) -> WindowMax:
    """The window at `at_s` when nothing new was seen."""
    return seen(window, window.value, at_s=at_s, window_s=window_s)


def highest_at(window: WindowMax, *, at_s: float, window_s: float) -> float:
    """`at(...).highest()` without making the window of that moment."""
    horizon_s = at_s - window_s
    for ended_at_s, value in window.past:
        if value <= window.value:
            break
        if ended_at_s >= horizon_s:
            return value
    return window.value
