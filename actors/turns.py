"""Whose turn it is on the hub: actors with mail, the trading path before the thousand watchers.

gevent alone would run them in the order in which they got their mail, so an exit would wait until every token of the
same batch has been weighed.
"""

from collections import deque
from collections.abc import Callable
from time import perf_counter

from gevent.hub import get_hub

SLICE_S = 0.0002
"""How long turns are given before timers, sockets and native threads that came back are looked at: an order waits for
such a look when its signature is on disk. A look costs so little that even this often it takes no measurable share."""
URGENT_S = 0.001
"""How long the urgent ones may go on by themselves."""
LAST = -2
"""The lowest priority of a libev watcher: its call comes after everything else that is ready."""


class Turns:
    """Used from the hub's thread only. A turn is a call that switches into a greenlet; it ends when that waits."""

    __slots__ = ("_again", "_due", "_hub", "_ordinary", "_owed_s", "_urgent")

    def __init__(self) -> None:
        self._hub = get_hub()
        self._urgent: deque[Callable[[], object]] = deque()
        self._ordinary: deque[Callable[[], object]] = deque()
        self._due = False
        self._owed_s = 0.0
        """When the others get a turn although urgent ones wait."""
        # A timer, no callback: gevent runs fifty of those before it looks at anything else.
        self._again = self._hub.loop.timer(0.0, priority=LAST)

    def give(self, turn: Callable[[], object], *, urgent: bool) -> None:
        """Call `turn` from the hub soon: after the other urgent ones, or after everybody who waits now."""
        (self._urgent if urgent else self._ordinary).append(turn)
        if not self._due:
            self._due = True
            self._hub.loop.run_callback(self._run)

    def _run(self) -> None:
        urgent, ordinary = self._urgent, self._ordinary
        end_s = perf_counter() + SLICE_S
        try:
            while urgent or ordinary:
                (urgent or ordinary).popleft()()
                now_s = perf_counter()
                if now_s > end_s:
                    if urgent and ordinary and now_s > self._owed_s:
                        # Where the urgent ones never end, nobody else may starve.
                        self._owed_s = now_s + URGENT_S
                        ordinary.popleft()()
                    break
        finally:
            self._due = bool(urgent or ordinary)
            if self._due:
                self._again.start(self._run)
