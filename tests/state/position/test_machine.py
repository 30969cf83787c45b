"""Ticks, restarts and lost messages: what the machine does when nothing, or something twice, or half of it arrives."""

import pytest

from core.effects import Finish
from core.messages import EntryAnswered, OpenPosition, OrderClosed, RaiseEmergency, Undelivered
from core.records import EmergencyFired, OrderIntended
from core.state import position
from core.types import ExitReason, Purpose
from tests.state.position.desk import MINT, OPERATION_ID, START_S, Desk, tick

MIN = 60.0


def test_it_ticks_at_every_full_second_since_the_first_fill():
    desk = Desk()
    desk.advance(7.0)
    desk.now.at_s += 0.4
    desk.restart()

    assert desk.timers["tick"][0] == START_S + 8.0


def test_a_position_of_a_closed_operation_ends_at_once():
    desk = Desk()
    desk.now.books = type(desk.now.books)()
    _, effects = position.begin(OpenPosition(operation_id=OPERATION_ID, mint=MINT), desk.now)

    assert effects == (Finish(),)


def test_messages_after_the_close_change_nothing():
    desk = Desk()
    desk.now.books = type(desk.now.books)()
    state, effects = position.step(desk.state, tick(), desk.now)

    assert (state, effects) == (desk.state, (Finish(),))


def test_a_restarted_position_knows_the_orders_on_their_way():
    desk = Desk()
    desk.trade(1.19)
    desk.begin_placed()
    desk.restart()
    desk.trade(1.19)

    assert [order.id for order in desk.going] == ["exit.op1.lightning.1"]
    assert desk.placed == []


def test_an_order_that_a_crash_took_before_its_intent_is_placed_again_under_its_id():
    desk = Desk()
    desk.trade(1.19)
    desk.restart(executor_too=True)
    desk.trade(1.19)

    assert desk.only().id == "exit.op1.lightning.1"


def test_an_order_placed_again_by_a_restarted_position_is_done_once():
    desk = Desk()
    desk.trade(1.19)
    desk.restart()
    desk.trade(1.19)
    desk.settle(desk.only())

    assert len(desk.written(OrderIntended)) == 2  # the entry and one exit
    assert desk.idle()


def test_an_order_the_executor_never_heard_of_is_told_again():
    desk = Desk()
    desk.trade(1.19)
    lost = desk.placed.pop()
    desk.tell(Undelivered(to="executor", command=RaiseEmergency(trigger=ExitReason.OPERATOR), full=True))
    desk.advance(1.0)
    assert desk.idle()
    desk.advance(2.0)

    assert desk.only() == lost


def test_an_end_that_was_journaled_but_never_told_is_found_in_the_books():
    desk = Desk()
    desk.trade(1.19)
    order = desk.only()
    desk.begin_placed()
    desk.going.remove(order)
    settlement = desk.execute(order, "drawn")
    desk.book(order, "failed", settlement, "drawn")
    desk.advance(1.0)
    assert desk.idle()
    desk.advance(2.0)

    assert (desk.only().id, desk.only().slippage_bps) == ("exit.op1.lightning.2", 1_000)


def test_an_end_told_twice_changes_nothing():
    desk = Desk()
    desk.trade(1.19)
    order = desk.only()
    desk.settle(order, "failed")
    again = desk.only()
    desk.tell(OrderClosed(order=order, outcome="failed", error="drawn"))

    assert desk.only() == again


def test_a_restart_in_a_panic_goes_on_with_it_and_fires_nothing_twice():
    desk = Desk()
    desk.trade(1.0)
    desk.tell(RaiseEmergency(trigger=ExitReason.RISK_LIMIT))
    desk.settle(desk.only(), "failed")
    desk.restart(executor_too=True)

    assert desk.only().purpose is Purpose.PANIC
    assert desk.only().slippage_bps == 4_500
    assert len(desk.written(EmergencyFired)) == 1


def test_a_restart_after_the_last_sale_closes_the_operation():
    desk = Desk()
    desk.tell(RaiseEmergency(trigger=ExitReason.OPERATOR))
    order = desk.only()
    desk.begin_placed()
    desk.going.remove(order)
    desk.book(order, "filled", desk.execute(order, ""))
    desk.restart()
    desk.settle(desk.only())

    assert desk.finished


def test_a_proceeds_transfer_is_not_made_twice_over_a_restart():
    desk = Desk()
    desk.tell(RaiseEmergency(trigger=ExitReason.OPERATOR))
    desk.settle_all()
    transfer = desk.only()
    desk.begin_placed()
    desk.going.remove(transfer)
    desk.book(transfer, "filled", desk.execute(transfer, ""))
    desk.restart()

    assert desk.idle()
    assert desk.finished


def test_an_answer_nobody_asked_for_changes_nothing():
    desk = Desk()
    before = desk.state
    desk.tell(EntryAnswered(mint=MINT, admitted=True, verdicts=()))

    assert not desk.state.reentry_pending
    assert desk.state.sent == before.sent


@pytest.mark.parametrize("executor_too", [False, True])
def test_restarts_every_few_seconds_change_nothing_in_what_time_forces(executor_too):
    """Durable behaviour: the same exits, at the same time, of the same size."""
    plain, restarted = (
        Desk(spend=30_000_000, reentry_spend=10_000_000),
        Desk(spend=30_000_000, reentry_spend=10_000_000),
    )
    for desk in (plain, restarted):
        for second in range(3_400):
            desk.advance(float(second))
            if second % 7 == 3 and desk is restarted and not desk.finished:
                desk.restart(executor_too=executor_too)
            if second % 4 == 0:
                desk.settle_all("failed" if second % 3 else "")

    fills = [
        [(fill.at_s, fill.reason, fill.role, fill.tokens) for fill in desk.now.books.closed[0].exits]
        for desk in (plain, restarted)
    ]
    assert fills[0] == fills[1]
    assert len(fills[0]) >= 8
