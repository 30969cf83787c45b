"""A trading house with its HTTP servers in a process of its own, watched from inside, for clients to storm.

Told `begin` on standard input it measures anew; told `tell` it writes one line of JSON with what it
measured since; at the end of its input it stops in order. Used by `tests.chaos.clients`.
"""

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()

import json
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from gevent.fileobject import FileObject
from msgspec.structs import replace

from commands import process
from commands.servers import servers
from core.settings import Settings
from tests.benchmarks.event_to_order import Probed, resident_kib
from tests.benchmarks.probes import STAGES, Collections, Hub, percentile, without_questions
from tests.commands.process import free_ports

SHARES = {"p50": 0.5, "p99": 0.99, "most": 1.0}


class Served:
    def __init__(self, folder: Path, *, speed: float, seed: int, apart: bool) -> None:
        """`apart`: the monitor runs elsewhere."""
        self.probed = Probed(speed, seed, folder)
        self.apart = apart
        house = self.probed.house
        monitor, control = free_ports(2)
        runtime = replace(house.settings.runtime, monitor_port=monitor, executor_port=control)
        self.settings: Settings = replace(house.settings, runtime=runtime)
        house.settings = house.services.settings = house.services.moment.settings = self.settings
        self.ports = (monitor, control)
        self.hub, self.collections = Hub(), Collections()
        self.began_s, self.cpu_s, self.queued_s = perf_counter(), process_time(), queued_s()

    def start(self) -> None:
        self.probed.house.start(servers(self.probed.house, lambda: self.settings, alone=self.apart))
        process.settle_down(self.probed.house.system.directory.flow.turns)

    def begin(self) -> None:
        """Forget what was measured."""
        self.hub.stop()
        self.collections.stop()
        self.probed.orders.forget()
        self.probed.market.asked_s.clear()
        self.hub, self.collections = Hub(), Collections()
        self.began_s, self.cpu_s, self.queued_s = perf_counter(), process_time(), queued_s()

    def told(self) -> dict[str, Any]:
        """Milliseconds from event to order, and of the hub's stalls; orders; what a person would have changed.

        Memory that is free is given back afterwards, so that what the house takes then is what it holds.
        """
        told = self._told()
        resident_kib()
        return told

    def _told(self) -> dict[str, Any]:
        stages = sorted(self.probed.orders.times(), key=sum)
        times = [sum(one) for one in stages]
        full = [sum(one) for one in self.probed.orders.times(at_full_speed=True)]
        house_s = without_questions(self.probed.orders, self.probed.market.asked_s)
        books = self.probed.house.services.books()
        stormed = self.probed.view("server.control" if self.apart else "server.monitor")
        return {
            "orders": len(times),
            "cpu_share": (process_time() - self.cpu_s) / (perf_counter() - self.began_s),
            "queued_share": (queued_s() - self.queued_s) / (perf_counter() - self.began_s),
            "event_to_order_ms": {name: percentile(times, share) * 1e3 for name, share in SHARES.items()},
            "at_full_speed": len(full),
            "at_full_speed_ms": {name: percentile(full, share) * 1e3 for name, share in SHARES.items()},
            "without_facts_ms": {name: percentile(house_s, share) * 1e3 for name, share in SHARES.items()},
            "slowest_ms": [dict(zip(STAGES[1:], (took_s * 1e3 for took_s in one), strict=True)) for one in stages[-3:]],
            "collections": [len(pauses) for pauses in self.collections.pauses_s],
            "longest_collection_ms": max(max(pauses, default=0.0) for pauses in self.collections.pauses_s) * 1e3,
            "hub_stall_ms": {name: percentile(self.hub.stalls_s, share) * 1e3 for name, share in SHARES.items()},
            "events": self.probed.view("feed").events,
            "paused": books.paused,
            "paused_why": books.paused_why,
            "generation": books.generation,
            "requests": stormed.requests,
            "rejected": stormed.rejected,
        }


def queued_s() -> float:
    """How long the hub's thread was ready to run and the machine gave it no core."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def main() -> int:
    folder, speed, seed, apart = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4:] == ["apart"]
    process.set_up()
    served = Served(folder, speed=speed, seed=seed, apart=apart)
    served.start()
    say({"ports": served.ports})
    # Read by the hub: a blocking read of standard input would stop everybody.
    for line in FileObject(sys.stdin.fileno(), "rb", closefd=False):
        if line.strip() == b"begin":
            served.begin()
        else:
            say(served.told())
    say({"stopped": served.probed.house.stop()})
    return 0


def say(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
