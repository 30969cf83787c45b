"""One running system: directory, market clock, supervision tree, native calls, dump, ordered stop.

Everything here belongs to one hub thread, except `tell_from_thread`.
"""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from typing import ParamSpec, TypeVar

import gevent
import msgspec
from gevent.event import Event
from gevent.hub import get_hub
from gevent.threadpool import ThreadPool

from actors.adapters.pool import call
from actors.base import Context
from actors.clock import MarketClock
from actors.control import Stop
from actors.directory import Directory
from actors.dump import picture
from actors.life import await_end, kill_all
from actors.supervisor import Supervisor
from actors.tree import Branch, Worker, check, kill_s, walk
from core.errors import Fatal, Refused

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

NATIVE_THREADS = 8
PROBE_S = 0.5
POOL_S = 1.0
WAIT_SLICE_S = 3_600.0


class System:
    """`services` is what run.py wires for the actors (ports, settings, books); the kernel does not look inside.

    `ordered` chooses the dispatch of the virtual clock (see `Directory`); then supervision waits for nothing and reads
    market time, so that restarts are repeatable as well.
    """

    def __init__(
        self,
        *,
        services: object = None,
        ordered: bool = False,
        seed: int = 0,
        start_s: float = 0.0,
        dump_file: Path | None = None,
    ) -> None:
        self.services = services
        self.ordered = ordered
        self.directory = Directory(ordered=ordered)
        self.clock = MarketClock(self.directory, start_s)
        self.rng = Random(seed)  # noqa: S311 - jitter of restarts, repeatable from the seed
        self.gave_up = Event()
        """Set when the root supervisor crashed: nothing runs any more, and nobody is left to restart it."""
        self.reason = ""
        """Why the root gave up."""
        self.pending_calls = 0
        """Native calls under way."""
        self._dump_file = dump_file
        self._hub = get_hub()
        self._pool = ThreadPool(NATIVE_THREADS)
        self._tree: Branch | None = None
        self._began, self._ended = Event(), Event()

    # Life

    def start(self, tree: Branch, timeout_s: float = 60.0) -> None:
        """Start everything, in order. Raises Fatal when the root gives up or the time is over before all have begun."""
        check(tree)
        if self._tree is not None:
            raise Refused("a system starts once")
        self._tree = tree
        for spec, parent in walk(tree):
            self.directory.expect(spec.name, parent, keep=spec.keep if isinstance(spec, Worker) else 0)
        Supervisor.start(Context(name=tree.name, parent="", system=self, args=tree, shutdown_s=tree.shutdown_s))
        gevent.wait([self._began, self._ended], timeout=timeout_s, count=1)
        if self._ended.is_set():
            raise Fatal(f"the tree did not start: {self.reason}")
        if not self._began.is_set():
            waiting = ", ".join(name for name, one in self.directory.snapshots().items() if one.state != "alive")
            self.stop(0.0)
            raise Fatal(f"the tree did not start within {timeout_s} s; waiting for {waiting}")

    def wait_begun(self, timeout_s: float | None = None) -> bool:
        """Wait until the whole tree has begun for the first time; at once when it has."""
        return bool(self._began.wait(timeout_s))

    def stop(self, timeout_s: float = 10.0) -> bool:
        """Stop everything in reverse order, kill what has not stopped in time. True when the root stopped in time."""
        if self._tree is None or self._ended.is_set():
            return True
        root = self.directory.present(self._tree.name)
        root.inbox.control(Stop())
        await_end([root], timeout_s)
        in_time = self._ended.is_set()
        if not in_time:
            log.error("not stopped within %s s; killing", timeout_s)
            kill_all([root], kill_s(self._tree))
        self.directory.bury_all()
        with gevent.Timeout(POOL_S, False):  # type: ignore[arg-type]  # False: the timeout ends the block in silence
            # A call that hangs in a native thread cannot be ended; the process leaves it behind.
            self._pool.kill()
        return in_time and not self.gave_up.is_set()

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait for the end: 0 after an ordered stop, 1 when the root gave up, None when the time was over before."""
        if timeout_s is None:
            # In slices: a hub with no timer and no socket takes an endless wait for a deadlock.
            while not self._ended.wait(WAIT_SLICE_S):
                pass
        else:
            self._ended.wait(timeout_s)
        return int(self.gave_up.is_set()) if self._ended.is_set() else None

    # Services of the kernel to actors

    def run_native(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run CPU-bound or blocking code in a native thread while other greenlets go on; its result or its exception.

        The function must not touch actors; what it has to say to one goes through `tell_from_thread`.
        """
        self.pending_calls += 1
        try:
            with self.directory.flow.work():
                return call(self._pool, function, *args, **kwargs)
        finally:
            self.pending_calls -= 1

    def busy(self) -> AbstractContextManager[None]:
        """A block of work that no message stands for: `drain` and `settle` wait for its end."""
        return self.directory.flow.work()

    def tell_from_thread(self, name: str, message: object) -> None:
        """Tell from a native thread: the hub is woken and delivers. A refusal is counted and logged."""
        self._hub.loop.run_callback_threadsafe(self._told_from_thread, name, message)

    def supervision_now_s(self) -> float:
        """The clock of restart intensities."""
        return self.clock.now_s if self.ordered else time.monotonic()

    def supervision_timer(self, delay_s: float, call: Callable[[], object]) -> None:
        """Call later, for a backoff. On the virtual clock at once: there real time does not exist."""
        if self.ordered:
            call()
        else:
            gevent.spawn_later(delay_s, call)

    # Looking

    def dump(self, timeout_s: float = PROBE_S, *, rests: bool = False) -> dict[str, object]:
        """A picture of every actor and of what waits, as plain data. Takes `timeout_s` at most, however many hang.

        `rests`: in parts, with everybody else running between them.
        """
        return picture(self, timeout_s, rests=rests)

    def root_began(self) -> None:
        """The whole tree has begun."""
        self._began.set()

    def root_ends(self, reason: Exception | None) -> None:
        """The root is about to end and its children still live: the last moment to see them."""
        if reason is None:
            return
        self.reason = repr(reason)
        if self._dump_file is not None:
            self._dump_file.parent.mkdir(parents=True, exist_ok=True)
            self._dump_file.write_bytes(msgspec.json.encode(self.dump(), enc_hook=repr))

    def root_ended(self, reason: Exception | None) -> None:
        """Nothing runs any more."""
        if self._tree is not None:
            self.directory.release(self._tree.name)
        if reason is not None:
            self.reason = self.reason or repr(reason)
            self.gave_up.set()
        self._ended.set()

    def _told_from_thread(self, name: str, message: object) -> None:
        try:
            self.directory.tell(name, message)
        except Refused as refusal:
            log.warning("from a native thread: %s", refusal)
