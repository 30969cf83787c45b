"""Counts every message and every piece of work under way, so that anybody can wait until nothing is.

sent = handled + refused + dead + conflated + under way, by class of names, at every moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import gevent
from gevent.hub import get_hub, getcurrent
from greenlet import greenlet

from actors.turns import Rank, Turns
from core.snapshots import TrafficCounts

REST_S = 0.0005
"""Between two parts of one answer. Not 0: the hub looks at timers and sockets only when nobody is ready to run, and
whoever sleeps for 0 is."""


def class_of(name: str) -> str:
    """The class of a name, up to the first dot: `position` for `position.<mint>`. Bounded, so it may label a metric."""
    return name.partition(".")[0]


class Counts:
    """Traffic of one class of names; plain attributes, because they change with every message."""

    __slots__ = ("conflated", "dead", "handled", "refused", "restarts", "sent")

    def __init__(self) -> None:
        self.sent = self.handled = self.refused = self.dead = self.conflated = self.restarts = 0

    def snapshot(self) -> TrafficCounts:
        return TrafficCounts(
            sent=self.sent,
            handled=self.handled,
            refused=self.refused,
            dead=self.dead,
            conflated=self.conflated,
            restarts=self.restarts,
        )


class Flow:
    """What is under way in one system. Used from the hub's thread only."""

    __slots__ = ("_by_class", "_hub", "_waiting", "_waking", "busy", "turns")

    def __init__(self) -> None:
        self.busy = 0
        """Messages in mailboxes or being handled, control messages, names starting or restarting, native calls."""
        self.turns = Turns()
        self._by_class: dict[str, Counts] = {}
        self._hub = get_hub()
        self._waiting: list[greenlet] = []
        self._waking = False

    def counts(self, name: str) -> Counts:
        """The counts of this name's class."""
        name_class = class_of(name)
        counts = self._by_class.get(name_class)
        if counts is None:
            counts = self._by_class[name_class] = Counts()
        return counts

    def snapshot(self) -> dict[str, TrafficCounts]:
        return {name_class: counts.snapshot() for name_class, counts in self._by_class.items()}

    def done(self) -> None:
        """One piece of work under way has ended."""
        self.busy -= 1
        if self.busy == 0 and self._waiting and not self._waking:
            self._waking = True
            self._hub.loop.run_callback(self._wake)

    @contextmanager
    def work(self) -> Iterator[None]:
        """Work that no message stands for, while the block runs."""
        self.busy += 1
        try:
            yield
        finally:
            self.done()

    def rest(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing is under way; False when the time is over before that."""
        if self.busy == 0:
            return True
        timer = gevent.Timeout(timeout_s)
        timer.start()
        try:
            self.wait()
        except gevent.Timeout as late:
            if late is not timer:
                raise
        finally:
            timer.close()
        return self.busy == 0

    def give_way(self) -> None:
        """Let everybody else go first: for whoever looks, after each part of what takes some milliseconds."""
        gevent.sleep(REST_S)
        self.turns.wait(Rank.CLIENTS)

    def wait(self) -> None:
        """Wait until nothing is under way, for as long as it takes."""
        current = getcurrent()
        while self.busy:
            self._waiting.append(current)
            try:
                self._hub.switch()
            finally:
                if current in self._waiting:
                    self._waiting.remove(current)

    def _wake(self) -> None:
        # Not before the callback runs: whoever was woken must not be woken out of what it does next.
        self._waking = False
        for _ in range(len(self._waiting)):
            # One by one: the first to run may end the wait of the next.
            if self._waiting:
                self._waiting.pop(0).switch()
