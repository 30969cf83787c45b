from core.messages import ExitPosition, RaiseEmergency
from core.state import position
from core.types import ExitReason, Role
from tests.state.position.desk import MINT, Desk

MIN = 60.0


def view(desk: Desk) -> position.PositionView:
    shown = position.view(desk.state, desk.now)
    assert shown is not None
    return shown


def test_a_fresh_position_shows_its_window_and_what_comes_next():
    desk = Desk()
    desk.advance(10 * MIN)
    shown = view(desk)

    assert (shown.held_minutes, shown.window, shown.urgency, shown.left_s) == (10.0, "golden", "none", 45 * MIN)
    assert [step.at_s / MIN for step in shown.next_steps] == [20, 25, 30, 35]
    assert (shown.next_level, shown.next_level_gain_bps, shown.levels_done) == (0, 1_500, ())
    assert shown.market_seen is False


def test_gain_and_result_follow_the_sale_price():
    desk = Desk()
    desk.trade(1.1)
    shown = view(desk)
    lamports, gain = shown.sale_lamports, shown.gain_bps

    assert lamports is not None
    assert gain is not None
    assert lamports > shown.cost_lamports
    assert gain == (lamports - shown.cost_lamports) * 10_000 // shown.cost_lamports
    # Landing fees of the buy are lost already, the rent of its token account is not.
    assert shown.pnl_lamports == lamports - shown.cost_lamports - 25_000


def test_levels_holdings_orders_and_panic_are_shown():
    desk = Desk()
    desk.trade(1.19)
    desk.settle(desk.only(), "failed")
    desk.settle(desk.only())
    desk.tell(RaiseEmergency(trigger=ExitReason.OPERATOR))
    shown = view(desk)

    assert shown.levels_done == (0,)
    assert shown.next_level == 1
    assert shown.holdings == {Role.LIGHTNING: shown.tokens}
    assert shown.in_flight == ("panic.op1.lightning.3",)
    assert shown.panic is ExitReason.OPERATOR


def test_failures_in_a_row_are_shown():
    desk = Desk()
    desk.trade(1.19)
    desk.settle(desk.only(), "failed")

    assert view(desk).failed_exits == 1


def test_a_closed_position_shows_nothing():
    desk = Desk()
    desk.tell(ExitPosition(mint=MINT, reason=ExitReason.OPERATOR, by="somebody"))
    desk.settle_all()

    assert position.view(desk.state, desk.now) is None
