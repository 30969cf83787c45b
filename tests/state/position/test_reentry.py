from typing import Any

from core.messages import EntryAnswered, ExitPosition, OrderClosed, RequestReentry
from core.records import OrderIntended
from core.types import ExitReason, Purpose, Role
from tests.state.position.desk import MINT, Desk

MIN = 60.0


def asked(desk: Desk) -> list[Any]:
    return [(to, message) for to, message in desk.told if isinstance(message, RequestReentry)]


def answered(desk: Desk, *, admitted: bool) -> None:
    desk.tell(EntryAnswered(mint=MINT, admitted=admitted, verdicts=()))


def rise(desk: Desk) -> None:
    """The price stands 16 % over the entry's, the sale price not yet at the first level."""
    desk.trade(1.165)


def test_at_115_percent_of_the_entry_price_the_position_asks_for_more():
    desk = Desk()
    desk.trade(1.14)
    assert asked(desk) == []
    rise(desk)

    [(to, request)] = asked(desk)
    assert to == f"watcher.{MINT}"
    assert (request.operation_id, request.reserves) == ("op1", desk.reserves)


def test_it_is_judged_after_the_exits_of_the_same_event():
    desk = Desk()
    desk.trade(1.2)

    assert desk.only().levels == (0,)
    assert len(asked(desk)) == 1


def test_one_wish_at_a_time_and_after_a_refusal_not_at_once_again():
    desk = Desk()
    rise(desk)
    rise(desk)
    answered(desk, admitted=False)
    rise(desk)
    assert len(asked(desk)) == 1
    desk.advance(10.0)
    assert len(asked(desk)) == 2


def test_the_golden_window_must_last():
    desk = Desk()
    desk.advance(15 * MIN)
    rise(desk)

    assert asked(desk) == []


def test_at_most_two_and_five_minutes_apart():
    desk = Desk()
    times = list[float]()
    for second in range(0, 15 * 60, 5):
        before = len(asked(desk))
        desk.advance(float(second))
        rise(desk)
        if len(asked(desk)) > before:
            times.append(desk.held_s)
            answered(desk, admitted=True)
            bought(desk, len(times))

    assert times == [0.0, 300.0]


def bought(desk: Desk, number: int) -> None:
    """The re-entry that the gate admitted lands."""
    desk.buy(Purpose.REENTRY, Role.REENTRY, 5_000_000, f"reentry.op1.{10 + number}")
    desk.tell(OrderClosed(order=desk.written(OrderIntended)[-1].order, outcome="filled"))


def test_after_layer_2_has_fired_nothing_is_bought_though_its_sale_fails():
    desk = Desk()
    desk.trade(0.78)
    desk.settle(desk.only(), "failed")
    rise(desk)

    assert asked(desk) == []


def test_who_wants_out_does_not_ask_for_more():
    desk = Desk()
    desk.tell(ExitPosition(mint=MINT, reason=ExitReason.OPERATOR, by="somebody"))
    rise(desk)

    assert asked(desk) == []


def test_flat_while_a_wish_is_open_waits_for_its_answer():
    desk = Desk()
    rise(desk)
    desk.tell(ExitPosition(mint=MINT, reason=ExitReason.OPERATOR, by="somebody"))
    desk.settle_all()
    assert not desk.finished
    answered(desk, admitted=False)

    assert desk.finished


def test_a_buy_that_lands_after_all_was_sold_is_sold_too():
    desk = Desk()
    rise(desk)
    desk.tell(ExitPosition(mint=MINT, reason=ExitReason.OPERATOR, by="somebody"))
    answered(desk, admitted=True)
    desk.settle_all()
    bought(desk, 1)

    assert desk.only().role is Role.REENTRY
    desk.settle_all()
    assert desk.finished
