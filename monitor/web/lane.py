"""Turns for readings: one is made at a time, with a rest after it, so that many who ask cannot hold up who trades.

Nothing is kept: an answer is shared only by those who asked the same before its making began, so nobody gets an older
one than his own would be.
"""

from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from threading import BoundedSemaphore
from time import monotonic, sleep

from monitor.web.problems import Problem

WAITING = 64
WAIT_S = 5.0
REST = 4.0
"""A rest is so many times as long as the making before it took: a fifth of the time at most is spent on readings."""
REST_MOST_S = 0.25


class Lane:
    """One per process, for all its applications."""

    def __init__(self, waiting: int = WAITING, wait_s: float = WAIT_S, rest: float = REST) -> None:
        self._turn = BoundedSemaphore(1)
        self._most, self._wait_s, self._rest = waiting, wait_s, rest
        self._rested_s = 0.0
        self._wanted: Counter[str] = Counter()
        """By what they ask, those who wait."""
        self._made: dict[str, tuple[float, bytes]] = {}
        """When the making of what others wait for too began, and what it gave."""

    @property
    def waiting(self) -> int:
        return self._wanted.total()

    def answer(self, asked: str, make: Callable[[], bytes]) -> bytes:
        """What `make` gives, to this caller or to another who asked the same later and was served earlier.

        Raises Problem 503 when too many wait already, or for too long; and what `make` raises.
        """
        if self.waiting >= self._most:
            raise _busy()
        came_s = monotonic()
        self._wanted[asked] += 1
        try:
            if not self._turn.acquire(timeout=self._wait_s):
                raise _busy()
        finally:
            began_s, shared = self._left(asked)
        try:
            return shared if began_s > came_s else self._make(asked, make)
        finally:
            self._turn.release()

    def _left(self, asked: str) -> tuple[float, bytes]:
        """One waits no longer; the last of them takes along what was kept for it."""
        self._wanted[asked] -= 1
        found = self._made.get(asked, (0.0, b""))
        if not self._wanted[asked]:
            del self._wanted[asked]
            self._made.pop(asked, None)
        return found

    def _make(self, asked: str, make: Callable[[], bytes]) -> bytes:
        if (rest_s := self._rested_s - monotonic()) > 0:
            sleep(rest_s)
        began_s = monotonic()
        try:
            made = make()
        finally:
            took_s = monotonic() - began_s
            self._rested_s = monotonic() + min(took_s * self._rest, REST_MOST_S)
        if self._wanted[asked]:
            self._made[asked] = began_s, made
        return made


def _busy() -> Problem:
    detail = "too many readings at once; ask again in a moment"
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "2"})
