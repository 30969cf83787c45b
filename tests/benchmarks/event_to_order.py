"""From a market event to the paper order it causes, under load: the whole house on the embedded market, in real time.

    python -m tests.benchmarks.event_to_order [--seconds 240] [--warm 60] [--speed 60] [--seed 7]

Measured from the moment at which the market sends the batch that an order follows from until the venue is given the
signed order, the durable journal write on the way included. The market is a process of its own, as a chain is
elsewhere, and waits for nobody: what the house has not taken yet counts as latency. At speed 60 its 0.37 launches a
second make some 2,000 events and, once the 55 minutes for which a token is followed are full, some 1,300 watchers; the
rules' own ticks come 60 times as often as in life, too. So that there are orders enough to speak of a p99, capital is
large, rooms are three, positions are short and the commandments' pauses are long gone; the path itself is the same.

Prints each stage apart, the journal's commit (the fsync) as one of them, the slowest orders, what held up the hub, how
long the machine gave it no core, and memory per watcher: resident size given back when all watchers end, divided by
their number.
"""

from gevent import monkey

monkey.patch_all()

import argparse
import ctypes
import gc
import tempfile
from pathlib import Path
from time import process_time
from typing import Any

import gevent
import psutil

from actors.adapters.state_directory import StateDirectory
from actors.control import Stop
from commands import process
from commands.house import House, Source
from core.chain.decode import Decoder
from core.ledger.books import Books
from core.market.paper.chain import PaperChain
from core.market.tape import Tape
from core.settings import from_texts
from tests.benchmarks.probes import (
    STAGES,
    UNHALTED,
    Causes,
    Collections,
    Hub,
    Orders,
    TimedStore,
    TimedVenue,
    percentile,
    watch_orders,
    without_questions,
)
from tests.benchmarks.reference import reference_loop_s
from tests.benchmarks.remote_market import RemoteMarket

BUSY = {
    "MICRO_CAPITAL_USD": "600",
    "MICRO_MINING_ROOM": "1",
    "MICRO_MINING_MEMORY_S": "60",
    "MICRO_ENTRY_PROFILE": "relaxed",
    "MICRO_ENTRY_RELAXED": '{"liquidity_min_usd": 500, "holders_min": 15, "risk_max": 1, "quality_min": 0}',
    "MICRO_BATTLEFIELD_LIQUIDITY_MIN_USD": "500",
    "MICRO_BATTLEFIELD_HOLDERS_MIN": "15",
    "MICRO_HONEYPOT_HOLDER_MAX": "1",
    "MICRO_HONEYPOT_TOP_TEN_MAX": "1",
    "MICRO_EMERGENCY_CONGESTION_FACTOR": "1000",
    "MICRO_LIFE_MAX_S": "330",
    "MICRO_TIME_GOLDEN_UNTIL_S": "90",
    "MICRO_TIME_DECAY_UNTIL_S": "270",
    "MICRO_TIME_LATE_UNTIL_S": "300",
    "MICRO_TIME_DECAY_AT_S": "[120, 150, 180, 210]",
    **UNHALTED,
}
SLOWEST = 5


class Probed:
    """A house with probes at its ports, on a market in another process."""

    def __init__(self, speed: float, seed: int, directory: Path) -> None:
        texts = BUSY | {"MICRO_CLOCK_SPEED": str(speed), "MICRO_SEED": str(seed)}
        settings = from_texts(texts)
        self.market = RemoteMarket(settings, texts)
        self.orders = Orders(Causes(self.market).before)
        source = Source(
            feed=self.market,
            backend=TimedVenue(self.market, self.orders),
            accounts=self.market,
            decoder=Decoder(),
            tape=Tape(),
            start_at_s=self.market.hello.start_at_s,
            sol_usd=self.market.hello.sol_usd,
            chain=PaperChain(),
            waits=False,
        )
        self.house = House(settings, StateDirectory(directory), source, mode="paper", paced=True)
        opened: Any = self.house.services.open_journal
        self.house.services.open_journal = lambda: self.timed(*opened())
        watch_orders(self.house.system.directory, self.orders)

    def timed(self, store: Any, books: Books) -> tuple[Any, Books]:
        return TimedStore(store, self.orders), books

    def view(self, name: str) -> Any:
        snapshot = self.house.system.directory.snapshot(name)
        assert snapshot is not None
        return snapshot.view

    def watchers(self) -> int:
        return len(self.house.system.directory.names("watcher."))


