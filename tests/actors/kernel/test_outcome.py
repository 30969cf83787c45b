"""What comes of something is set once, told at once, and waited for without missing or inventing it."""

from typing import Any

import gevent
import pytest
from gevent.hub import get_hub

from actors.outcome import Outcome
from actors.turns import Rank, Turns
from tests.actors.kernel.stage import WAIT_S


def test_links_are_called_in_the_setters_turn_or_at_once_when_it_is_there():
    outcome: Outcome[Any] = Outcome()
    log: list[Any] = []
    outcome.rawlink(lambda one: log.append(("before", one.get())))

    outcome.set(3)
    outcome.rawlink(lambda one: log.append(("after", one.get())))

    assert log == [("before", 3), ("after", 3)]


def test_it_is_set_once():
    outcome: Outcome[Any] = Outcome()
    outcome.set(1)

    with pytest.raises(RuntimeError, match="set once"):
        outcome.fail(ValueError("late"))
    assert outcome.get() == 1


def test_an_error_is_raised_in_whoever_gets_it():
    outcome: Outcome[Any] = Outcome()
    waiting = [gevent.spawn(outcome.get) for _ in range(2)]
    gevent.sleep(0)
    outcome.fail(ValueError("no"))
    gevent.joinall(waiting, timeout=WAIT_S)

    assert [str(one.exception) for one in waiting] == ["no", "no"]


def test_a_link_that_fails_is_reported_and_keeps_nothing_from_the_others(monkeypatch: pytest.MonkeyPatch):
    outcome: Outcome[Any] = Outcome()
    log: list[Any] = []
    monkeypatch.setattr(get_hub(), "handle_error", lambda *what: log.append(what[1]))
    outcome.rawlink(lambda _: 1 / 0)
    outcome.rawlink(lambda one: log.append(one.get()))
    outcome.set("told")

    assert log == [ZeroDivisionError, "told"]


def test_what_comes_too_late_does_not_wake_who_has_gone_on():
    outcome: Outcome[Any] = Outcome()
    log: list[Any] = []

    def wait():
        log.append(outcome.wait(0.0))
        gevent.sleep(0)
        log.append("went on by itself")

    waiting = gevent.spawn(wait)
    gevent.sleep(0.001)
    outcome.set(1)
    waiting.join(WAIT_S)

    assert log == [False, "went on by itself"]


def test_a_timeout_of_the_waiters_own_passes_through():
    outcome: Outcome[Any] = Outcome()

    with pytest.raises(gevent.Timeout) as caught, gevent.Timeout(0.0) as own:
        outcome.wait(WAIT_S)
    assert caught.value is own


def test_get_without_blocking_asks_only_whether_it_is_there():
    with pytest.raises(gevent.Timeout):
        Outcome().get(block=False)


def test_waiters_get_their_turn_by_rank():
    turns, log = Turns(), list[str]()
    outcome: Outcome[Any] = Outcome()

    def wait(name):
        outcome.wait(WAIT_S, turns, Rank.ORDER if name == "order" else Rank.CROWD)
        log.append(name)

    waiting = [gevent.spawn(wait, name) for name in ("crowd", "order")]
    gevent.sleep(0)
    outcome.set(1)
    gevent.joinall(waiting, timeout=WAIT_S)

    assert log == ["order", "crowd"]
