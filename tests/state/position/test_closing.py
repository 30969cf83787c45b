from core.messages import DataEnded, ExitPosition, PositionValued, RaiseEmergency, SettleOperation
from core.records import BreakerSet, EmergencyFired, OperationClosed, TokenFlagged
from core.types import ExitReason, Purpose, Role
from tests.state.position.desk import MINT, Desk

MIN = 60.0


def sold_by_operator(desk: Desk) -> None:
    desk.tell(ExitPosition(mint=MINT, reason=ExitReason.OPERATOR, by="somebody"))
    desk.settle_all()


def panicked(desk: Desk, trigger: ExitReason = ExitReason.OPERATOR) -> None:
    desk.tell(RaiseEmergency(trigger=trigger))
    desk.settle_all()


def test_flat_the_operation_is_closed_at_its_net_and_handed_to_the_treasurer():
    desk = Desk()
    net_before = desk.operation.net_lamports
    sold_by_operator(desk)

    record = desk.written(OperationClosed)[0]
    proceeds = record.proceeds_lamports
    assert desk.finished
    # What came back less the fee of its transaction; the rent of the token account had not been a cost.
    assert record.net_lamports == net_before + proceeds - 25_000
    assert record.reason is ExitReason.OPERATOR
    assert [message.operation_id for _, message in desk.told if isinstance(message, SettleOperation)] == ["op1"]


def test_the_gate_hears_what_a_position_is_worth_and_that_it_is_nothing_at_the_end():
    desk = Desk()
    desk.advance(1.0)
    sold_by_operator(desk)

    values = [message.sale_lamports for _, message in desk.told if isinstance(message, PositionValued)]
    assert len(values) == 2
    assert values[0] > 0
    assert values[1] == 0


def test_a_wish_to_leave_sells_everything_as_an_ordinary_exit():
    desk = Desk()
    desk.tell(ExitPosition(mint=MINT, reason=ExitReason.OPERATOR, by="shutdown"))

    assert (desk.only().purpose, desk.only().tokens) == (Purpose.EXIT, desk.operation.tokens)


def test_the_token_account_is_closed_with_the_sale_that_empties_it():
    desk = Desk()
    desk.trade(1.19)
    assert not desk.only().close_account
    desk.settle_all()
    desk.tell(ExitPosition(mint=MINT, reason=ExitReason.OPERATOR, by="somebody"))

    assert desk.only().close_account


def test_dust_that_keeps_the_account_open_does_not_keep_us_from_selling():
    desk = Desk()
    desk.tell(ExitPosition(mint=MINT, reason=ExitReason.OPERATOR, by="somebody"))
    desk.settle(desk.only(), error="the token account is not empty")

    assert not desk.only().close_account
    assert desk.settle(desk.only()) == "filled"
    assert desk.finished


def test_panic_proceeds_are_moved_to_tactical_exit_before_the_close():
    desk = Desk()
    before = desk.now.books.balance(Role.TACTICAL_EXIT)
    panicked(desk)

    transfer = desk.only()
    assert (transfer.purpose, transfer.role, transfer.to_role) == (
        Purpose.PROCEEDS,
        Role.LIGHTNING,
        Role.TACTICAL_EXIT,
    )
    assert transfer.lamports == desk.operation.exits[0].proceeds_lamports
    net = desk.operation.net_lamports
    desk.settle(transfer)

    assert desk.now.books.balance(Role.TACTICAL_EXIT) == before + transfer.lamports
    assert desk.written(OperationClosed)[0].net_lamports == net  # its fee is the treasury's
    assert desk.finished


def test_proceeds_that_cannot_be_moved_do_not_keep_the_operation_open():
    desk = Desk()
    panicked(desk)
    for _ in range(3):
        desk.settle(desk.only(), "failed")

    assert desk.finished


def test_an_ordinary_exit_moves_nothing():
    desk = Desk()
    sold_by_operator(desk)

    assert desk.finished
    assert desk.idle()


def test_after_a_panic_the_token_is_flagged_for_ever():
    desk = Desk()
    panicked(desk)
    desk.settle_all()

    assert [record.mint for record in desk.written(TokenFlagged)] == [MINT]
    assert desk.alerts() == ["emergency_operator", "panic_exit_done"]


def test_a_single_panic_by_the_operator_leaves_the_breaker_closed():
    desk = Desk()
    panicked(desk)
    desk.settle_all()

    assert desk.written(BreakerSet) == []


def test_a_honeypot_opens_the_breaker_for_half_an_hour():
    desk = Desk()
    panicked(desk, ExitReason.HONEYPOT)
    desk.settle_all()

    fired = desk.written(EmergencyFired)[0]
    assert [record.until_s for record in desk.written(BreakerSet)] == [fired.at_s + 1_800]


def test_a_second_panic_within_an_hour_opens_the_breaker():
    desk = Desk()
    desk.write(
        EmergencyFired(
            at_s=desk.now.at_s, operation_id="op0", mint="M0", trigger=ExitReason.OPERATOR, slippage_bps=1, detail=""
        )
    )
    panicked(desk)
    desk.settle_all()

    assert len(desk.written(BreakerSet)) == 1


def test_the_close_waits_for_orders_on_their_way_whose_fees_belong_to_the_net():
    desk = Desk()
    desk.trade(1.19)
    ordinary = desk.only()
    desk.begin_placed()
    desk.tell(RaiseEmergency(trigger=ExitReason.OPERATOR))
    desk.settle(desk.placed[0])
    assert not desk.operation.tokens
    assert not desk.finished
    net = desk.operation.net_lamports
    assert desk.settle(ordinary) == "failed"
    desk.advance(11.0)  # the wish to buy more at such a price was never answered
    desk.settle_all()

    assert desk.written(OperationClosed)[0].net_lamports == net - 25_000


def test_where_data_end_the_rest_is_sold_at_the_last_reserves_outside_the_statistics():
    desk = Desk()
    desk.trade(1.1)
    desk.tell(DataEnded(mint=MINT, at_s=desk.now.at_s, slot=2))
    assert desk.only().reason is ExitReason.DATA_END
    # The next token of the recording begins hours later: neither time nor silence is an emergency then.
    desk.advance(4 * 60 * MIN)
    desk.settle_all("expired")
    desk.settle_all()

    record = desk.written(OperationClosed)[0]
    assert (record.reason, record.outside_statistics) == (ExitReason.DATA_END, True)
    assert desk.written(EmergencyFired) == []
    assert not [message for _, message in desk.told if isinstance(message, SettleOperation)]


def test_a_restart_after_the_end_of_data_still_knows_it():
    desk = Desk()
    desk.tell(DataEnded(mint=MINT, at_s=desk.now.at_s, slot=2))
    desk.begin_placed()
    desk.restart()
    desk.advance(4 * 60 * MIN)
    desk.settle_all("failed")
    desk.restart()
    desk.settle_all()

    assert desk.written(OperationClosed)[0].outside_statistics
