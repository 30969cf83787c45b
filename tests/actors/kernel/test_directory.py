"""Names outlive incarnations, and no message is lost without being counted."""

import gevent
import pytest
from gevent.event import Event

from actors.directory import Directory
from actors.mailbox import Bounds
from core.errors import AskTimeout, Refused, Retryable, Unavailable
from core.snapshots import Crowd
from core.supervision import Restart
from tests.actors.kernel.stage import WAIT_S, Do, See, branch, puppet, puppets, running, seen, settled, until


@pytest.fixture
def trio():
    with running(branch("root", *puppets("abc"))) as (system, stage):
        yield system, stage


def held(system, name):
    """The actor is in a message that ends when the gate opens; the next messages wait."""
    system.directory.tell(name, Do(what="wait"))
    until(lambda: system.directory.present(name).handling)


def test_messages_of_one_sender_are_handled_in_order(trio):
    system, stage = trio
    for number in range(50):
        assert system.directory.tell("a", Do(what=f"{number}"))
    settled(system)

    assert stage.did("a")[1:] == [f"{number}" for number in range(50)]


def test_a_message_to_nobody_is_false_and_a_dead_letter():
    directory = Directory()

    assert not directory.tell("watcher.gone", seen("gone"))

    assert directory.counts()["watcher"].dead == 1
    assert directory.dead_letters[-1].name == "watcher.gone"


def test_dead_letters_are_counted_past_those_that_are_kept():
    directory = Directory()
    for number in range(1_500):
        directory.tell("nobody", number)

    assert directory.counts()["nobody"].dead == 1_500
    assert [len(directory.dead_letters), directory.dead_letters[0].message] == [1_000, 500]


def test_an_offer_to_nobody_counts_nothing(trio):
    system, stage = trio

    assert not system.directory.offer("watcher.gone", seen("gone"))
    assert system.directory.offer("a", Do(what="x"))
    settled(system)

    assert "watcher" not in system.directory.counts()
    assert stage.did("a") == ["began", "x"]


def test_asking_nobody_is_unavailable_at_once():
    with pytest.raises(Unavailable, match="unknown"):
        Directory().ask("nobody", See(), 0.0)


def test_a_late_answer_is_retryable_and_the_message_is_still_handled(trio):
    system, stage = trio
    held(system, "a")

    with pytest.raises(AskTimeout, match="a did not answer Do"):
        system.directory.ask("a", Do(what="late"), 0.0)
    stage.gate.set()
    settled(system)

    assert issubclass(AskTimeout, Retryable)
    assert stage.did("a")[-1] == "late"


def test_a_timeout_of_the_askers_own_passes_through(trio):
    system, _ = trio
    held(system, "a")

    with pytest.raises(gevent.Timeout), gevent.Timeout(0.001):
        system.directory.ask("a", See(), WAIT_S)


def test_asking_oneself_is_refused_at_once(trio):
    system, _ = trio

    with pytest.raises(Refused, match="a would wait for itself"):
        system.directory.ask("a", Do(what="ask", to="a"), WAIT_S)


def test_asking_in_a_circle_is_refused_at_once(trio):
    system, _ = trio

    with pytest.raises(Refused, match="b would wait for itself"):
        system.directory.ask("a", Do(what="ask to ask back", to="b"), WAIT_S)


def test_asking_down_a_line_works(trio):
    system, _ = trio

    assert system.directory.ask("a", Do(what="ask", to="b"), WAIT_S) == 0


def test_what_waited_at_a_crash_is_handled_by_the_next_incarnation_in_order(trio):
    system, stage = trio
    held(system, "a")
    system.directory.tell("a", Do(what="1"))
    system.directory.tell("a", Do(what="error"))
    system.directory.tell("a", Do(what="2"))
    system.directory.tell("a", Do(what="3"))
    stage.gate.set()
    settled(system)

    assert stage.did("a") == ["began", "wait", "1", "error", "crashed", "began", "2", "3"]


def test_what_is_told_while_a_name_restarts_waits_for_the_new_incarnation(trio):
    system, stage = trio
    told = []

    def late(_, call):
        told.append(system.directory.tell("a", Do(what="meanwhile")))
        call()

    system.supervision_timer = late
    system.directory.tell("a", Do(what="error"))
    settled(system)

    assert told == [True]
    assert stage.did("a")[-2:] == ["began", "meanwhile"]


def test_asking_a_name_that_restarts_is_unavailable_at_once(trio):
    system, _ = trio
    answers = []

    def late(_, call):
        with pytest.raises(Unavailable, match="a is restarting") as caught:
            system.directory.ask("a", See(), WAIT_S)
        answers.append(caught.value)
        call()

    system.supervision_timer = late
    system.directory.tell("a", Do(what="error"))
    settled(system)

    assert len(answers) == 1


def test_more_than_a_name_keeps_while_it_is_down_is_refused(trio):
    system, stage = trio
    refused = []

    def late(_, call):
        system.directory.entry("a").keep = 2
        for number in range(3):
            try:
                system.directory.tell("a", Do(what=f"{number}"))
            except Refused as refusal:
                refused.append(refusal)
        call()

    system.supervision_timer = late
    system.directory.tell("a", Do(what="error"))
    settled(system)

    assert len(refused) == 1
    assert stage.did("a")[-2:] == ["0", "1"]
    assert system.directory.counts()["a"].refused == 1