def measure(options: argparse.Namespace, directory: Path) -> None:
    process.set_up()
    probed = Probed(options.speed, options.seed, directory)
    probed.house.start()
    process.settle_down(probed.house.system.directory.flow.turns)
    gevent.sleep(options.warm)
    loop_before_s = reference_loop_s()
    probed.orders.forget()
    probed.market.took_s.clear()
    probed.market.asked_s.clear()
    hub, collections = Hub(), Collections()
    events, cpu_s, queued_s = probed.view("feed").events, process_time(), no_core_s()
    gevent.sleep(options.seconds)
    cpu_share = (process_time() - cpu_s) / options.seconds
    queued_share = (no_core_s() - queued_s) / options.seconds
    hub.stop()
    collections.stop()
    rate = (probed.view("feed").events - events) / options.seconds
    loops_ms = (loop_before_s * 1e3, reference_loop_s() * 1e3)
    print(f"{rate:,.0f} events/s for {options.seconds:.0f} s, {probed.watchers()} watchers, {cpu_share:.0%} of a core")
    print(f"the hub's thread was ready for {queued_share:.0%} of the time and the machine gave it no core")
    print(f"reference loop before and after: {loops_ms[0]:.1f} and {loops_ms[1]:.1f} ms")
    print_orders(probed.orders, probed.market)
    print_hub(hub, collections, probed.market)
    print_memory(probed)
    probed.house.stop()


def no_core_s() -> float:
    """How long this thread was ready to run so far while others had the cores."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def line(name: str, values: list[float]) -> None:
    """Milliseconds of one thing: median, p95, p99, the most."""
    shares = "".join(f"{percentile(values, share) * 1e3:9.2f}" for share in (0.5, 0.95, 0.99, 1.0))
    print(f"{name:36}{len(values):8,}{shares}")


def print_orders(orders: Orders, market: RemoteMarket) -> None:
    times = orders.times()
    print(f"{'milliseconds':36}{'count':>8}{'p50':>9}{'p95':>9}{'p99':>9}{'most':>9}")
    line("event to order", [sum(one) for one in times])
    line("  while the core ran at full speed", [sum(one) for one in orders.times(at_full_speed=True)])
    line("  less waiting for the market's facts", without_questions(orders, market.asked_s))
    line("event to order without the fsync", [sum(one) - one[4] for one in times])
    for number, name in enumerate(STAGES[1:]):
        line(f"  … to {name}", [one[number] for one in times])
    for one in sorted(times, key=sum)[-SLOWEST:]:
        print("  slow:", " ".join(f"{name} {time * 1e3:.1f}" for name, time in zip(STAGES[1:], one, strict=True)))


def print_hub(hub: Hub, collections: Collections, market: RemoteMarket) -> None:
    line("hub stalls past a millisecond", hub.stalls_s)
    for generation, pauses in enumerate(collections.pauses_s):
        line(f"  collector, generation {generation}", pauses)
    line("simulated market, a slot, in its own process", market.took_s)


def print_memory(probed: Probed) -> None:
    before_kib, watchers = resident_kib(), probed.watchers()
    probed.house.system.directory.control("market", Stop())
    gevent.sleep(3.0)
    print(f"memory: {(before_kib - resident_kib()) / watchers:.1f} KiB a watcher, mean over {watchers}")


def resident_kib() -> float:
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return psutil.Process().memory_info().rss / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument("--warm", type=float, default=60.0)
    parser.add_argument("--speed", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--state", type=Path, help="where the journal is written; a temporary folder by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.state) as folder:
        measure(options, Path(folder))
