"""Storms the monitor of a trading house: streams, scrapes and hostile requests at once.

    python -m tests.chaos.clients [--seconds 120] [--streams 100] [--scrapes 50] [--hostile 200] [--speed 20] [--seed 7]
                                  [--split]

The house trades on a market in a third process. Its decisions are timed in a calm, with one page open and Prometheus
asking, and in the storm. Afterwards every socket must be closed, memory must not have grown with the requests, and
nothing may have changed that only the operator's token changes. Ends with status 1 when one of these fails, or when a
hostile request got what it asked for; how long decisions took is told, for it depends on the machine, and how much of
the storm the machine let blow.

`--split`: the deployed form, executor and monitor in processes of their own; the monitor is stormed.

The clients share the machine's cores with the house and the market, which clients in life do not, so they get the time
that those leave; how much of the storm was sent in time is told.
"""

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import gevent
import psutil
from gevent.pool import Pool

from actors.adapters.journal_pages import newest
from tests.benchmarks.elsewhere import set_last
from tests.benchmarks.probes import percentile
from tests.chaos.hostile import KINDS, Hostile, answered, request
from tests.commands.process import PROJECT, START_S, command, environment

WANTED_MS = 10.0
GROWN_MIB = 32.0
"""Beyond what trading took in the calm, watchers above all; two kilobytes left by each request are more."""
SPARE_FDS = 8
BLOWN = 0.98
"""With less of the storm than this nothing is shown."""
SETTLE_S = 30.0
CHANGES = ("operator_acted", "entries_paused", "entries_resumed", "rotation_started")


