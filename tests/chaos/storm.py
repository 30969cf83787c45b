"""Kills actors and supervisors of a nested tree at random, under load, and checks that nothing is lost or left over.

    python -m tests.chaos.storm --kills 1000 --seeds 3

Ends with status 1 at the first seed whose aftermath is not clean.
"""

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()

import argparse
import logging
import sys
import time
from collections import Counter
from random import Random
from typing import Any
from weakref import WeakSet

import gevent
from gevent.event import Event
from msgspec import Struct
from typing_extensions import override

from actors.base import Actor, Context
from actors.control import Control, Exited
from actors.mailbox import Bounds
from actors.supervisor import Supervisor
from actors.system import System
from actors.tree import Branch, Child, Worker, walk
from core.errors import MicroError
from core.messages import Command, Query
from core.supervision import Backoff, Restart, RestartRule, Strategy
from tests.actors.kernel.stage import CAUSES, crash_of, seen

START_FAILS = 0.05
SETTLE_S = 60.0
RULE = {
    strategy: RestartRule(strategy=strategy, intensity=10**9, backoff=Backoff(first_s=0.0005, most_s=0.01))
    for strategy in Strategy
}


class Work(Command, frozen=True, kw_only=True):
    """One command; its id must be done once at most. `how` says what becomes of the actor that does it."""

    how: str = ""


class Ping(Query, frozen=True, kw_only=True):
    """Answered with the name."""


class Nonsense(Control, frozen=True):
    """A control message that nobody understands: whoever gets it crashes."""


class Aftermath(Struct, kw_only=True):
    """What one storm left."""

    seed: int
    kills: dict[str, int]
    restarts: int
    sent: int
    seconds: float
    faults: list[str]


