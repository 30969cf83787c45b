"""What a scrape of `/metrics` costs everybody else: how long the hub stands still while watchers are many.

    python -m tests.benchmarks.scrape [--watchers 10000] [--scrapes 30]

The whole house runs on the embedded market, in real time, with that many watchers more, each of a token of its own.
Another process scrapes it over HTTP, every time after what is kept has run out. A
greenlet that wants to run every millisecond tells how long it was kept waiting; the same without scrapes stands beside
it, for the house and other work on the machine keep it waiting too.
"""

from gevent import monkey

monkey.patch_all()

import argparse
import logging
import sys
import tempfile
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

import gevent
from gevent.subprocess import PIPE, Popen
from msgspec.structs import replace

from actors.adapters.state_directory import StateDirectory
from commands import process, sources
from commands.house import House
from commands.servers import servers
from core.market.simulator.names import Names
from core.messages import Launched, Reserves
from core.settings import Settings, from_texts
from core.types import Venue
from monitor.metrics.exposition import CACHED_S
from tests.benchmarks.probes import percentile
from tests.benchmarks.reference import reference_loop_s

AIM_S = 0.005
EVERY_S = 0.001
ANYWHERE = {"MICRO_MONITOR_PORT": "0", "MICRO_EXECUTOR_PORT": "0"}
PAUSE_S = CACHED_S + 0.1
SCRAPER = """
import sys, time
from http.client import HTTPConnection
sys.stdin.read()
port, scrapes, pause_s = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
times = []
for _ in range(scrapes):
    time.sleep(pause_s)
    began_s = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 200, text
    times.append(time.perf_counter() - began_s)
times.sort()
median_ms, most_ms = times[len(times) // 2] * 1e3, times[-1] * 1e3
print(f"a scrape for its client: median {median_ms:.1f} ms, longest {most_ms:.1f} ms, {len(text):,} bytes", flush=True)
"""


def started(settings: Settings, folder: Path) -> House:
    state = StateDirectory(folder)
    house = House(settings, state, sources.embedded(settings, state), mode="paper", paced=True)
    house.start(servers(house, lambda: settings))
    gevent.sleep(1.0)
    return house


def watch(house: House, count: int) -> int:
    """Give the house so many watchers, and wait until they live; how many there are."""
    directory, names = house.system.directory, Names(1)
    first = Launched(
        mint="",
        at_s=house.system.clock.now_s,
        slot=1,
        name="Many",
        symbol="MANY",
        creator=names.wallet("creator", 1),
        user=names.wallet("creator", 1),
        supply=10**15,
        reserves=Reserves(Venue.CURVE, 30 * 10**9, 1_073 * 10**12, 0, 793_100 * 10**9),
    )
    for number in range(count):
        launched = replace(first, mint=names.mint(10**6 + number), at_s=house.system.clock.now_s)
        directory.start_child("market", f"watcher.{launched.mint}", launched)
        if number % 50 == 0:
            gevent.sleep(0.01)
    while not directory.idle():
        gevent.sleep(0.1)
    return len(directory.names("watcher."))


class Ticks:
    """A greenlet that wants to run every millisecond: how late it ran, and how much the hub's thread worked meanwhile.

    The first is what everybody waits; on a busy machine it includes the turns of other processes, the second does not.
    """

    def __init__(self) -> None:
        self.late_s: list[float] = []
        self.worked_s: list[float] = []
        self._ticker = gevent.spawn(self._tick)

    def _tick(self) -> None:
        while True:
            due_s, worked_s = perf_counter() + EVERY_S, thread_time()
            gevent.sleep(EVERY_S)
            self.late_s.append(perf_counter() - due_s)
            self.worked_s.append(thread_time() - worked_s)

    def stop(self) -> None:
        self._ticker.kill()


def watched(during_s: float) -> Ticks:
    ticks = Ticks()
    gevent.sleep(during_s)
    ticks.stop()
    return ticks


def line(name: str, times_s: list[float]) -> None:
    ordered = sorted(times_s)
    over = sum(one_s > AIM_S for one_s in ordered)
    p50_ms, p99_ms, most_ms = (percentile(ordered, share) * 1e3 for share in (0.5, 0.99, 1.0))
    shown = f"p50 {p50_ms:5.2f} ms, p99 {p99_ms:5.2f}, longest {most_ms:6.2f}"
    print(f"{name:40} {shown}; {over} of {len(ordered):,} over {AIM_S * 1e3:.0f} ms", flush=True)


def measure(options: argparse.Namespace, folder: Path) -> None:
    process.set_up()
    house = started(from_texts(ANYWHERE), folder)
    watchers = watch(house, options.watchers)
    process.settle_down(house.system.directory.flow.turns)
    monitor: Any = house.system.directory.snapshot("server.monitor")
    print(f"{watchers:,} watchers, reference loop {reference_loop_s() * 1e3:.1f} ms", flush=True)
    # Begun before anything is measured: to start a process from a large one takes longer than a scrape.
    scraper = Popen(
        [sys.executable, "-c", SCRAPER, str(monitor.view.port), str(options.scrapes), str(PAUSE_S)], stdin=PIPE
    )
    gevent.sleep(1.0)
    during_s = options.scrapes * PAUSE_S
    alone = watched(during_s)
    scraped = gevent.spawn(watched, during_s)
    scraper.communicate(timeout=during_s + 60.0)
    if scraper.returncode != 0:
        raise SystemExit("the scraper failed")
    for name, ticks in (("without scrapes", alone), ("while it is scraped", scraped.get())):
        line(f"{name}: late", ticks.late_s)
        line(f"{name}: work in one go", ticks.worked_s)
    # Ten thousand watchers are more than a stop has time for: what it says of those that it kills is no figure.
    logging.disable(logging.CRITICAL)
    house.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watchers", type=int, default=10_000)
    parser.add_argument("--scrapes", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(options, Path(folder))
