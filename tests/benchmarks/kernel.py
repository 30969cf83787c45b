"""What the kernel costs: `python -m tests.benchmarks.kernel`.

Times are the best of a few rounds, with the reference loop between them, so that a busy machine slows both.
"""

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()

import gc
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any, NamedTuple

import gevent
import psutil
from typing_extensions import override

from actors.base import Actor
from actors.system import System
from actors.tree import Branch, Worker
from core.messages import Command, Query
from core.supervision import Backoff, Restart, RestartRule
from tests.benchmarks.reference import LOOPS, reference_loop_s

ROUNDS = 5
MESSAGES = 20_000
ASKS = 5_000
RESTARTS = 300
IDLE = 2_000
# The window of a working rule holds a handful of restarts; ten seconds of these would hold thousands, copied at each.
UNBOUNDED = RestartRule(intensity=10**9, period_s=0.005, backoff=Backoff(first_s=0.0))


class Go(Command, frozen=True, kw_only=True):
    """Does nothing, or crashes."""

    crash: bool = False


class Get(Query, frozen=True, kw_only=True):
    """Answered with nothing."""


class Idle(Actor[Any]):
    @override
    def handle(self, message: Go | Get) -> object:
        if isinstance(message, Go) and message.crash:
            raise ValueError("crash")
        return None


class Figure(NamedTuple):
    """Microseconds of one, and the same in thousands of turns of the reference loop."""

    name: str
    micros: float
    ratio: float


@contextmanager
def system(*, ordered: bool = False) -> Iterator[System]:
    """An actor to talk to among 200 idle ones, as many as watchers live at once."""
    running = System(ordered=ordered)
    others = tuple(Worker(name=f"idle.{number}", actor=Idle) for number in range(200))
    template = Worker(name="watcher", actor=Idle, restart=Restart.TEMPORARY)
    running.start(
        Branch(
            name="root",
            rule=UNBOUNDED,
            children=(Worker(name="one", actor=Idle), *others, Branch(name="market", templates=(template,))),
        )
    )
    try:
        yield running
    finally:
        running.stop()


def tell_and_handle(running: System) -> float:
    go, tell = Go(), running.directory.tell
    began_s = perf_counter()
    for _ in range(MESSAGES // 500):
        for _ in range(500):
            tell("one", go)
        running.directory.settle(10.0)
    return (perf_counter() - began_s) / MESSAGES


def ask(running: System) -> float:
    get, directory = Get(), running.directory
    began_s = perf_counter()
    for _ in range(ASKS):
        directory.ask("one", get, 10.0)
    return (perf_counter() - began_s) / ASKS


def deliver_in_order(running: System) -> float:
    go, directory = Go(), running.directory
    began_s = perf_counter()
    for _ in range(MESSAGES // 10):
        for number in range(10):
            directory.tell(f"idle.{number}", go)
        directory.drain()
    return (perf_counter() - began_s) / MESSAGES


def restart(running: System) -> float:
    """From the crash to the first answer of the next incarnation: the median."""
    directory = running.directory
    times = []
    for _ in range(RESTARTS):
        began_s = perf_counter()
        directory.tell("one", Go(crash=True))
        directory.settle(10.0)
        directory.ask("one", Get(), 10.0)
        times.append(perf_counter() - began_s)
    return sorted(times)[len(times) // 2]


def live_once(running: System) -> float:
    """A watcher from the wish for it to its name being free again."""
    directory, count = running.directory, 300
    began_s = perf_counter()
    for number in range(count):
        directory.start_child("market", f"watcher.{number}")
        directory.tell(f"watcher.{number}", Go(crash=True))
        directory.settle(10.0)
    return (perf_counter() - began_s) / count


def bytes_of_an_idle_actor() -> float:
    """Growth of the process, its greenlets' stacks included, which no Python allocator counts."""
    with system() as running:
        process = psutil.Process()
        gc.collect()
        before = process.memory_info().rss
        for number in range(IDLE):
            running.directory.start_child("market", f"watcher.{number}")
        running.directory.settle(30.0)
        gc.collect()
        grown = process.memory_info().rss - before
        assert len(running.directory.names("watcher.")) == IDLE
    return grown / IDLE


def measured() -> list[Figure]:
    """Every figure but the size."""
    logging.disable(logging.CRITICAL)
    cases: list[tuple[str, bool, Callable[[System], float]]] = [
        ("tell and handle", False, tell_and_handle),
        ("ask", False, ask),
        ("tell and handle in total order", True, deliver_in_order),
        ("restart, to the first answer", False, restart),
        ("life of a watcher", False, live_once),
    ]
    figures = []
    try:
        for name, ordered, measure in cases:
            with system(ordered=ordered) as running:
                best = loop = float("inf")
                for _ in range(ROUNDS):
                    loop = min(loop, reference_loop_s() / LOOPS)
                    best = min(best, measure(running))
                    gevent.sleep(0)
            figures.append(Figure(name, best * 1e6, best / loop / 1_000))
    finally:
        logging.disable(logging.NOTSET)
    return figures


def main() -> None:
    # The size first: a process that has grown once gives no honest growth again.
    size = bytes_of_an_idle_actor()
    for figure in measured():
        rate = 1e6 / figure.micros
        sys.stdout.write(f"{figure.micros:8.2f} µs {figure.ratio:7.3f} thousand turns {rate:9,.0f} /s {figure.name}\n")
    sys.stdout.write(f"{size:8,.0f} bytes an idle actor\n")


if __name__ == "__main__":
    main()
