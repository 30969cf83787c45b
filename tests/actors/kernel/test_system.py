"""Start, dump, native calls, stop and giving up, each bounded in time."""

import subprocess
import sys
import time
from pathlib import Path

import gevent
import msgspec
import pytest
from gevent import monkey
from typing_extensions import override

from actors.control import Stop
from actors.mailbox import Bounds
from actors.system import System
from actors.tree import Branch, Worker
from core.errors import Refused
from core.supervision import Restart, RestartRule
from tests.actors.kernel.stage import (
    NO_WAIT,
    WAIT_S,
    Do,
    Puppet,
    See,
    branch,
    puppet,
    puppets,
    running,
    seen,
    until,
)

BOUND_S = 5.0
"""Far more than any of these takes; a thing that is not bounded takes for ever."""


class Within:
    """Fails when the block takes longer than the bound."""

    def __enter__(self):
        self.since_s = time.monotonic()

    def __exit__(self, *failure):
        assert time.monotonic() - self.since_s < BOUND_S or failure[0] is not None


def test_an_ordered_stop_ends_everything_and_is_zero():
    with running(branch("root", *puppets("ab"))) as (system, stage):
        assert system.stop(WAIT_S)

        assert system.wait(WAIT_S) == 0
        assert not system.gave_up.is_set()
        assert system.directory.names() == ()
        assert stage.log[-2:] == [("b", "ended"), ("a", "ended")]


def test_stopping_twice_or_before_the_start_is_no_error():
    assert System().stop()
    with running(branch("root")) as (system, _):
        assert system.stop(WAIT_S)
        assert system.stop(WAIT_S)


def test_what_waited_when_the_system_stopped_is_dead_letters():
    with running(branch("root", *puppets("a"))) as (system, _):
        for _ in range(5):
            system.directory.tell("a", Do(what="x"))
        system.directory.present("root").inbox.control(Stop())
        assert system.wait(WAIT_S) == 0

        counts = system.directory.counts()["a"]
        assert counts.handled + counts.dead == 5


def test_hanging_actors_are_killed_in_bounded_time_however_many():
    hanging = [puppet(f"h{number}", shutdown_s=0.01) for number in range(20)]
    template = puppet("w", restart=Restart.TEMPORARY, shutdown_s=0.01)
    with running(branch("root", *hanging, branch("many", templates=(template,)))) as (system, _):
        for number in range(200):
            system.directory.start_child("many", f"w.{number}")
        assert system.directory.settle(WAIT_S)
        for name in (*system.directory.names("h"), *system.directory.names("w.")):
            system.directory.tell(name, Do(what="hang"))
        gevent.sleep(0)

        with Within():
            assert system.stop(WAIT_S)


def test_a_stop_that_takes_too_long_becomes_a_kill_and_leaves_nothing():
    with running(branch("root", branch("sub", puppet("a", shutdown_s=3_600.0), shutdown_s=3_600.0))) as (system, _):
        system.directory.tell("a", Do(what="hang"))
        until(lambda: system.directory.present("a").handling)
        a = system.directory.present("a")

        with Within():
            assert not system.stop(0.01)

        assert a.greenlet.dead
        assert system.directory.names() == ()


def test_a_killed_supervisor_takes_everything_under_it_along():
    deep = branch("one", branch("two", branch("three", *puppets("ab"))))
    with running(branch("root", deep)) as (system, _):
        below = [system.directory.present(name) for name in ("two", "three", "a", "b")]

        system.directory.present("one").greenlet.kill(timeout=WAIT_S)
        assert system.directory.settle(WAIT_S)

        assert all(one.greenlet.dead for one in below)
        assert [system.directory.snapshot(name).restarts for name in ("one", "two", "three", "a", "b")] == [1] * 5


def test_a_dump_shows_every_actor_and_where_the_hanging_one_stands_in_bounded_time():
    with running(branch("root", *puppets("abc", shutdown_s=0.01))) as (system, _):
        system.directory.tell("a", Do(what="hang"))
        system.directory.tell("nobody", Do(what="x"))
        gevent.sleep(0)

        with Within():
            dump = system.dump(timeout_s=0.01)

        assert {name: one["late"] for name, one in dump["actors"].items()} == {
            "root": False,
            "a": True,
            "b": False,
            "c": False,
        }
        assert any(" obey" in line for line in dump["actors"]["a"]["stack"])
        assert dump["actors"]["b"]["view"] == {"count": 0}
        assert dump["traffic"]["nobody"]["dead"] == 1
        assert dump["dead_letters"] == ["nobody: Do(id='', deadline_s=0.0, cause='', what='x', to='')"]
        assert msgspec.json.decode(msgspec.json.encode(dump)) == dump


def test_a_flood_is_worked_off_in_bounded_time_and_accounted_for():
    with running(branch("root", puppet("a", bounds=Bounds(commands=100, market=50)), puppet("b"))) as (system, _):
        refused = 0
        with Within():
            for number in range(20_000):
                try:
                    system.directory.tell("a", seen(f"m{number // 2 % 60}", number) if number % 2 else Do(what="x"))
                except Refused:
                    refused += 1
            assert system.directory.ask("b", See(), WAIT_S) == 0
            assert system.directory.settle(WAIT_S)

        counts = system.directory.counts()["a"]
        assert (counts.sent, counts.refused) == (20_000, refused)
        assert (counts.handled, counts.conflated) == (100 + 60, 10_000 - 60)


