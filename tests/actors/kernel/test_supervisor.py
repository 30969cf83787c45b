"""Who is restarted with whom, in which order, after which wait, and when a supervisor gives up."""

from random import Random
from typing import Any

import gevent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from actors.base import Actor
from actors.control import Exited
from actors.life import kill_all
from actors.supervisor import IntensityReached
from actors.system import System
from actors.tree import Branch, Child, Worker
from core.errors import Fatal
from core.supervision import Backoff, Restart, RestartRule, Strategy
from tests.actors.kernel.stage import (
    CAUSES,
    NO_WAIT,
    TEMPLATES,
    WAIT_S,
    Do,
    Puppet,
    See,
    Waits,
    branch,
    crash,
    puppet,
    puppets,
    running,
    settled,
    until,
    urns,
)


def renewed(before, after):
    return {name for name in before if after.get(name) != before[name]}


@pytest.mark.parametrize("restart", Restart)
@pytest.mark.parametrize("crashes", [True, False])
@pytest.mark.parametrize(
    ("strategy", "group"),
    [(Strategy.ONE_FOR_ONE, "c"), (Strategy.REST_FOR_ONE, "cd"), (Strategy.ONE_FOR_ALL, "abcd")],
)
def test_each_strategy_with_each_restart_type(strategy, group, restart, crashes):
    tree = branch("root", *puppets("ab"), puppet("c", restart=restart), puppet("d"), strategy=strategy)
    with running(tree) as (system, stage):
        before = urns(system)
        stage.log.clear()

        system.directory.tell("c", Do(what="error" if crashes else "finish"))
        settled(system)

        comes_back = restart is Restart.PERMANENT or (restart is Restart.TRANSIENT and crashes)
        after = urns(system)
        assert set(after) == set(before) - (set() if comes_back else {"c"})
        assert renewed(before, after) == (set(group) if comes_back else {"c"})
        siblings = [name for name in group if name != "c"] if comes_back else []
        ends = [name for name, what in stage.log if what in {"ended", "crashed"}]
        assert ends == ["c", *reversed(siblings)]
        began = [name for name, what in stage.log if what == "began"]
        assert began == (list(group) if comes_back else [])


def test_temporary_and_finished_siblings_do_not_come_back_with_the_group():
    tree = branch(
        "root",
        puppet("a"),
        puppet("temporary", restart=Restart.TEMPORARY),
        puppet("finished", restart=Restart.TRANSIENT),
        puppet("transient", restart=Restart.TRANSIENT),
        strategy=Strategy.ONE_FOR_ALL,
    )
    with running(tree) as (system, _):
        system.directory.tell("finished", Do(what="finish"))
        settled(system)

        crash(system, "a")

        assert system.directory.names() == ("a", "root", "transient")
        assert system.directory.snapshot("finished").state == "dead"


@pytest.mark.parametrize("where", ["constructor", "begin"])
@pytest.mark.parametrize("strategy", Strategy)
def test_a_failure_during_a_restart_counts_and_is_tried_again(strategy, where):
    with running(branch("root", *puppets("abc"), strategy=strategy)) as (system, stage):
        root = system.directory.present("root")
        before = urns(system)
        stage.failing["b"] = where

        system.directory.tell("b", Do(what="error"))
        until(lambda: root.view().restarts_within_period >= 4)
        del stage.failing["b"]
        settled(system)

        group = {Strategy.ONE_FOR_ONE: {"b"}, Strategy.REST_FOR_ONE: {"b", "c"}, Strategy.ONE_FOR_ALL: set("abc")}
        assert renewed(before, urns(system)) == group[strategy]
        assert set(urns(system)) == {"root", *"abc"}


def test_a_later_sibling_waits_until_the_earlier_one_has_begun():
    """c must not run on a b that is not there, however long b needs."""
    with running(branch("root", *puppets("abc"), strategy=Strategy.REST_FOR_ONE)) as (system, stage):
        root = system.directory.present("root")
        stage.log.clear()
        stage.failing["b"] = "begin"

        system.directory.tell("b", Do(what="error"))
        until(lambda: root.view().restarts_within_period >= 3)
        assert "c" not in [name for name, what in stage.log if what == "began"]
        del stage.failing["b"]
        settled(system)

        assert [name for name, what in stage.log if what == "began"] == ["b", "c"]