class House:
    """The process that is stormed."""

    def __init__(self, folder: Path, speed: float, seed: int, *, split: bool) -> None:
        self.state = folder / "state"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.chaos.served", str(self.state), f"{speed:g}", str(seed)),
                *(("apart",) if split else ()),
            ],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port, control_port = self.heard()["ports"]
        self.seen = [psutil.Process(self.process.pid)]
        self.monitor = monitor_apart(folder, self.state, self.port, control_port) if split else None
        if self.monitor is not None:
            self.seen.append(psutil.Process(self.monitor.pid))

    def heard(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the house ended with {self.process.poll()}")
        told: dict[str, Any] = json.loads(line)
        return told

    def say(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def told(self) -> dict[str, Any]:
        self.say("tell")
        return self.heard()

    def resources(self) -> tuple[float, int]:
        """Resident MiB, open descriptors; of both processes where there are two."""
        return sum(one.memory_info().rss for one in self.seen) / 1024 / 1024, sum(one.num_fds() for one in self.seen)

    def close(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.stdout.close()
        code = self.process.wait(60.0)
        if self.monitor is not None:
            self.monitor.terminate()
            code = code or self.monitor.wait(60.0)
        return code


def monitor_apart(folder: Path, state: Path, port: int, control_port: int) -> "subprocess.Popen[bytes]":
    """`run.py paper --role monitor` of an executor on that port, once it answers."""
    process = subprocess.Popen(
        command("paper", "--role", "monitor", "--state", str(state)),
        cwd=folder,
        env=environment(MICRO_MONITOR_PORT=str(port), MICRO_EXECUTOR_PORT=str(control_port)),
        stdout=subprocess.DEVNULL,
    )
    deadline_s = monotonic() + START_S
    while answered(port, request("GET", "/health")) != 200:
        if process.poll() is not None or monotonic() > deadline_s:
            raise RuntimeError(f"the monitor ended with {process.poll()}, or is not well")
        gevent.sleep(0.2)
    return process


class Storm:
    """All clients, and what they were answered."""

    def __init__(self, house: House, options: argparse.Namespace) -> None:
        self.house, self.options = house, options
        self.answers: Counter[str] = Counter()
        self.events: Counter[int] = Counter()
        self.got: list[str] = []
        self.scrape_s: list[float] = []
        self.begun = 0
        """Scrapes and attacks."""
        self.until_s = monotonic() + options.seconds

    def blow(self) -> None:
        streams = [gevent.spawn(self.listen, number) for number in range(self.options.streams)]
        pool = Pool(1_000)
        dice = Random(self.options.seed)
        token = (self.house.state / "api-token-read").read_text().strip()
        hostile = Hostile(self.house.port, dice, token)
        clocks = [
            gevent.spawn(self.every, 1 / self.options.scrapes, lambda: pool.spawn(self.scrape)),
            gevent.spawn(self.every, 1 / self.options.hostile, lambda: pool.spawn(self.attack, hostile)),
        ]
        gevent.joinall(clocks)
        pool.join(timeout=SETTLE_S)
        pool.kill()
        gevent.killall(streams)

    def look(self) -> "list[gevent.Greenlet[..., object]]":
        """What there is on a calm day: one page left open, and Prometheus."""
        return [gevent.spawn(self.listen, 0), gevent.spawn(self.every, 5.0, self.scrape)]

    def every(self, gap_s: float, act: Callable[[], object]) -> None:
        due_s = monotonic()
        while monotonic() < self.until_s:
            gevent.sleep(max(due_s - monotonic(), 0.0))
            act()
            self.begun += monotonic() < self.until_s
            due_s += gap_s

    @property
    def blown(self) -> float:
        """The share of the scrapes and attacks asked for that was begun in time."""
        return self.begun / float((self.options.scrapes + self.options.hostile) * self.options.seconds)

    def listen(self, number: int) -> None:
        """One page left open."""
        connection = HTTPConnection("127.0.0.1", self.house.port, timeout=60.0)
        try:
            connection.request("GET", "/events")
            response = connection.getresponse()
            self.answers[f"stream {response.status}"] += 1
            while line := response.readline():
                self.events[number] += line.startswith(b"event: ")
        except OSError as error:
            self.answers[f"stream {type(error).__name__}"] += 1
        finally:
            connection.close()

    def scrape(self) -> None:
        began_s = monotonic()
        status = answered(self.house.port, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        self.answers[f"scrape {status}"] += 1
        self.scrape_s.append(monotonic() - began_s)

    def attack(self, hostile: Hostile) -> None:
        kind, status = hostile.attack()
        self.answers[f"{kind} {status}"] += 1
        if 200 <= status < 400:
            self.got.append(f"{kind} was answered {status}")


def faults(
    house: House, storm: Storm, before: tuple[float, int], after: tuple[float, int], trading_mib: float
) -> list[str]:
    """What must not be. `trading_mib`: what the house would have grown by in a calm."""
    found = [*dict.fromkeys(storm.got)]
    changed = newest(house.state / "journal.db", CHANGES, None, "", 10)
    found += [f"{entry.record} is in the journal" for entry in changed]
    if after[1] > before[1] + SPARE_FDS:
        found.append(f"{after[1]} descriptors are open, {before[1]} were before")
    if after[0] > before[0] + trading_mib + GROWN_MIB:
        found.append(f"memory grew from {before[0]:.0f} to {after[0]:.0f} MiB, {trading_mib:.0f} as in the calm")
    least = min(storm.events.values(), default=0)
    if len(storm.events) < storm.options.streams or (storm.blown >= BLOWN and least < storm.options.seconds / 4):
        found.append(f"only {len(storm.events)} streams told something, the least of them {least}")
    found += [f"{kind} was never tried" for kind in KINDS if not any(name.startswith(kind) for name in storm.answers)]
    return found


def settled(house: House, open_before: int) -> tuple[float, int]:
    """Resources once the servers have let go of everybody."""
    deadline_s = monotonic() + SETTLE_S
    while house.resources()[1] > open_before + SPARE_FDS and monotonic() < deadline_s:
        gevent.sleep(0.2)
    return house.resources()


def report(name: str, told: dict[str, Any], resources: tuple[float, int]) -> None:
    times, stalls = told["event_to_order_ms"], told["hub_stall_ms"]
    say(
        f"{name:7} {told['orders']:5} orders: event to order p50 {times['p50']:.2f} p99 {times['p99']:.2f} most "
        f"{times['most']:.2f} ms; hub stalls p99 {stalls['p99']:.2f} ms; {told['cpu_share']:.0%} of a core, "
        f"{told['queued_share']:.0%} of the time without one though ready, "
        f"{resources[0]:.0f} MiB, {resources[1]} descriptors"
    )
    for which, key in (
        ("less the wait for the market's process, which is asked for facts", "without_facts_ms"),
        (f"the {told['at_full_speed']} while the core ran at its full speed", "at_full_speed_ms"),
    ):
        part = told[key]
        say(f"        {which}: p50 {part['p50']:.2f} p99 {part['p99']:.2f} most {part['most']:.2f} ms")
    for one in told["slowest_ms"]:
        say("        slow: " + " ".join(f"{stage} {took_ms:.1f}" for stage, took_ms in one.items()))
    counts = ", ".join(map(str, told["collections"]))
    say(f"        collections by generation: {counts}; the longest took {told['longest_collection_ms']:.1f} ms")


def verdict(calm: dict[str, Any], stormed: dict[str, Any], blown: float) -> str:
    before_ms, p99_ms = (told["event_to_order_ms"]["p99"] for told in (calm, stormed))
    met = "met" if p99_ms <= WANTED_MS else "missed here"
    if blown < BLOWN:
        met = f"nothing shown, only {blown:.0%} of the storm was sent"
    return f"decision p99 {p99_ms:.2f} ms, wanted at most {WANTED_MS:g}: {met} (in the calm {before_ms:.2f} ms)"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--scrapes", type=float, default=50.0)
    parser.add_argument("--hostile", type=float, default=200.0)
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--split", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        house = House(Path(name), options.speed, options.seed, split=options.split)
        calm_s = options.seconds / 2
        person = Storm(house, options).look()
        gevent.sleep(calm_s)  # watchers are gathered first
        house.told()
        gathered_mib, _ = house.resources()
        house.say("begin")
        gevent.sleep(calm_s)
        calm = house.told()
        before = house.resources()
        report("calm", calm, before)
        gevent.killall(person)
        house.say("begin")
        set_last(os.getpid())
        storm = Storm(house, options)
        storm_began_s = monotonic()
        storm.blow()
        stormed = house.told()
        after = settled(house, before[1])
        trading_mib = (before[0] - gathered_mib) / calm_s * (monotonic() - storm_began_s)
        report("storm", stormed, after)
        where = ", at the executor" if options.split else ""
        say(f"        {stormed['requests']} requests, {stormed['rejected']} rejected before the application{where}")
        say(f"        memory: {after[0] - before[0]:.0f} MiB more, {trading_mib:.0f} as the calm took before")
        say(f"        scrapes: p99 {percentile(storm.scrape_s, 0.99) * 1e3:.0f} ms as clients see it")
        for answer, count in sorted(storm.answers.items()):
            say(f"        {count:6} {answer}")
        found = faults(house, storm, before, after, trading_mib)
        code = house.close()
    say(verdict(calm, stormed, storm.blown))
    for fault in found:
        say(f"WRONG: {fault}")
    say(f"the house ended with {code}; {len(found)} faults")
    return 1 if found or code else 0


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