def test_control_goes_ahead_of_a_flood():
    with running(branch("root", *puppets("a"))) as (system, stage):
        for number in range(50_000):
            system.directory.tell("a", number)

        assert not system.directory.snapshot("a", live=True).late

        assert len(stage.log) < 50_000


def test_native_work_lets_the_others_go_on_and_brings_back_value_or_error():
    with running(branch("root", *puppets("a"))) as (system, _):
        native = monkey.get_original("threading", "Event")()
        calling = gevent.spawn(system.run_native, native.wait)
        until(lambda: system.pending_calls == 1)

        assert not system.directory.idle()
        assert system.directory.ask("a", Do(what="x"), WAIT_S) == "x"
        native.set()
        calling.join(WAIT_S)

        assert calling.value is True
        assert (system.pending_calls, system.directory.idle()) == (0, True)
        with pytest.raises(ZeroDivisionError):
            system.run_native(divmod, 1, 0)


def test_a_native_thread_tells_through_the_sleeping_hub():
    with running(branch("root", *puppets("a"))) as (system, stage):
        system.run_native(system.tell_from_thread, "a", Do(what="from a thread"))
        until(lambda: "from a thread" in stage.did("a"))

        system.run_native(system.tell_from_thread, "nobody", Do(what="x"))
        until(lambda: system.directory.counts().get("nobody"))

        assert system.directory.counts()["nobody"].dead == 1


def test_a_refusal_to_a_native_thread_is_counted():
    with running(branch("root", puppet("a", bounds=Bounds(commands=0)))) as (system, _):
        system.run_native(system.tell_from_thread, "a", Do(what="x"))
        until(lambda: system.directory.counts()["a"].refused)

        assert system.directory.counts()["a"].refused == 1


def test_a_tree_with_a_name_twice_is_refused():
    with pytest.raises(ValueError, match="two actors are called a"):
        System().start(Branch(name="root", children=(puppet("a"), branch("sub", puppet("a")))))
    with pytest.raises(ValueError, match="two templates"):
        System().start(Branch(name="root", templates=(puppet("w"), puppet("w"))))


def test_a_system_starts_once():
    with running(branch("root")) as (system, _), pytest.raises(Refused, match="once"):
        system.start(branch("root"))


def test_what_is_told_before_an_actors_turn_to_start_waits_for_it():
    class Early(Puppet):
        @override
        def on_begin(self):
            super().on_begin()
            self.tell("later", Do(what="told early"))

    with running(branch("root", Worker(name="early", actor=Early), puppet("later"))) as (system, stage):
        assert system.directory.settle(WAIT_S)

        assert stage.log == [("early", "began"), ("later", "began"), ("later", "told early")]


def test_a_root_that_gives_up_leaves_a_dump_of_the_living(tmp_path):
    file = tmp_path / "dumps" / "last.json"
    rule = RestartRule(intensity=0, backoff=NO_WAIT)
    with running(branch("root", *puppets("ab"), rule=rule), dump_file=file) as (system, _):
        system.directory.tell("b", Do(what="x"))
        assert system.directory.settle(WAIT_S)
        system.directory.tell("a", Do(what="error"))
        assert system.wait(WAIT_S) == 1

    dump = msgspec.json.decode(file.read_bytes())
    assert "more than 0 restarts" in dump["reason"]
    assert dump["actors"]["b"]["state"] == "alive"
    assert dump["actors"]["b"]["view"] == {"count": 1}
    assert dump["actors"]["a"]["state"] == "restarting"


PROGRAM = """
from gevent import monkey; monkey.patch_all()
import sys
from pathlib import Path
from actors.base import Actor
from actors.system import System
from actors.tree import Branch, Worker
from core.supervision import Backoff, RestartRule

class Restless(Actor):
    def on_begin(self):
        self.tell(self.name, "go")
    def handle(self, message):
        raise ValueError("again")

quick = Backoff(first_s=0.001, most_s=0.002)
restless = Worker(name="restless", actor=Restless)
sub = Branch(name="sub", children=(restless,), rule=RestartRule(intensity=2, backoff=quick))
system = System(dump_file=Path(sys.argv[1]))
system.start(Branch(name="root", children=(sub,), rule=RestartRule(intensity=3, period_s=60, backoff=quick)))
sys.exit(system.wait())
"""


def test_too_many_crashes_escalate_to_a_process_that_ends_non_zero_with_a_dump(tmp_path, project: Path):
    """3 crashes end the supervisor, 4 such ends the root: 12 crashes, then exit status 1."""
    file = tmp_path / "dump.json"

    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(file)],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.count("restless crashed: ValueError('again')") == 12
    assert ended.stderr.count("sub crashed: IntensityReached") == 4
    assert "root: more than 3 restarts within 60 s" in msgspec.json.decode(file.read_bytes())["reason"]


def test_a_native_call_that_hangs_does_not_hold_up_the_stop():
    with running(branch("root", *puppets("a"))) as (system, _):
        native = monkey.get_original("threading", "Event")()
        gevent.spawn(system.run_native, native.wait)
        until(lambda: system.pending_calls == 1)

        with Within():
            assert system.stop(WAIT_S)

        native.set()
        until(lambda: system.pending_calls == 0)