def test_children_start_in_order_and_stop_in_reverse():
    tree = branch("root", puppet("a"), branch("sub", *puppets("bc")), puppet("d"))
    with running(tree) as (system, stage):
        assert [name for name, _ in stage.log] == list("abcd")
        stage.log.clear()

        assert system.stop(WAIT_S)

        assert stage.log == [(name, "ended") for name in "dcba"]


def test_a_supervisor_gives_up_at_the_restart_too_many_and_its_parent_restarts_it_whole():
    rule = RestartRule(intensity=2, period_s=60.0, backoff=NO_WAIT)
    tree = branch("root", puppet("x"), branch("sub", *puppets("ab"), rule=rule))
    with running(tree) as (system, stage):
        before = urns(system)
        for _ in range(2):
            crash(system, "a")
        assert renewed(before, urns(system)) == {"a"}

        crash(system, "a")

        assert renewed(before, urns(system)) == {"a", "b", "sub"}
        (given_up,) = [one for one in stage.exits if one.name == "sub"]
        assert isinstance(given_up.reason, IntensityReached)


def test_when_the_root_gives_up_nothing_is_left_and_the_reason_is_known():
    rule = RestartRule(intensity=0, backoff=NO_WAIT)
    with running(branch("root", puppet("a"), branch("sub", puppet("b")), rule=rule)) as (system, stage):
        system.directory.tell("a", Do(what="error"))

        assert system.wait(WAIT_S) == 1
        assert system.gave_up.is_set()
        assert "more than 0 restarts" in system.reason
        assert system.directory.names() == ()
        assert stage.log[-1] == ("b", "ended")


def test_a_tree_that_cannot_start_is_fatal_and_leaves_nothing():
    rule = RestartRule(intensity=3, backoff=NO_WAIT)
    with (
        pytest.raises(Fatal, match="did not start"),
        running(branch("root", *puppets("ab"), rule=rule), failing={"b": "begin"}),
    ):
        pass


def test_a_tree_that_hangs_in_its_start_is_fatal_and_named():
    tree = branch("root", puppet("a"))
    with running(branch("other")) as (system, _):
        assert system.wait(0) is None
    with pytest.raises(Fatal, match=r"waiting for .*late"):
        start_hanging(tree)


def start_hanging(tree):
    class Late(Actor[Any]):
        @override
        def on_begin(self):
            gevent.sleep(3_600)

        @override
        def handle(self, message):
            return message

    system = System()
    late = Worker(name="late", actor=Late, shutdown_s=0.01)
    system.start(Branch(name="root", children=(late, *tree.children)), timeout_s=0.01)


def test_backoff_doubles_with_jitter_up_to_the_bound_and_starts_again_after_a_quiet_period():
    rule = RestartRule(intensity=1_000, period_s=10.0, backoff=Backoff())
    with running(branch("root", *puppets("ab"), rule=rule)) as (system, _):
        system.rng = Random(7)
        waits = Waits(system)
        for _ in range(9):
            crash(system, "a")
            waits.now_s += 1.0
        grown = waits.delays_s[:]
        waits.now_s += 10.0
        crash(system, "a")

        for delay_s, nominal_s in zip(grown, (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0), strict=True):
            assert 0.5 * nominal_s <= delay_s <= 1.5 * nominal_s
        assert len({round(d / n, 6) for d, n in zip(grown[-2:], (1.0, 1.0), strict=True)}) == 2
        assert 0.005 <= waits.delays_s[-1] <= 0.015


def test_a_child_that_waits_for_its_backoff_stops_nobody_else_from_restarting():
    with running(branch("root", *puppets("ab"))) as (system, stage):
        before = urns(system)["b"]
        waits = Waits(system, held=True)
        system.directory.tell("a", Do(what="error"))
        system.directory.tell("b", Do(what="error"))
        until(lambda: len(waits.calls) == 2)

        waits.calls.pop()()
        until(lambda: urns(system).get("b") not in {before, None})

        assert system.directory.snapshot("a").state == "restarting"
        assert stage.did("b")[-1] == "began"
        waits.over()
        settled(system)


def test_a_backoff_that_was_overtaken_does_not_cut_a_later_one_short():
    with running(branch("root", *puppets("abc"), strategy=Strategy.REST_FOR_ONE)) as (system, _):
        waits = Waits(system, held=True)
        system.directory.tell("c", Do(what="error"))
        until(lambda: len(waits.calls) == 1)
        system.directory.tell("b", Do(what="error"))
        until(lambda: len(waits.calls) == 2)
        first, second = waits.calls
        second()
        until(lambda: "c" in urns(system))
        system.directory.tell("c", Do(what="error"))
        until(lambda: len(waits.calls) == 3)

        first()
        assert not system.directory.settle(0.01)

        assert "c" not in urns(system)
        waits.calls[2]()
        settled(system)
        assert "c" in urns(system)


