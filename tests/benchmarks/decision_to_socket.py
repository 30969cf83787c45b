"""From a decision to its bytes on the socket, live: `python -m tests.benchmarks.decision_to_socket`.

The whole house as `run.py live` builds it, against a local node in a process of its own
(`tests.benchmarks.live_market`: some 500 events a second, most of them told and not run), with keystore, journal,
monitor, keepers, facts and sends all real. Counted from the beginning of the message on which the gate or a position
decided, until the socket has taken the last byte of the signed transaction; the durable write of intent and signature
lies in between.

So that there are orders enough to speak of a p99, capital and budget are large, rooms are three, positions last seconds
and the commandments' pauses are off; the path is the same. Minutes of the rules are 15 times as short, so a coin is
followed for 220 s, and 1,000 watchers need that long a warm-up.

Prints each stage, the disk's own fdatasync apart, and the calls to nodes on the way. Exit code 1 when an order asked a
node anything between its decision and its bytes; not when an exit reads its token's accounts anew after a failure.
"""

from gevent import monkey

monkey.patch_all()

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time
from typing import Any

import gevent

from actors.adapters.environment import load
from commands import live, process
from commands.servers import servers
from core.ledger.books import Books
from core.messages import Order
from tests.benchmarks.elsewhere import set_apart
from tests.benchmarks.event_to_order import line
from tests.benchmarks.probes import UNHALTED, Collections, Hub, Orders, TimedStore, watch_orders
from tests.benchmarks.reference import reference_loop_s
from tests.benchmarks.socket_probes import WRITTEN, Asked, SentBytes, SigningVenue, fdatasync_s
from tests.chaos.episode import DRIVEN, Episode, Ways

STAGES = ("decided", "placed", "intended", "signed", "durable", "submitted", WRITTEN)
DURABLE_AT = STAGES.index("durable") - 1
CAPITAL_USD = 600.0
SOL = 1_000_000_000
BUSY = {
    "MICRO_CAPITAL_USD": f"{CAPITAL_USD:g}",
    "MICRO_TIME_SCALE": "15",
    "MICRO_MINING_ROOM": "3",
    "MICRO_ENTRY_RELAXED": '{"liquidity_min_usd": 500, "holders_min": 15, "risk_max": 1, "quality_min": 0}',
    "MICRO_BATTLEFIELD_LIQUIDITY_MIN_USD": "500",
    "MICRO_BATTLEFIELD_HOLDERS_MIN": "15",
    "MICRO_HONEYPOT_HOLDER_MAX": "1",
    "MICRO_HONEYPOT_TOP_TEN_MAX": "1",
    "MICRO_EMERGENCY_CONGESTION_FACTOR": "1000",
    "MICRO_LIFE_MAX_S": "150",
    "MICRO_TIME_GOLDEN_UNTIL_S": "45",
    "MICRO_TIME_DECAY_UNTIL_S": "120",
    "MICRO_TIME_LATE_UNTIL_S": "135",
    "MICRO_TIME_DECAY_AT_S": "[60, 75, 90, 105]",
    **UNHALTED,
    "MICRO_RPC_BUDGET_CALLS": "5000",
}


class Probed:
    """A live house with probes at its ports."""

    def __init__(self, episode: Episode) -> None:
        os.environ.update(episode.environment())
        self.settings = load({}, file=None)
        self.house, self.desk = live.ready(self.settings, None, confirmed_usd=CAPITAL_USD)
        self.orders = Orders(self._decided, STAGES)
        self.sent = SentBytes(self.orders)
        self.asked = Asked()
        services = self.house.services
        self.venue = SigningVenue(services.backend, self.orders, self.sent, self.asked, self._is_known)
        services.backend = self.venue
        opened: Any = services.open_journal
        services.open_journal = lambda: self._timed(*opened())
        watch_orders(self.house.system.directory, self.orders)

    def begin(self) -> None:
        live.begin(self.house, self.desk, servers(self.house, lambda: self.settings))

    def end(self) -> None:
        self.house.stop()
        self.desk.close()
        self.sent.stop()
        self.asked.stop()

    def watchers(self) -> int:
        return len(self.house.system.directory.names("watcher."))

    def events(self) -> int:
        snapshot: Any = self.house.system.directory.snapshot("feed")
        return int(snapshot.view.events)

    def asked_on_the_way(self) -> int:
        """Calls to nodes between the decision and the bytes of an order whose token was known."""
        return self.asked.on_the_path() - self.venue.excused

    def forget(self) -> None:
        """What is measured begins now."""
        self.orders.forget()
        self.asked.calls.clear()
        self.venue.excused = 0

    def _is_known(self, order: Order) -> bool:
        state, _ = self.desk.tokens._states.get(order.mint, (None, 0.0))
        return state is not None and state.venue is order.venue

    def _decided(self, order: Order) -> list[float]:
        # An order that nothing decided on (a treasurer's) is not of a token, and is not counted.
        return [self.house.services.timings.decided_at_s[order.id]]

    def _timed(self, store: Any, books: Books) -> tuple[Any, Books]:
        return TimedStore(store, self.orders), books


