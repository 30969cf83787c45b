"""What comes of something: set once, on the hub's thread, and told to whoever linked at once.

gevent's own `AsyncResult` tells a round of the loop later. Where one result waits for another, as the asker for the
actor for the disk, each round is a slice of everybody else's work.
"""

import sys
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import gevent
from gevent.hub import get_hub, getcurrent

from actors.turns import Rank, Turns

T = TypeVar("T")


class Outcome(Generic[T]):
    """Links are called in the setter's turn and must not wait; a link that raises is reported by the hub."""

    __slots__ = ("_links", "_value", "error", "is_set")

    def __init__(self) -> None:
        self.is_set = False
        self.error: BaseException | None = None
        self._value: T | None = None
        self._links: list[Callable[[Outcome[T]], object]] = []

    def set(self, value: T) -> None:
        """Never twice: the first to know is right."""
        self._once()
        self._value = value
        self._tell()

    def fail(self, error: BaseException) -> None:
        """What came is an error: whoever gets it, gets it raised."""
        self._once()
        self.error = error
        self._tell()

    def rawlink(self, callback: "Callable[[Outcome[T]], object]") -> None:
        """Call `callback` with this outcome when it is there; now, if it is."""
        if self.is_set:
            callback(self)
        else:
            self._links.append(callback)

    def wait(self, timeout_s: float | None = None, turns: Turns | None = None, rank: Rank = Rank.CROWD) -> bool:
        """Whether it came in time. With `turns` the waiting greenlet gets its turn there, in its rank."""
        if self.is_set:
            return True
        waiting = _Waiting(turns, rank)
        self._links.append(waiting.called)
        timer = gevent.Timeout.start_new(timeout_s)
        try:
            while not self.is_set:
                get_hub().switch()
        except gevent.Timeout as late:
            if late is not timer:
                raise
        finally:
            timer.close()
            waiting.greenlet = None
        return self.is_set

    def get(self, block: bool = True, timeout: float | None = None) -> T | None:
        """The value, raised if it is an error. Raises `gevent.Timeout` when it does not come in time."""
        if not (self.is_set or (block and self.wait(timeout))):
            raise gevent.Timeout(timeout)
        if self.error is not None:
            raise self.error
        return self._value

    def _once(self) -> None:
        if self.is_set:
            raise RuntimeError("an outcome is set once")
        self.is_set = True

    def _tell(self) -> None:
        links, self._links = self._links, []
        for link in links:
            try:
                link(self)
            except Exception:  # noqa: BLE001 - one listener's fault must not keep the outcome from the others
                get_hub().handle_error(link, *sys.exc_info())


class _Waiting:
    """A greenlet that waits; `greenlet` is emptied when it waits no more, and a turn given before that does nothing."""

    __slots__ = ("greenlet", "rank", "turns")

    def __init__(self, turns: Turns | None, rank: Rank) -> None:
        self.greenlet: Any = getcurrent()
        self.turns, self.rank = turns, rank

    def called(self, _: object) -> None:
        if self.turns is not None:
            self.turns.give(self.go_on, self.rank)
        else:
            get_hub().loop.run_callback(self.go_on)

    def go_on(self) -> None:
        if self.greenlet is not None:
            self.greenlet.switch()