def test_a_notice_of_an_earlier_incarnation_changes_nothing():
    with running(branch("root", *puppets("ab"))) as (system, _):
        old = urns(system)["a"]
        crash(system, "a")
        before = urns(system)

        system.directory.control("root", Exited("a", old, ValueError("late")))
        settled(system)

        assert urns(system) == before


def test_a_start_that_takes_too_long_is_ended_and_tried_again():
    hanging: list[Any] = []

    class Slow(Puppet):
        @override
        def on_begin(self):
            super().on_begin()
            if not hanging:
                hanging.append(self)
                gevent.sleep(3_600)

    with running(branch("root", puppet("a"), Worker(name="slow", actor=Slow, start_s=0.01))) as (system, stage):
        assert hanging[0].greenlet.dead
        assert system.directory.snapshot("slow").restarts == 1
        assert stage.did("slow") == ["began", "crashed", "began"]


def test_a_supervisor_killed_while_a_constructor_hangs_ends_and_takes_the_kill_for_its_own():
    hanging = []

    class Stuck(Puppet):
        def __init__(self, context):
            super().__init__(context)
            if self.stage.failing.get("stuck"):
                hanging.append(self.name)
                gevent.sleep(3_600)

    with running(branch("root", branch("one", branch("two", Worker(name="stuck", actor=Stuck))))) as (system, stage):
        two = system.directory.present("two")
        stage.failing["stuck"] = "once"
        system.directory.tell("stuck", Do(what="error"))
        until(lambda: hanging)
        stage.failing.clear()

        kill_all([system.directory.present("one")], 3.0)
        settled(system)

        assert two.greenlet.dead
        assert hanging == ["stuck"]
        assert system.directory.disowned == 0
        assert system.directory.ask("stuck", See(), WAIT_S) == 0


KILLS = st.lists(
    st.tuples(
        st.sampled_from(
            ["a", "b", "c", "d", "e", "sub", "market", "watcher.1", "watcher.2", "position.1", "position.2"]
        ),
        st.sampled_from([*CAUSES, "finish", "greenlet"]),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(KILLS, st.sampled_from(Strategy), st.sampled_from(Strategy))
def test_after_any_kills_the_living_are_exactly_the_tree(kills, outer, inner):
    """The model: a static name is always back; a transient child is gone only by finishing, a temporary one by any end;
    and every end of the market supervisor takes all dynamic children but the rebuilt one."""
    tree = branch(
        "root",
        *puppets("ab"),
        branch("sub", *puppets("cde"), strategy=inner),
        branch("market", templates=TEMPLATES, rebuild=lambda _: [Child("position.1")]),
        strategy=outer,
    )
    with running(tree) as (system, _):
        for name in ("watcher.1", "watcher.2", "position.2"):
            system.directory.start_child("market", name)
        settled(system)
        alive = {"root", "sub", "market", *"abcde", "watcher.1", "watcher.2", "position.1", "position.2"}
        order = ["a", "b", "sub", "market"]
        for name, cause in kills:
            if name not in alive:
                continue
            actor = system.directory.present(name)
            if cause == "greenlet" or name in {"sub", "market"}:
                actor.greenlet.kill(timeout=WAIT_S)
                ended_normally = False
            else:
                system.directory.tell(name, Do(what=cause))
                ended_normally = cause == "finish"
            settled(system)
            ahead = order[: order.index(name)] if name in order else []
            takes_market = {
                Strategy.ONE_FOR_ONE: name == "market",
                Strategy.REST_FOR_ONE: "market" not in ahead,
                Strategy.ONE_FOR_ALL: True,
            }[outer]
            if name in order and takes_market:
                alive -= {"watcher.1", "watcher.2", "position.2"}
                alive.add("position.1")
            elif name.startswith("watcher") or (name.startswith("position") and ended_normally):
                alive.discard(name)
            assert set(system.directory.names()) == alive
            living = {name: system.directory.present(name) for name in alive}
            assert all(not one.greenlet.dead for one in living.values())
            assert set(urns(system)) == alive
