"""From a market event to the paper order it causes, under load: the whole house on the embedded market, in real time.

    python -m tests.benchmarks.event_to_order [--seconds 90] [--speed 60]

Measured from the moment a batch is handed to the feed until the venue is given the signed order, the durable journal
write on the way included. So that there are orders enough to speak of a p99, capital is large, rooms are many, and the
commandments' pauses are long gone; the path itself is the same. Prints events/s, watchers, p50, p95, p99, the fsync of
the journal apart, and memory per watcher: resident size given back when all watchers end, divided by their number.
"""

from gevent import monkey

monkey.patch_all()

import argparse
import ctypes
import gc
import tempfile
from bisect import bisect_left
from pathlib import Path
from time import perf_counter
from typing import Any

import gevent
import psutil

from actors.adapters.state_directory import StateDirectory
from commands import sources
from commands.house import House
from core.ports import FeedBatch
from core.settings import from_texts
from tests.benchmarks.reference import reference_loop_s

BUSY = {
    "MICRO_CAPITAL_USD": "60",
    "MICRO_MINING_ROOM": "3",
    "MICRO_ENTRY_PROFILE": "relaxed",
    "MICRO_MILITIA_LOSSES_IN_A_ROW": "1000000",
    "MICRO_BREAKER_PANICS": "1000000",
    "MICRO_BREAKER_DUMP_SHARE": "1",
    "MICRO_REINCARNATION_OPERATIONS": "1000000",
    "MICRO_SHIELD_DAILY_LOSS_SHARE": "1",
    "MICRO_SHIELD_DRAWDOWN_SHARE": "1",
    "MICRO_PSYCHOLOGY_FLOOR_SHARE": "0",
}


class Arrivals:
    """A feed that notes when each batch was handed over, by market time."""

    def __init__(self, feed: Any) -> None:
        self.name, self.feed = feed.name, feed
        self.at_s: list[float] = []
        self.clock_s: list[float] = []

    def next(self) -> FeedBatch | None:
        batch: FeedBatch | None = self.feed.next()
        if batch is not None:
            self.at_s.append(batch.at_s)
            self.clock_s.append(perf_counter())
        return batch

    def since(self, at_s: float) -> float:
        """Seconds since the batch arrived that brought market time to `at_s`."""
        index = min(bisect_left(self.at_s, at_s), len(self.at_s) - 1)
        return perf_counter() - self.clock_s[index]

    def close(self) -> None:
        self.feed.close()


class TimedVenue:
    """A venue that notes how old the cause of each order is when its first bytes leave."""

    def __init__(self, backend: Any, arrivals: Arrivals, house: "list[House]") -> None:
        self.backend, self.arrivals, self.house = backend, arrivals, house
        self.latencies_s: dict[str, float] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    def submit(self, order: Any, signature: str, last_valid_slot: int) -> None:
        if order.mint and signature not in self.latencies_s:
            intended_at_s = self.house[0].services.books().orders[order.id].at_s
            self.latencies_s[signature] = self.arrivals.since(intended_at_s)
        self.backend.submit(order, signature, last_valid_slot)


def resident_kib() -> float:
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return psutil.Process().memory_info().rss / 1024


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(seconds: float, speed: float, directory: Path) -> None:
    settings = from_texts(BUSY | {"MICRO_CLOCK_SPEED": str(speed)})
    state = StateDirectory(directory)
    source = sources.embedded(settings, state)
    arrivals, houses = Arrivals(source.feed), list[House]()
    timed = TimedVenue(source.backend, arrivals, houses)
    source = type(source)(
        **{name: getattr(source, name) for name in source.__struct_fields__} | {"feed": arrivals, "backend": timed}
    )
    house = House(settings, state, source, mode="paper", paced=True)
    houses.append(house)
    house.start()
    began_s = perf_counter()
    gevent.sleep(seconds)
    took_s = perf_counter() - began_s
    directory_of_names = house.system.directory
    events = directory_of_names.snapshots()["feed"].view.events  # type: ignore[attr-defined]
    journal: Any = directory_of_names.snapshots()["journal"].view
    watchers = [name for name in directory_of_names.names() if name.startswith("watcher.")]
    values = list(timed.latencies_s.values())
    print(f"{events / took_s:,.0f} events/s for {took_s:.0f} s, {len(watchers)} watchers, {len(values)} orders")
    print(f"reference loop {reference_loop_s() * 1e3:.1f} ms")
    if values:
        p50, p95, p99 = (percentile(values, share) * 1e3 for share in (0.50, 0.95, 0.99))
        print(f"event to order: p50 {p50:.2f} ms, p95 {p95:.2f} ms, p99 {p99:.2f} ms, max {max(values) * 1e3:.2f} ms")
    print(f"journal commit: p50 {journal.commit_p50_s * 1e3:.2f} ms, p99 {journal.commit_p99_s * 1e3:.2f} ms")
    before_kib = resident_kib()
    house.system.directory.control("market", _stop())
    gevent.sleep(3.0)
    print(f"memory: {(before_kib - resident_kib()) / len(watchers):.1f} KiB a watcher, mean over {len(watchers)}")
    house.stop()


def _stop() -> object:
    from actors.control import Stop

    return Stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--speed", type=float, default=60.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(options.seconds, options.speed, Path(folder))
