"""Turns for readings: few are made at the same time, so that many who ask cannot hold up who trades."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from threading import BoundedSemaphore

from monitor.web.problems import Problem

AT_ONCE = 2
WAITING = 64
WAIT_S = 5.0


class Lane:
    """One per process, for all its applications."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING, wait_s: float = WAIT_S) -> None:
        self._turns = BoundedSemaphore(at_once)
        self._most, self._wait_s = waiting, wait_s
        self.waiting = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it. Raises Problem 503 when too many wait already, or for too long."""
        if self.waiting >= self._most:
            raise _busy()
        self.waiting += 1
        try:
            taken = self._turns.acquire(timeout=self._wait_s)
        finally:
            self.waiting -= 1
        if not taken:
            raise _busy()
        try:
            yield
        finally:
            self._turns.release()


def _busy() -> Problem:
    detail = "too many readings at once; ask again in a moment"
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "2"})