def test_what_waits_for_a_start_that_fails_for_good_is_dead_letters():
    template = puppet("w", restart=Restart.TEMPORARY)
    with running(branch("root", templates=(template,)), failing={"w.1": "begin"}) as (system, stage):
        system.directory.start_child("root", "w.1")
        system.directory.tell("w.1", Do(what="1"))
        asking = gevent.spawn(system.directory.ask, "w.1", See(), WAIT_S)
        asking.join(WAIT_S)
        settled(system)

        assert isinstance(asking.exception, Unavailable)
        assert system.directory.counts()["w"].dead == 2
        assert stage.did("w.1") == ["crashed"]


def test_no_command_is_done_twice_over_a_crash(trio):
    """The command that was being handled at the crash is not given again; those behind it are given once."""
    system, stage = trio
    for number in range(30):
        what = "error" if number % 7 == 3 else f"{number}"
        system.directory.tell("a", Do(what=what, id=f"{number}"))
    settled(system)

    done = [what for what in stage.did("a") if what.isdigit()]
    assert done == [f"{number}" for number in range(30) if number % 7 != 3]
    assert stage.did("a").count("error") == 4


def test_a_full_mailbox_refuses_its_sender_and_the_rest_is_handled():
    with running(branch("root", puppet("a", bounds=Bounds(commands=2)))) as (system, stage):
        held(system, "a")
        system.directory.tell("a", Do(what="1"))
        system.directory.tell("a", Do(what="2"))
        with pytest.raises(Refused, match="a: 2 commands wait already"):
            system.directory.tell("a", Do(what="3"))
        stage.gate.set()
        settled(system)

        assert stage.did("a") == ["began", "wait", "1", "2"]
        counts = system.directory.counts()["a"]
        assert (counts.sent, counts.handled, counts.refused) == (4, 3, 1)


def test_market_data_for_a_slow_actor_is_merged_and_accounted_for():
    with running(branch("root", puppet("a", bounds=Bounds(market=4)))) as (system, stage):
        held(system, "a")
        for number in range(1, 101):
            system.directory.tell("a", seen("m", number))
        stage.gate.set()
        settled(system)

        assert stage.did("a")[-1] == "m 100 after 96"
        counts = system.directory.counts()["a"]
        assert (counts.sent, counts.handled, counts.conflated) == (101, 5, 96)


def test_names_are_those_that_live_or_will(trio):
    system, _ = trio

    assert system.directory.names() == ("a", "b", "c", "root")
    assert system.directory.names("r") == ("root",)
    assert system.directory.whereis("a").actor_class.__name__ == "Puppet"
    assert system.directory.whereis("nobody") is None


def test_a_snapshot_shows_an_actor_without_asking_it(trio):
    system, _ = trio
    for _ in range(3):
        system.directory.tell("a", Do(what="x"))
    settled(system)
    held(system, "a")
    system.directory.tell("a", Do(what="x"))

    one = system.directory.snapshots()["a"]

    assert (one.name, one.class_name, one.parent, one.state) == ("a", "Puppet", "root", "alive")
    assert (one.handled, one.mailbox_depth, one.incarnation, one.restarts) == (3, 1, 1, 0)
    assert one.view == {"count": 4}
    assert one.last_message_age_s >= 0
    assert not one.late


def test_a_crowd_is_counted_by_class_while_others_run(monkeypatch):
    monkeypatch.setattr("actors.directory.AT_ONCE", 2)
    names = [f"watcher.{number}" for number in range(9)]
    with running(branch("root", *puppets(names))) as (system, _):
        held(system, "watcher.3")
        system.directory.tell("watcher.3", Do(what="x"))
        ticked = Event()
        gevent.spawn_later(0.0, ticked.set)

        crowds = system.directory.crowds()

        assert ticked.is_set()
        assert crowds["watcher"] == Crowd(waiting=1, late=0, actors=len(system.directory.names("watcher.")))
        assert crowds["root"] == Crowd(waiting=0, late=0, actors=1)
        assert set(system.directory.snapshots(besides=("watcher",))) == {"root"}
        until(lambda: system.directory.crowds()["watcher"].late == 1)


def test_a_hanging_actor_shows_as_late(trio):
    system, _ = trio
    held(system, "a")

    system.directory.present("a").since_s -= 1.5

    assert system.directory.snapshot("a").late
    assert not system.directory.snapshot("b").late


def test_a_live_look_at_a_hanging_actor_ends_in_time_and_shows_it_late(trio):
    system, _ = trio
    held(system, "a")

    assert system.directory.snapshot("a", live=True, timeout_s=0.0).late
    assert not system.directory.snapshot("b", live=True).late
    assert system.directory.snapshot("nobody", live=True) is None


def test_a_view_that_fails_is_shown_as_such_and_harms_nobody(trio):
    system, stage = trio
    stage.failing["a"] = "view"

    assert system.directory.snapshots()["a"].view == "cannot be shown: ValueError('boom')"
    assert stage.exits == []


def test_counts_of_a_class_add_up_over_its_names():
    template = puppet("w", restart=Restart.TRANSIENT)
    with running(branch("root", templates=(template,))) as (system, _):
        for number in range(3):
            system.directory.start_child("root", f"w.{number}")
            system.directory.tell(f"w.{number}", Do(what="error"))
        settled(system)

        counts = system.directory.counts()
        assert (counts["w"].sent, counts["w"].handled, counts["w"].restarts) == (3, 3, 3)
        assert set(counts) == {"root", "w"}


def test_a_name_belongs_to_one_supervisor(trio):
    system, _ = trio

    with pytest.raises(Refused, match="names are unique"):
        system.directory.expect("a", "another")
