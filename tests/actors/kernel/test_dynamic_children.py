"""Children that come and go by name: what they are born with, what was told to them before, and who comes back."""

import pytest

from actors import turns
from actors.tree import Child
from actors.turns import Rank
from core.errors import Unavailable
from tests.actors.kernel.stage import (
    TEMPLATES,
    Do,
    Waits,
    branch,
    crash,
    puppets,
    running,
    settled,
    until,
)


def test_a_dynamic_child_gets_what_was_told_to_it_before_it_was_there():
    with running(branch("root", branch("market", templates=TEMPLATES))) as (system, stage):
        assert system.directory.start_child("market", "watcher.m")
        assert system.directory.tell("watcher.m", Do(what="first"))
        assert system.directory.tell("watcher.m", Do(what="second"))
        settled(system)

        assert stage.did("watcher.m") == ["began", "first", "second"]
        assert not system.directory.start_child("market", "watcher.m")


@pytest.mark.parametrize("rank", [Rank.TRADING, Rank.CROWD])
def test_a_supervisor_that_others_wait_for_starts_its_children_before_the_crowd_has_its_turns(monkeypatch, rank):
    monkeypatch.setattr(turns, "SLICE_S", -1.0)
    templates = puppets(["position"], rank=Rank.TRADING)
    with running(branch("root", branch("market", templates=templates, rank=rank))) as (system, stage):
        settled(system)
        system.directory.flow.turns.give(lambda: stage.log.append(("crowd", "ran")), Rank.CROWD)
        system.directory.start_child("market", "position.m")
        until(lambda: len(stage.log) == 2)

        assert [who for who, _ in stage.log] == (
            ["position.m", "crowd"] if rank is Rank.TRADING else ["crowd", "position.m"]
        )


def test_a_dynamic_child_keeps_its_arguments_over_a_restart():
    with running(branch("root", branch("market", templates=TEMPLATES))) as (system, _):
        system.directory.start_child("market", "position.m", args={"operation": "op7"})
        settled(system)
        crash(system, "position.m")

        assert system.directory.present("position.m").context.args == {"operation": "op7"}
        assert system.directory.snapshot("position.m").restarts == 1


def test_a_child_that_nobody_has_a_template_for_is_dead_letters_not_a_crash():
    with running(branch("root", branch("market", templates=TEMPLATES))) as (system, stage):
        system.directory.start_child("market", "unknown.m")
        system.directory.tell("unknown.m", Do(what="x"))
        settled(system)

        assert system.directory.entry("unknown.m") is None
        assert system.directory.counts()["unknown"].dead == 1
        assert stage.exits == []


def test_children_of_an_unknown_supervisor_are_refused_to_the_asker():
    with running(branch("root")) as (system, _), pytest.raises(Unavailable):
        system.directory.start_child("nobody", "watcher.m")


def test_a_child_asked_for_while_its_supervisor_is_down_comes_with_the_next_incarnation():
    with running(branch("root", branch("market", templates=TEMPLATES))) as (system, stage):
        system.directory.present("market").greenlet.kill(block=False)
        until(lambda: system.directory.snapshot("market").state == "restarting")

        assert system.directory.start_child("market", "position.m")
        system.directory.tell("position.m", Do(what="first"))
        settled(system)

        assert stage.did("position.m") == ["began", "first"]


def test_a_restarted_supervisor_has_the_rebuilt_children_and_lets_the_others_go():
    held = ["position.kept"]
    tree = branch(
        "root",
        branch("positions", templates=TEMPLATES, rebuild=lambda _: [Child(name) for name in held]),
    )
    with running(tree) as (system, stage):
        assert stage.log == [("position.kept", "began")]
        system.directory.start_child("positions", "position.lost")
        settled(system)

        system.directory.present("positions").greenlet.kill()
        system.directory.tell("position.kept", Do(what="meanwhile"))
        system.directory.tell("position.lost", Do(what="meanwhile"))
        settled(system)

        assert system.directory.names("position.") == ("position.kept",)
        assert stage.did("position.kept")[-1] == "meanwhile"
        assert "meanwhile" not in stage.did("position.lost")
        assert [one.name for one in system.directory.dead_letters] == ["position.lost"]


def test_a_failing_rebuild_is_the_supervisors_crash():
    failures = [ValueError("journal"), ValueError("journal")]

    def rebuild(_):
        if failures:
            raise failures.pop()
        return [Child("position.m")]

    with running(branch("root", branch("positions", templates=TEMPLATES, rebuild=rebuild))) as (system, _):
        assert system.directory.names("position") == ("position.m", "positions")
        assert system.directory.snapshot("positions").restarts == 2


def test_a_child_asked_for_while_the_last_of_its_name_ends_is_its_successor():
    with running(branch("root", branch("market", templates=TEMPLATES))) as (system, stage):
        system.directory.start_child("market", "position.m", args="first")
        settled(system)
        first = system.directory.present("position.m")
        asked = []

        def finish(*_):
            first.finish()
            asked.append(system.directory.start_child("market", "position.m", args="second"))
            system.directory.tell("position.m", Do(what="for the second"))

        first.obey = finish
        system.directory.tell("position.m", Do(what="x"))
        settled(system)

        assert asked == [True]
        assert system.directory.present("position.m").context.args == "second"
        assert stage.did("position.m") == ["began", "x", "ended", "began", "for the second"]


def test_a_child_asked_for_while_it_crashes_is_the_one_that_comes_back():
    with running(branch("root", branch("market", templates=TEMPLATES))) as (system, stage):
        system.directory.start_child("market", "position.m", args="first")
        settled(system)
        waits = Waits(system, held=True)
        system.directory.tell("position.m", Do(what="error"))
        until(lambda: waits.calls)

        system.directory.start_child("market", "position.m", args="second")
        waits.over()
        settled(system)

        assert system.directory.present("position.m").context.args == "first"
        assert stage.did("position.m") == ["began", "error", "crashed", "began"]
