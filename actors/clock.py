"""Market time, and the timers of actors on it. It moves when the feed moves it, and never backwards."""

import heapq
from itertools import count

from actors.directory import Directory
from core.runner import GAP_S


class Timer:
    """One message due at one time; `name` is emptied when it was cancelled or replaced."""

    __slots__ = ("key", "message", "name")

    def __init__(self, name: str, key: str, message: object) -> None:
        self.name, self.key, self.message = name, key, message


class MarketClock:
    """Due timers are told to their owners in the order (due time, sequence), never refused."""

    def __init__(self, directory: Directory, start_s: float = 0.0) -> None:
        self._directory = directory
        self._now_s = start_s
        self._due: list[tuple[float, int, Timer]] = []
        self._sequence = count()
        self._timers: dict[str, dict[str, Timer]] = {}
        self._live = 0

    @property
    def now_s(self) -> float:
        """Market time in epoch seconds; while a timer is delivered on the virtual clock, the time it was due."""
        return self._now_s

    def after(self, name: str, key: str, delay_s: float, message: object) -> None:
        """Tell `name` the message in `delay_s` (a negative one counts as 0). The same name and key replace."""
        self.cancel(name, key)
        timer = Timer(name, key, message)
        self._timers.setdefault(name, {})[key] = timer
        self._live += 1
        heapq.heappush(self._due, (self._now_s + max(delay_s, 0.0), next(self._sequence), timer))
        self._compact()

    def cancel(self, name: str, key: str) -> None:
        """Forget this timer, if there is one."""
        mine = self._timers.get(name)
        if mine is not None and key in mine:
            mine.pop(key).name = ""
            self._live -= 1
            if not mine:
                del self._timers[name]

    def cancel_all(self, name: str) -> None:
        """Forget every timer of an actor that ends."""
        for timer in self._timers.pop(name, {}).values():
            timer.name = ""
            self._live -= 1
        self._compact()

    def next_due_s(self) -> float | None:
        """When the next timer is due, None without one."""
        self._forget_cancelled()
        return self._due[0][0] if self._due else None

    def move(self, to_s: float) -> None:
        """Advance to the time of a recording's next batch, over a gap that nobody lived through without living it.

        Whatever is due in the first `GAP_S` of the gap happens at its time; the rest of it once, at its end.
        """
        if to_s - self._now_s > GAP_S:
            self.advance(self._now_s + GAP_S)
            self._now_s = to_s
        self.advance(to_s)

    def advance(self, to_s: float) -> None:
        """Move to `to_s`, delivering what is due on the way; timers set by that fire too if they are due.

        In ordered dispatch each delivery is worked off before the next, so an actor cannot call this there. A time
        before now is ignored: a late event turns no clock back.
        """
        if self._directory.ordered:
            self._directory.drain()
        while True:
            self._forget_cancelled()
            if not self._due or self._due[0][0] > to_s:
                break
            due_s, _, timer = heapq.heappop(self._due)
            self._now_s = max(self._now_s, due_s)
            name = timer.name
            self.cancel(name, timer.key)
            self._directory.timer(name, timer.message)
            if self._directory.ordered:
                self._directory.drain()
        self._now_s = max(self._now_s, to_s)

    def _forget_cancelled(self) -> None:
        while self._due and not self._due[0][2].name:
            heapq.heappop(self._due)

    def _compact(self) -> None:
        # A timer that is moved an hour ahead with every trade would fill the heap with its cancelled selves.
        if len(self._due) > 2 * self._live + 64:
            self._due = [due for due in self._due if due[2].name]
            heapq.heapify(self._due)

    def __len__(self) -> int:
        """Timers that are set."""
        return self._live
