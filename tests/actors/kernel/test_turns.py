"""Whose turn it is: the urgent before the others, within each lane in the order asked for, and nobody never."""

from functools import partial
from typing import Any

import gevent
import pytest
from gevent.hub import get_hub
from hypothesis import given, settings
from hypothesis import strategies as st

from actors import turns as module
from actors.turns import Rank, Turns


@pytest.fixture
def turns():
    return Turns()


def test_the_urgent_come_first_and_each_lane_keeps_its_order(turns):
    log = []
    for name in ("a", "b", "C", "d", "E"):
        turns.give(lambda name=name: log.append(name), Rank.TRADING if name.isupper() else Rank.CROWD)

    gevent.sleep(0)

    assert log == ["C", "E", "a", "b", "d"]


def test_who_of_the_crowd_is_wanted_comes_before_it_and_after_who_may_place_an_order(turns):
    log: list[Rank] = []
    for rank in (Rank.CROWD, Rank.WANTED, Rank.TRADING, Rank.WANTED):
        turns.give(partial(log.append, rank), rank)

    gevent.sleep(0)

    assert log == [Rank.TRADING, Rank.WANTED, Rank.WANTED, Rank.CROWD]


def test_who_becomes_urgent_during_a_turn_is_next(turns):
    log = []

    def first():
        log.append("first")
        turns.give(lambda: log.append("urgent"), Rank.TRADING)

    turns.give(first, Rank.CROWD)
    turns.give(lambda: log.append("second"), Rank.CROWD)
    gevent.sleep(0)

    assert log == ["first", "urgent", "second"]


def test_between_two_slices_the_loop_looks_at_what_came_from_elsewhere(turns, monkeypatch):
    monkeypatch.setattr(module, "SLICE_S", -1.0)
    log = []
    seen = get_hub().loop.async_()
    seen.start(lambda: log.append("from a thread"))

    turns.give(seen.send, Rank.CROWD)
    turns.give(lambda: log.append("next slice"), Rank.CROWD)
    gevent.sleep(0.001)
    seen.stop()

    assert log == ["from a thread", "next slice"]


def test_while_somebody_carries_an_order_nothing_else_is_looked_at(turns, monkeypatch):
    monkeypatch.setattr(module, "SLICE_S", -1.0)
    log = []
    seen = get_hub().loop.async_()
    seen.start(lambda: log.append("from a socket"))

    def carried(steps):
        log.append(steps)
        if steps:
            turns.give(partial(carried, steps - 1), Rank.ORDER)

    turns.give(seen.send, Rank.ORDER)
    turns.give(partial(carried, 3), Rank.ORDER)
    turns.give(lambda: log.append("decides"), Rank.TRADING)
    gevent.sleep(0.001)
    seen.stop()

    assert log == [3, 2, 1, 0, "from a socket", "decides"]


def test_orders_without_end_leave_the_loop_its_looks(turns, monkeypatch):
    monkeypatch.setattr(module, "ORDER_S", -1.0)
    looked = []
    seen = get_hub().loop.async_()
    seen.start(lambda: looked.append(True))

    def carried():
        if not looked:
            turns.give(carried, Rank.ORDER)

    turns.give(seen.send, Rank.ORDER)
    turns.give(carried, Rank.ORDER)
    gevent.sleep(0.01)
    seen.stop()

    assert looked


@pytest.mark.parametrize("urgent_s", [-1.0, 0.001])
@pytest.mark.parametrize(
    ("endless", "behind"), [(Rank.TRADING, Rank.CROWD), (Rank.TRADING, Rank.WANTED), (Rank.WANTED, Rank.CROWD)]
)
def test_endless_urgency_leaves_turns_to_the_others(turns, monkeypatch, urgent_s, endless, behind):
    monkeypatch.setattr(module, "SLICE_S", -1.0)
    monkeypatch.setattr(module, "URGENT_S", urgent_s)
    urgent: list[int] = []
    others: list[int] = []

    def again():
        urgent.append(1)
        if len(others) < 3:
            turns.give(again, endless)

    again()
    for number in range(3):
        turns.give(lambda number=number: others.append(number), behind)
    gevent.sleep(0.05)

    assert others == [0, 1, 2]
    assert urgent_s > 0.0 or len(urgent) < 10


