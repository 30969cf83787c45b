"""An actor that must fail closed does so while it is down: nothing told to it then is done later; the others go on."""

import pytest

from core.errors import Unavailable
from core.supervision import Strategy
from tests.actors.kernel.stage import WAIT_S, Do, See, Waits, branch, puppet, running, until


@pytest.fixture
def house():
    """Exits stand before the gate and are not restarted with it; the gate keeps nothing while it is down."""
    tree = branch("trading", puppet("exits"), puppet("gate", keep=0), strategy=Strategy.REST_FOR_ONE)
    with running(tree) as (system, stage):
        waits = Waits(system, held=True)
        system.directory.tell("gate", Do(what="error"))
        until(lambda: waits.calls)
        yield system, stage, waits


def test_a_request_to_a_gate_that_is_down_is_a_dead_letter_now_and_for_ever(house):
    system, stage, waits = house

    assert not system.directory.tell("gate", Do(what="enter"))
    waits.over()
    assert system.directory.settle(WAIT_S)

    assert stage.did("gate") == ["began", "error", "crashed", "began"]
    assert [letter.message for letter in system.directory.dead_letters] == [Do(what="enter")]


def test_a_question_to_a_gate_that_is_down_is_unavailable(house):
    system, _, waits = house

    with pytest.raises(Unavailable, match="gate is restarting"):
        system.directory.ask("gate", See(), WAIT_S)
    waits.over()


def test_exits_go_on_while_the_gate_is_down(house):
    system, stage, waits = house

    assert system.directory.ask("exits", Do(what="sell"), WAIT_S) == "sell"
    waits.over()

    assert "sell" in stage.did("exits")
    assert [one.name for one in stage.exits] == ["gate"]


def test_requests_that_waited_when_the_gate_crashed_are_not_judged_by_the_next_one():
    with running(branch("trading", puppet("gate", keep=0))) as (system, stage):
        system.directory.tell("gate", Do(what="error"))
        system.directory.tell("gate", Do(what="enter"))
        assert system.directory.settle(WAIT_S)

        assert "enter" not in stage.did("gate")
        assert system.directory.counts()["gate"].dead == 1


def test_a_gate_that_is_back_judges_again(house):
    system, _, waits = house
    waits.over()
    assert system.directory.settle(WAIT_S)

    assert system.directory.ask("gate", Do(what="enter"), WAIT_S) == "enter"
