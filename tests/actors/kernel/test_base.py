"""Every exit of an actor is seen exactly once, whatever its cause, and stops nobody else."""

from typing import Any

import gevent
import pykka
import pytest
from gevent.event import Event
from typing_extensions import override

from actors.control import Stop
from actors.life import Crash
from actors.tree import Worker
from core.errors import Refused, Retryable, Unavailable
from core.supervision import Restart
from tests.actors.kernel.stage import (
    CAUSES,
    WAIT_S,
    Do,
    Puppet,
    See,
    branch,
    puppet,
    puppets,
    running,
    settled,
    until,
    urns,
)


@pytest.fixture
def pair():
    """A victim and a stranger beside it."""
    with running(branch("root", *puppets(("victim", "stranger")))) as (system, stage):
        yield system, stage


def exits_of(stage, name):
    return [one for one in stage.exits if one.name == name]


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("way", ["tell", "ask"])
def test_whatever_escapes_a_handler_ends_that_actor_alone_and_is_told_once(pair, cause, way):
    system, stage = pair
    before = urns(system)

    if way == "tell":
        assert system.directory.tell("victim", Do(what=cause))
    else:
        with pytest.raises(Exception, match=r".*") as caught:
            system.directory.ask("victim", Do(what=cause), WAIT_S)
        assert isinstance(caught.value, Crash | ValueError | pykka.ActorDeadError)
    settled(system)

    assert [one.urn for one in exits_of(stage, "victim")] == [before["victim"]]
    assert exits_of(stage, "victim")[0].reason is not None
    after = urns(system)
    assert after["victim"] != before["victim"]
    assert {name: after[name] for name in ("root", "stranger")} == {n: before[n] for n in ("root", "stranger")}
    assert len(stage.exits) == 1


@pytest.mark.parametrize("where", ["constructor", "begin"])
@pytest.mark.parametrize("cause", CAUSES)
def test_a_crash_while_starting_is_an_exit_like_any_other(pair, where, cause):
    system, stage = pair
    stage.failing["victim"] = f"{where} {cause}"
    root = system.directory.present("root")

    system.directory.tell("victim", Do(what="error"))
    until(lambda: root.view().restarts_within_period >= 3)
    stage.failing.clear()
    settled(system)

    assert stage.did("victim")[-1] == "began"
    assert system.directory.snapshot("victim").state == "alive"
    assert system.directory.snapshot("stranger").restarts == 0
    # Every incarnation that reached its greenlet told its end once; a constructor's crash never got that far.
    told = [one.urn for one in exits_of(stage, "victim")]
    assert len(told) == len(set(told))


@pytest.mark.parametrize("cause", CAUSES)
def test_a_failing_end_makes_a_normal_stop_a_crash_and_is_told_once(pair, cause):
    system, stage = pair
    stage.failing["victim"] = f"end {cause}"

    system.directory.tell("victim", Do(what="finish"))
    settled(system)

    assert [one.reason is None for one in exits_of(stage, "victim")] == [False]


def test_a_normal_end_has_no_reason(pair):
    system, stage = pair

    system.directory.tell("victim", Do(what="finish"))
    settled(system)

    assert [one.reason for one in exits_of(stage, "victim")] == [None]
    assert stage.did("victim") == ["began", "finish", "ended", "began"]


def test_stopping_by_pykkas_own_ref_is_a_normal_end_and_answers_the_stopper(pair):
    system, stage = pair

    assert system.directory.whereis("victim").stop(timeout=WAIT_S)
    settled(system)

    assert [one.reason for one in exits_of(stage, "victim")] == [None]


@pytest.mark.parametrize("busy", [False, True])
def test_a_killed_greenlet_is_a_crash_told_once(pair, busy):
    system, stage = pair
    if busy:
        system.directory.tell("victim", Do(what="hang"))
        gevent.sleep(0)
    victim = system.directory.present("victim")

    victim.greenlet.kill(timeout=WAIT_S)
    settled(system)

    assert [str(one.reason) for one in exits_of(stage, "victim")] == ["GreenletExit: "]
    assert victim.greenlet.dead


def test_a_greenlet_killed_before_it_ran_is_told_as_well(pair):
    system, stage = pair
    started = Event()

    class Hasty(Puppet):
        @override
        def _start_actor_loop(self):
            super()._start_actor_loop()
            if not started.is_set():
                started.set()
                greenlet: Any = self.greenlet
                greenlet.kill(block=False)

    ward = system.directory.present("root")._wards["victim"]
    ward.spec = puppet("victim").__class__(name="victim", actor=Hasty)
    system.directory.tell("victim", Do(what="finish"))
    settled(system)

    assert [str(one.reason) for one in exits_of(stage, "victim")] == ["None", "victim was killed before it began"]
    assert system.directory.snapshot("victim").state == "alive"


def test_a_hanging_actor_is_killed_when_its_time_to_stop_is_over_and_told_once():
    tree = branch("root", puppet("victim", shutdown_s=0.01), puppet("stranger"))
    with running(tree) as (system, stage):
        system.directory.tell("victim", Do(what="hang"))
        gevent.sleep(0)
        victim = system.directory.present("victim")

        system.stop(WAIT_S)

        assert [str(one.reason) for one in exits_of(stage, "victim")] == ["GreenletExit: "]
        assert [one.reason for one in exits_of(stage, "stranger")] == [None]
        assert victim.greenlet.dead