def test_a_turn_that_fails_costs_nobody_else_his(turns, monkeypatch):
    log: list[Any] = []
    monkeypatch.setattr(get_hub(), "handle_error", lambda *what: log.append(what[1]))

    def fail():
        raise ValueError("mine alone")

    turns.give(fail, Rank.CROWD)
    turns.give(lambda: log.append("another"), Rank.CROWD)
    gevent.sleep(0.001)

    assert log == [ValueError, "another"]


def test_who_is_started_begins_in_the_turn_of_his_rank_and_may_wait_in_a_greenlet_of_his_own(turns):
    log = []

    def send():
        log.append("sends")
        gevent.sleep(0.001)
        log.append("answered")

    turns.give(lambda: log.append("crowd"), Rank.CROWD)
    turns.start(send, Rank.ORDER)
    gevent.sleep(0.05)

    assert log == ["sends", "crowd", "answered"]


def test_a_client_waits_until_nobody_has_a_turn_waiting_and_each_lets_the_loop_look(turns):
    log = []
    seen = get_hub().loop.async_()
    seen.start(lambda: turns.give(lambda: log.append("trades"), Rank.TRADING))

    def first():
        log.append("client")
        seen.send()

    turns.give(first, Rank.CLIENTS)
    turns.give(lambda: log.append("client"), Rank.CLIENTS)
    turns.give(lambda: turns.give(lambda: log.append("crowd again"), Rank.CROWD), Rank.CROWD)
    turns.give(lambda: log.append("crowd"), Rank.CROWD)
    gevent.sleep(0.01)
    seen.stop()

    assert log == ["crowd", "crowd again", "client", "trades", "client"]


@pytest.mark.parametrize("clients_s", [-1.0, 0.002])
def test_actors_without_end_leave_a_client_its_turn(turns, monkeypatch, clients_s):
    monkeypatch.setattr(module, "CLIENTS_S", clients_s)
    monkeypatch.setattr(module, "SLICE_S", -1.0)
    served: list[int] = []

    def again():
        if len(served) < 3:
            turns.give(again, Rank.TRADING)

    again()
    for number in range(3):
        turns.give(partial(served.append, number), Rank.CLIENTS)
    gevent.sleep(0.1)

    assert served == [0, 1, 2]


def test_no_client_has_a_turn_while_an_order_is_carried(turns, monkeypatch):
    monkeypatch.setattr(module, "CLIENTS_S", -1.0)
    monkeypatch.setattr(module, "ORDER_S", -1.0)
    log = []

    def carried(steps):
        log.append(steps)
        if steps:
            turns.give(partial(carried, steps - 1), Rank.ORDER)

    turns.give(partial(carried, 3), Rank.ORDER)
    turns.give(lambda: log.append("client"), Rank.CLIENTS)
    gevent.sleep(0.01)

    assert log == [3, 2, 1, 0, "client"]


def test_who_is_killed_while_it_waits_for_its_turn_is_not_woken_out_of_what_it_does_next(turns):
    log: list[str] = []

    def called_away():
        turns.give(lambda: waiting.throw(KeyError), Rank.TRADING)
        with pytest.raises(KeyError):
            turns.wait(Rank.CROWD)
        gevent.sleep(0.001)
        log.append("slept")

    waiting = gevent.spawn(called_away)
    waiting.join()

    assert waiting.exception is None
    assert log == ["slept"]


@settings(max_examples=50)
@given(st.lists(st.sampled_from(Rank), max_size=40))
def test_everybody_gets_his_turn_once_by_rank_and_then_as_they_came(ranks):
    turns, log = Turns(), list[int]()
    for number, rank in enumerate(ranks):
        turns.give(partial(log.append, number), rank)
    while len(log) < len(ranks):  # clients come one to a round
        gevent.sleep(0.0001)

    assert log == sorted(range(len(ranks)), key=lambda number: ranks[number])
