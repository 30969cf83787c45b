"""On the virtual clock a run with a seed is the same every time, crashes, native calls and restarts included."""

import time
from random import Random
from typing import Any, cast

import gevent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from actors.base import Actor, Context
from actors.tree import Worker
from core.errors import Fatal, Refused
from core.messages import Command, Tick
from core.supervision import Restart, RestartRule, Strategy
from tests.actors.kernel.stage import Do, branch, puppet, puppets, running


class Pass(Command, frozen=True, kw_only=True):
    """Go on `hops` more times."""

    hops: int


NODES = [f"node.{number}" for number in range(6)]


class Node(Actor[Pass | Tick]):
    """Passes messages on as its dice say: by tell, after a native call, by a timer, to a child, or crashing."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.stage = cast("Any", context.system.services)
        self.dice = Random(f"{self.stage.failing['seed']} {self.name}")

    @override
    def on_begin(self):
        self.note("began")
        self.tell(self.dice.choice(NODES), Pass(hops=0))

    @override
    def handle(self, message):
        self.note(repr(message))
        if isinstance(message, Tick):
            return self.name
        for _ in range(min(message.hops, 2)):
            to = self.dice.choice(NODES)
            match self.dice.randrange(6):
                case 0:
                    self.system.run_native(time.sleep, self.dice.random() / 2_000)
                    self.tell(to, Pass(hops=message.hops - 1))
                case 1:
                    self.after(to, self.dice.random(), Tick(key=to))
                case 2:
                    self.directory.start_child("market", f"node.{to}.child")
                    self.tell(f"node.{to}.child", Pass(hops=message.hops - 1))
                case 3 if to > self.name and to in NODES:
                    self.note(str(self.directory.ask(to, Tick(key="asked"), 5.0)))
                case 4 if self.dice.random() < 0.3:
                    raise ValueError("as the dice said")
                case _:
                    self.tell(to, Pass(hops=message.hops - 1))
        return None

    def note(self, what):
        self.stage.log.append((self.name, f"{self.clock.now_s:.6f} {what}"))


def played(seed):
    tree = branch(
        "root",
        *[Worker(name=name, actor=Node) for name in NODES],
        branch("market", templates=(Worker(name="node", actor=Node, restart=Restart.TRANSIENT),)),
        strategy=Strategy.ONE_FOR_ONE,
    )
    with running(tree, ordered=True, failing={"seed": str(seed)}) as (system, stage):
        system.directory.drain()
        for step in range(4):
            system.clock.advance(float(step))
            system.directory.tell(NODES[step], Pass(hops=5))
            system.directory.drain()
            assert system.directory.idle()
        restarts = sum(counts.restarts for counts in system.directory.counts().values())
    return stage.log, restarts


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_two_runs_with_one_seed_are_the_same_to_the_letter(seed):
    assert played(seed) == played(seed)


def test_the_runs_above_are_worth_comparing():
    logs = [played(seed) for seed in range(5)]

    assert sum(restarts for _, restarts in logs) > 5
    assert len({str(log) for log, _ in logs}) == 5
    assert any(name.endswith(".child") for log, _ in logs for name, _ in log)


def test_tells_are_delivered_in_the_order_they_were_sent_whoever_sent_them():
    with running(branch("root", *puppets("abc")), ordered=True) as (system, stage):
        stage.log.clear()
        for number in range(9):
            system.directory.tell("abc"[number % 3], Do(what=f"{number}"))
        assert stage.log == []
        assert not system.directory.idle()

        system.directory.drain()

        assert [what for _, what in stage.log] == [f"{number}" for number in range(9)]


def test_the_next_message_waits_for_a_native_call_of_the_last():
    with running(branch("root", *puppets("ab")), ordered=True) as (system, stage):
        a = system.directory.present("a")

        def slow(*_):
            system.run_native(time.sleep, 0.01)
            stage.log.append(("a", "native call done"))

        a.obey = slow
        stage.log.clear()
        system.directory.tell("a", Do(what="slow"))
        system.directory.tell("b", Do(what="next"))

        system.directory.drain()

        assert stage.log == [("a", "slow"), ("a", "native call done"), ("b", "next")]


def test_the_next_message_waits_until_a_crashed_receiver_is_back():
    with running(branch("root", *puppets("ab")), ordered=True) as (system, stage):
        stage.log.clear()
        system.directory.tell("a", Do(what="error"))
        system.directory.tell("b", Do(what="next"))
        system.directory.tell("a", Do(what="again"))

        system.directory.drain()

        assert stage.log == [
            ("a", "error"),
            ("a", "crashed"),
            ("a", "began"),
            ("b", "next"),
            ("a", "again"),
        ]


def test_a_child_is_started_in_its_turn():
    template = puppet("w", restart=Restart.TEMPORARY)
    with running(branch("root", puppet("a"), templates=(template,)), ordered=True) as (system, stage):
        stage.log.clear()
        system.directory.tell("a", Do(what="before"))
        system.directory.start_child("root", "w.1")
        system.directory.tell("w.1", Do(what="first"))

        system.directory.drain()

        assert stage.log == [("a", "before"), ("w.1", "began"), ("w.1", "first")]


def test_restarts_are_counted_on_market_time():
    rule = RestartRule(intensity=1, period_s=10.0)
    with running(branch("root", *puppets("ab"), rule=rule), ordered=True) as (system, _):
        for step in range(5):
            system.clock.advance(step * 11.0)
            system.directory.tell("a", Do(what="error"))
            system.directory.drain()

        assert system.directory.snapshot("a").restarts == 5
        assert not system.gave_up.is_set()


def test_an_actor_cannot_wait_for_everybody():
    with running(branch("root", *puppets("a")), ordered=True) as (system, _):
        system.directory.present("a").obey = lambda *_: system.directory.drain()

        with pytest.raises(Refused, match="every actor is at rest"):
            system.directory.ask("a", Do(what="x"), 5.0)


def test_a_hang_on_the_virtual_clock_is_fatal_and_named():
    with running(branch("root", *puppets("a")), ordered=True) as (system, stage):
        system.directory.tell("a", Do(what="wait"))

        with pytest.raises(Fatal, match="after a"):
            system.directory.drain(timeout_s=0.01)
        stage.gate.set()
        system.directory.drain()

        assert system.directory.idle()


def test_back_pressure_waits_until_nothing_is_under_way():
    with running(branch("root", *puppets("ab"))) as (system, stage):
        system.directory.tell("a", Do(what="wait"))
        system.directory.tell("a", Do(what="error"))

        assert not system.directory.settle(0.0)
        gevent.spawn(stage.gate.set)
        assert system.directory.settle(10.0)

        assert stage.did("a") == ["began", "wait", "error", "crashed", "began"]