def test_an_actor_that_survives_every_kill_is_disowned_and_told_once():
    tree = branch("root", puppet("victim", shutdown_s=0.01))
    with running(tree) as (system, stage):
        system.directory.tell("victim", Do(what="hang for ever"))
        gevent.sleep(0)
        victim = system.directory.present("victim")

        assert system.stop(WAIT_S)
        assert system.directory.disowned == 1
        stage.gate.set()
        victim.greenlet.kill(timeout=WAIT_S)

        assert [str(one.reason) for one in exits_of(stage, "victim")] == ["victim could not be killed"]


def test_an_end_that_hangs_is_cut_short_so_that_the_name_comes_back():
    class Lingering(Puppet):
        @override
        def on_end(self, reason):
            super().on_end(reason)
            gevent.sleep(3_600)

    with running(branch("root", Worker(name="victim", actor=Lingering, shutdown_s=0.01))) as (system, stage):
        system.directory.tell("victim", Do(what="error"))
        until(lambda: len(stage.exits) == 1)
        settled(system)

        assert stage.did("victim") == ["began", "error", "crashed", "began"]


def test_a_killed_supervisor_is_left_the_time_to_disown_what_will_not_die():
    tree = branch("root", branch("one", branch("two", puppet("victim", shutdown_s=3_600.0), shutdown_s=3_600.0)))
    with running(tree) as (system, stage):
        system.directory.tell("victim", Do(what="hang for ever"))
        until(lambda: system.directory.present("victim").handling)

        system.stop(0.01)

        assert [str(one.reason) for one in exits_of(stage, "victim")] == ["victim could not be killed"]
        assert system.directory.disowned == 1


def test_a_crashing_helper_crashes_its_actor_once(pair):
    system, stage = pair

    system.directory.tell("victim", Do(what="helper crashes"))
    until(lambda: stage.exits)
    settled(system)

    assert [str(one.reason) for one in exits_of(stage, "victim")] == ["helper"]


def test_helpers_end_with_their_actor(pair):
    system, _ = pair
    system.directory.ask("victim", Do(what="helper hangs"), WAIT_S)
    victim = system.directory.present("victim")
    (helper,) = victim._helpers

    system.directory.tell("victim", Do(what="error"))
    settled(system)

    assert helper.dead


def test_asks_that_wait_at_a_dying_actor_are_answered(pair):
    system, stage = pair
    system.directory.tell("victim", Do(what="wait"))
    waiting = [gevent.spawn(system.directory.ask, "victim", See(), WAIT_S) for _ in range(3)]
    gevent.sleep(0)

    system.directory.present("victim").inbox.control(Stop())
    stage.gate.set()
    gevent.joinall(waiting, timeout=WAIT_S)

    assert [type(one.exception) for one in waiting] == [Unavailable] * 3
    assert issubclass(Unavailable, Retryable)


def test_a_promised_answer_is_given_when_it_is_kept(pair):
    system, _ = pair
    asking = gevent.spawn(system.directory.ask, "victim", Do(what="promise"), WAIT_S)
    gevent.sleep(0)
    gevent.sleep(0)

    assert system.directory.ask("victim", See(), WAIT_S) == 1
    assert not asking.ready()
    system.directory.present("victim").promise.set("kept")

    assert asking.get(timeout=WAIT_S) == "kept"


def test_a_promised_error_reaches_the_asker_and_harms_nobody(pair):
    system, stage = pair
    asking = gevent.spawn(system.directory.ask, "victim", Do(what="promise"), WAIT_S)
    gevent.sleep(0)
    gevent.sleep(0)

    system.directory.present("victim").promise.fail(Refused("no"))
    asking.join(WAIT_S)

    assert isinstance(asking.exception, Refused)
    assert stage.exits == []


def test_a_promise_of_an_actor_that_dies_is_answered(pair):
    system, _ = pair
    asking = gevent.spawn(system.directory.ask, "victim", Do(what="promise"), WAIT_S)
    gevent.sleep(0)
    gevent.sleep(0)

    system.directory.tell("victim", Do(what="error"))
    asking.join(WAIT_S)

    assert isinstance(asking.exception, Unavailable)


def test_a_returned_error_is_an_answer_and_no_crash(pair):
    system, stage = pair

    with pytest.raises(Refused, match="supervisor"):
        system.directory.ask("root", See(), WAIT_S)

    assert stage.exits == []


def test_a_temporary_actor_leaves_nothing_behind():
    with running(branch("root", puppet("keeper"), templates=(puppet("w", restart=Restart.TEMPORARY),))) as (system, _):
        system.directory.start_child("root", "w.1")
        settled(system)
        assert "w.1" in system.directory.names()
        gone = system.directory.present("w.1")

        system.directory.tell("w.1", Do(what="error"))
        settled(system)

        assert system.directory.entry("w.1") is None
        assert "w.1" not in system.directory.present("root")._wards
        assert gone.greenlet.dead
        assert gone.actor_ref not in pykka.ActorRegistry.get_all()