class Grunt(Actor[Any]):
    """Works until it is killed; fails its start now and then."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.storm: Storm = context.system.services  # type: ignore[assignment]
        self.storm.made.add(self)
        self._may_fail()

    @override
    def on_begin(self) -> None:
        self.storm.born[self.actor_urn] = self.name
        gevent.sleep(0)
        self._may_fail()

    @override
    def handle(self, message: object) -> object:
        match message:
            case Work(id=id_, how=how):
                self.storm.done[id_] += 1
                return self.work(how)
            case _:
                return self.name

    def work(self, how: str) -> object:
        match how:
            case "finish":
                self.finish()
            case "slow":
                gevent.sleep(0.001)
            case "hang":
                # To the end of the storm, if no kill comes first.
                self.storm.calm.wait()
            case "helper":
                self.spawn(self._may_fail, 1.0)
            case cause if cause in CAUSES:
                raise crash_of(cause)
            case _:
                pass
        return how

    def _may_fail(self, chance: float = START_FAILS) -> None:
        if self.storm.failing and self.storm.dice.random() < chance:
            raise RuntimeError("failed by chance")


class Storm:
    """One system, its load, its kills, and what was counted on the way."""

    def __init__(self, seed: int) -> None:
        self.seed, self.dice = seed, Random(seed)
        self.failing, self.calm = True, Event()
        self.made: WeakSet[Grunt] = WeakSet()
        self.born: dict[str, str] = {}
        self.done: Counter[str] = Counter()
        self.exits: Counter[str] = Counter()
        self.kills: Counter[str] = Counter()
        self.held = {f"position.{number}" for number in range(6)}
        self.numbers = 0
        self.system = System(services=self, seed=seed)
        self._count_exits()

    def run(self, kills: int) -> Aftermath:
        began_s = time.monotonic()
        tree = self.tree()
        self.system.start(tree, timeout_s=SETTLE_S)
        for name in sorted(self.held):
            self.system.directory.start_child("positions", name)
        while sum(self.kills.values()) < kills:
            self.load()
            self.kill()
            if self.dice.random() < 0.2:
                gevent.sleep(0.0005)
        self.failing = False
        self.calm.set()
        faults = self.aftermath(tree)
        self.system.stop(timeout_s=SETTLE_S)
        faults += self.leftovers()
        counts = self.system.directory.counts().values()
        return Aftermath(
            seed=self.seed,
            kills=dict(self.kills),
            restarts=sum(one.restarts for one in counts),
            sent=sum(one.sent for one in counts),
            seconds=time.monotonic() - began_s,
            faults=faults,
        )

    def tree(self) -> Branch:
        """Four levels, every strategy, static and dynamic children, rebuilt and forgotten ones."""

        def grunts(prefix: str, count: int) -> tuple[Worker, ...]:
            return tuple(self.worker(f"{prefix}.{number}") for number in range(count))

        one, rest, every = Strategy.ONE_FOR_ONE, Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ALL
        deepest = Branch(name="deepest", children=grunts("c", 5), rule=RULE[every])
        deeper = Branch(name="deeper", children=(*grunts("b", 5), deepest), rule=RULE[rest])
        positions = Branch(
            name="positions",
            rule=RULE[one],
            templates=(self.worker("position", Restart.TRANSIENT),),
            rebuild=lambda _: [Child(name) for name in sorted(self.held)],
        )
        market = Branch(name="market", rule=RULE[one], templates=(self.worker("watcher", Restart.TEMPORARY),))
        house = Branch(name="house", children=(*grunts("a", 3), positions, deeper, market), rule=RULE[rest])
        crowd = Branch(name="crowd", children=grunts("d", 20), rule=RULE[one])
        return Branch(name="root", children=(crowd, house), rule=RULE[one])

    def worker(self, name: str, restart: Restart = Restart.PERMANENT) -> Worker:
        return Worker(
            name=name, actor=Grunt, restart=restart, shutdown_s=0.02, bounds=Bounds(commands=20, market=5), keep=50
        )

    def load(self) -> None:
        """A few messages to anybody, and a new watcher now and then."""
        names = self.names()
        for _ in range(5):
            name = self.dice.choice([*names, "nobody"])
            match self.dice.randrange(4):
                case 0:
                    self.attempt(self.system.directory.tell, name, seen(f"m{self.dice.randrange(3)}"))
                case 1:
                    gevent.spawn(self.attempt, self.system.directory.ask, name, Ping(), 5.0)
                case _:
                    self.send(name, self.dice.choice(["", "", "slow"]))
        if self.dice.random() < 0.3:
            self.numbers += 1
            name = f"watcher.{self.numbers}"
            self.attempt(self.system.directory.start_child, "market", name)
            self.send(name, "")

    def kill(self) -> None:
        """One kill, in one of the ways there are."""
        if self.dice.random() < 0.1:
            name = self.dice.choice(["crowd", "house", "positions", "market", "deeper", "deepest"])
            entry = self.system.directory.entry(name)
            if entry is None or entry.actor is None or entry.actor.greenlet is None:
                return
            if self.dice.random() < 0.5:
                entry.actor.greenlet.kill(block=False)
                self.kills["supervisor killed"] += 1
            else:
                self.system.directory.control(name, Nonsense())
                self.kills["supervisor crashed"] += 1
            return
        entry = self.system.directory.entry(self.dice.choice(self.names()))
        if entry is None or entry.actor is None or entry.actor.supervises:
            return
        how = self.dice.choice([*CAUSES, "finish", "hang", "helper", "greenlet"])
        if how == "finish":
            self.held.discard(entry.name)
        if how != "greenlet" and not self.send(entry.name, how):
            return
        if how in {"greenlet", "hang"} and entry.actor.greenlet is not None:
            greenlet = entry.actor.greenlet
            gevent.spawn_later(0.001, greenlet.kill, block=False)
        self.kills[how] += 1

    def names(self) -> list[str]:
        return [name for name in self.system.directory.names() if "." in name]

    def send(self, name: str, how: str) -> bool:
        self.numbers += 1
        return bool(self.attempt(self.system.directory.tell, name, Work(id=f"{self.numbers}", how=how)))

    def attempt(self, send: Any, *args: object) -> object:
        """A refusal or an absence is part of the storm; the counts of the directory must explain it."""
        try:
            return send(*args)
        except MicroError:
            return False
        except Exception as error:  # noqa: BLE001 - an ask brings back whatever its receiver died of
            self.kills["brought back " + type(error).__name__] += 0
            return False

    def aftermath(self, tree: Branch) -> list[str]:
        """Every child is there once, under the right parent, answering; every message is accounted for."""
        faults: list[str] = []
        directory = self.system.directory
        gevent.sleep(0.01)  # kills that are on their way
        if not directory.settle(SETTLE_S):
            faults.append(f"not at rest: {directory.flow.busy} under way")
        expected = {spec.name for spec, _ in walk(tree)} | self.held
        present = {name for name in directory.names() if not name.startswith("watcher.")}
        if present != expected:
            faults.append(f"missing {sorted(expected - present)}, too many {sorted(present - expected)}")
        for name in directory.names():
            entry = directory.entry(name)
            if entry is None or entry.actor is None or entry.actor.greenlet is None or entry.actor.greenlet.dead:
                faults.append(f"{name} has no living actor")
        faults += [f"{name} does not answer" for name in self.names() if directory.ask(name, Ping(), 5.0) != name]
        faults += self.wrong_wards()
        living = {grunt for grunt in self.made if grunt.greenlet is not None and not grunt.greenlet.dead}
        orphans = [grunt.name for grunt in living if directory.present(grunt.name) is not grunt]
        if orphans:
            faults.append(f"orphans {orphans}")
        return faults + self.unaccounted()

    def wrong_wards(self) -> list[str]:
        """Supervisors whose own list differs from what the directory says is under them."""
        faults = []
        for name in self.system.directory.names():
            actor = self.system.directory.present(name)
            if isinstance(actor, Supervisor):
                below = {entry.name for entry in self.system.directory.entries() if entry.parent == name}
                if below != set(actor.children()):
                    faults.append(f"{name} has {sorted(actor.children())}, the directory {sorted(below)}")
        return faults

    def unaccounted(self) -> list[str]:
        faults = []
        for name_class, one in self.system.directory.counts().items():
            if one.sent != one.handled + one.refused + one.dead + one.conflated:
                faults.append(f"{name_class}: {one}")
        faults += [f"{id_} was done {times} times" for id_, times in self.done.items() if times > 1]
        faults += [f"{urn} told its end {times} times" for urn, times in self.exits.items() if times > 1]
        return faults

    def leftovers(self) -> list[str]:
        """After the stop: nothing lives, and every incarnation that ran has told its end."""
        faults = [f"{grunt.name} lives on" for grunt in self.made if grunt.greenlet and not grunt.greenlet.dead]
        faults += [
            f"{name} told its end {self.exits[urn]} times" for urn, name in self.born.items() if self.exits[urn] != 1
        ]
        faults += [f"{name} is still a name" for name in self.system.directory.names()]
        if self.system.directory.flow.busy or self.system.directory.disowned:
            faults.append(f"{self.system.directory.flow.busy} under way, {self.system.directory.disowned} disowned")
        return faults + self.unaccounted()

    def _count_exits(self) -> None:
        send = self.system.directory.control

        def control(name: str, message: object, reply_to: Any = None) -> bool:
            if isinstance(message, Exited):
                self.exits[message.urn] += 1
            return send(name, message, reply_to)

        self.system.directory.control = control  # type: ignore[method-assign]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    for seed in range(1, options.seeds + 1):
        left = Storm(seed).run(options.kills)
        sys.stdout.write(
            f"seed {seed}: {sum(left.kills.values())} kills {left.kills}, {left.restarts} restarts, "
            f"{left.sent} messages, {left.seconds:.1f} s: {'clean' if not left.faults else left.faults[:10]}\n"
        )
        if left.faults:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
