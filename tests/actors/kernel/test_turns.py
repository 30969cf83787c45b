"""Whose turn it is: the urgent before the others, within each lane in the order asked for, and nobody never."""

from functools import partial
from typing import Any

import gevent
import pytest
from gevent.hub import get_hub
from hypothesis import given, settings
from hypothesis import strategies as st

from actors import turns as module
from actors.turns import Turns


@pytest.fixture
def turns():
    return Turns()


def test_the_urgent_come_first_and_each_lane_keeps_its_order(turns):
    log = []
    for name in ("a", "b", "C", "d", "E"):
        turns.give(lambda name=name: log.append(name), urgent=name.isupper())

    gevent.sleep(0)

    assert log == ["C", "E", "a", "b", "d"]


def test_who_becomes_urgent_during_a_turn_is_next(turns):
    log = []

    def first():
        log.append("first")
        turns.give(lambda: log.append("urgent"), urgent=True)

    turns.give(first, urgent=False)
    turns.give(lambda: log.append("second"), urgent=False)
    gevent.sleep(0)

    assert log == ["first", "urgent", "second"]


def test_between_two_slices_the_loop_looks_at_what_came_from_elsewhere(turns, monkeypatch):
    monkeypatch.setattr(module, "SLICE_S", -1.0)
    log = []
    seen = get_hub().loop.async_()
    seen.start(lambda: log.append("from a thread"))

    turns.give(seen.send, urgent=False)
    turns.give(lambda: log.append("next slice"), urgent=False)
    gevent.sleep(0.001)
    seen.stop()

    assert log == ["from a thread", "next slice"]


@pytest.mark.parametrize("urgent_s", [-1.0, 0.001])
def test_endless_urgency_leaves_turns_to_the_others(turns, monkeypatch, urgent_s):
    monkeypatch.setattr(module, "SLICE_S", -1.0)
    monkeypatch.setattr(module, "URGENT_S", urgent_s)
    urgent: list[int] = []
    others: list[int] = []

    def again():
        urgent.append(1)
        if len(others) < 3:
            turns.give(again, urgent=True)

    again()
    for number in range(3):
        turns.give(lambda number=number: others.append(number), urgent=False)
    gevent.sleep(0.05)

    assert others == [0, 1, 2]
    assert urgent_s > 0.0 or len(urgent) < 10


def test_a_turn_that_fails_costs_nobody_else_his(turns, monkeypatch):
    log: list[Any] = []
    monkeypatch.setattr(get_hub(), "handle_error", lambda *what: log.append(what[1]))

    def fail():
        raise ValueError("mine alone")

    turns.give(fail, urgent=False)
    turns.give(lambda: log.append("another"), urgent=False)
    gevent.sleep(0.001)

    assert log == [ValueError, "another"]


@settings(max_examples=50)
@given(st.lists(st.booleans(), max_size=40))
def test_everybody_gets_his_turn_once(lanes):
    turns, log = Turns(), list[int]()
    for number, urgent in enumerate(lanes):
        turns.give(partial(log.append, number), urgent=urgent)
    gevent.sleep(0)

    ordered = [n for n, urgent in enumerate(lanes) if urgent] + [n for n, urgent in enumerate(lanes) if not urgent]
    assert log == ordered
