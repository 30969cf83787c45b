"""A sale of which nobody knows what became of it: another is signed, and both outcomes are read."""

from tests.state.position.desk import Desk


def test_a_sale_that_can_land_no_more_and_is_not_proven_absent_is_signed_anew():
    desk = Desk()
    desk.trade(0.77)
    first = desk.only()
    desk.begin_placed()
    desk.now.market.slot = 1 + desk.now.settings.orders.sign_again_slots
    desk.trade(0.77)
    assert desk.placed == []

    desk.now.market.slot += 1
    desk.trade(0.77)

    (second,) = desk.placed
    assert second.id != first.id
    assert second.tokens == first.tokens
    assert desk.going == [first]


def test_of_two_sales_that_overlap_the_second_fails_and_the_operation_closes_when_both_are_read():
    desk = Desk()
    desk.trade(0.77)
    first = desk.only()
    desk.begin_placed()
    desk.now.market.slot = 100
    desk.trade(0.77)
    (second,) = desk.placed
    desk.begin_placed()

    assert desk.settle(first) == "filled"
    assert not list(desk.now.books.closed)
    assert desk.settle(second) == "failed"

    assert desk.now.books.closed[0].net_lamports == sum(
        change for account, change in desk.now.books.accounts.items() if account.startswith("wallet:")
    ) - sum(desk.now.books.start_lamports.values())


def test_a_panic_goes_on_past_a_sale_that_stays_unresolved():
    desk = Desk()
    desk.trade(0.5)
    first = desk.only()
    desk.begin_placed()
    desk.now.market.slot = 100
    desk.trade(0.5)

    (second,) = desk.placed
    assert (second.purpose, second.role) == (first.purpose, first.role)