def measure(options: argparse.Namespace, episode: Episode) -> int:
    process.set_up()
    probed = Probed(episode)
    probed.begin()
    gevent.sleep(options.warm)
    state = episode.state
    disk_s, loop_before_s = fdatasync_s(state), reference_loop_s()
    probed.forget()
    hub, collections = Hub(), Collections()
    events, cpu_s = probed.events(), process_time()
    gevent.sleep(options.seconds)
    cpu_share = (process_time() - cpu_s) / options.seconds
    rate = (probed.events() - events) / options.seconds
    hub.stop()
    collections.stop()
    watchers, asked = probed.watchers(), probed.asked_on_the_way()
    loops_ms = (loop_before_s * 1e3, reference_loop_s() * 1e3)
    print(f"{rate:,.0f} events/s for {options.seconds:.0f} s, {watchers} watchers, {cpu_share:.0%} of a core")
    print(f"reference loop before and after: {loops_ms[0]:.1f} and {loops_ms[1]:.1f} ms")
    report(probed.orders)
    line("fdatasync of 4 KiB on the same disk, before", disk_s)
    line("the same, after", fdatasync_s(state))
    line("hub stalls past a millisecond", hub.stalls_s)
    for generation, pauses in enumerate(collections.pauses_s):
        line(f"  collector, generation {generation}", pauses)
    excused = probed.venue.excused
    print(f"calls to nodes between decision and bytes: {asked}; of tokens to be read anew after a failure: {excused}")
    probed.end()
    return 1 if asked else 0


def report(orders: Orders) -> None:
    times = orders.times()
    print(f"{'milliseconds':44}{'count':>8}{'p50':>9}{'p95':>9}{'p99':>9}{'most':>9}")
    line("decision to bytes on the socket", [sum(one) for one in times])
    line("  while the core ran at full speed", [sum(one) for one in orders.times(at_full_speed=True)])
    line("the same without the durable write", [sum(one) - one[DURABLE_AT] for one in times])
    for number, name in enumerate(STAGES[1:]):
        line(f"  … to {name}", [one[number] for one in times])
    for one in sorted(times, key=sum)[-5:]:
        print("  slow:", " ".join(f"{name} {time * 1e3:.1f}" for name, time in zip(STAGES[1:], one, strict=True)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument("--warm", type=float, default=220.0)
    parser.add_argument("--speed", type=float, default=11.0, help="of what is told")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--state", type=Path, help="where the journal is written; a temporary folder by default")
    options = parser.parse_args()
    given = ("--seed", str(options.seed), "--speed", str(options.speed))
    node = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.live_market", *given], cwd=DRIVEN, stdout=subprocess.PIPE, text=True
    )
    try:
        assert node.stdout is not None
        set_apart(node.pid)
        ways = Ways(port=int(node.stdout.readline()), kill_s=0.0, operations=0, until_s=0.0)
        with tempfile.TemporaryDirectory(dir=options.state) as folder:
            episode = Episode(Path(folder) / "house", ways, seed=options.seed, settings=BUSY)
            episode.make()
            for address in episode.wallets():
                episode.asked("requestAirdrop", address, int(CAPITAL_USD / 80.0 * SOL * 0.25))
            gevent.sleep(2.0)
            try:
                return measure(options, episode)
            finally:
                episode.end()
    finally:
        node.terminate()
        node.wait(timeout=60)


if __name__ == "__main__":
    sys.exit(main())
