"""Turns on the hub for those who serve HTTP: one piece of work at a time, then a rest in which everybody else runs.

A piece of work is what a greenlet does until it waits for something. However many clients ask, they get a share of the
hub's time; who trades finds at most one piece of their work before his own.
"""

from collections import deque
from collections.abc import Callable
from time import monotonic, thread_time

import gevent
from gevent.event import Event

READING, CHANGING = range(2)
CREDIT_S = 0.005
"""What a rest that took longer than it should, because the hub or the machine was busy, shortens the next ones by."""


class Turns:
    """One per server. Readings and changes come by turns, so that neither waits for a flood of the other."""

    def __init__(self, rest_s: float, rest_times: float, give_way: Callable[[], object] = lambda: None) -> None:
        """A rest takes `rest_s`, or `rest_times` what the piece of work took of the thread's time if that is longer.

        `give_way` returns when those who go before all clients have gone.
        """
        self._rest_s, self._rest_times, self._give_way = rest_s, rest_times, give_way
        self._waiting: tuple[deque[Event], deque[Event]] = (deque(), deque())
        self._next = READING
        self._due_s = 0.0
        self._holder: object = None
        self._began_s = 0.0
        self._wanted = Event()
        self._keeper = gevent.spawn(self._keep)

    def take(self, kind: int = READING) -> None:
        """Wait for a turn. It is over when this greenlet waits for anything else; until then another is not needed."""
        if self._holder is gevent.getcurrent():
            return
        mine, line = Event(), self._waiting[kind]
        line.append(mine)
        self._wanted.set()
        try:
            mine.wait()
        except BaseException:
            if mine in line:
                line.remove(mine)
            raise
        self._holder, self._began_s = gevent.getcurrent(), thread_time()

    def close(self) -> None:
        self._keeper.kill()

    def _keep(self) -> None:
        while True:
            if not any(self._waiting):
                self._wanted.clear()
                self._wanted.wait()
            self._give_way()
            line = self._waiting[self._next] or self._waiting[1 - self._next]
            if not line:
                continue  # whoever waited went away
            self._next = CHANGING if line is self._waiting[READING] else READING
            self._began_s = thread_time()
            line.popleft().set()
            # Whoever was waked runs before this greenlet does again.
            gevent.sleep(0)
            self._holder = None
            self._rest(thread_time() - self._began_s)

    def _rest(self, worked_s: float) -> None:
        now_s = monotonic()
        self._due_s = max(self._due_s, now_s - CREDIT_S) + max(self._rest_s, self._rest_times * worked_s)
        # Nothing else that is ready to run is passed over: the next turn comes after it.
        gevent.sleep(max(self._due_s - now_s, 0.0))
