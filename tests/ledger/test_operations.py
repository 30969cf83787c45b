import pytest

from core.errors import NeedsReconcile
from core.ledger.books import Books
from core.ledger.fold import apply
from core.records import EmergencyFired, OperationClosed, Posting
from core.types import ExitReason, Purpose, Role
from tests.ledger.journal import bought, buy, closing, failed, opened, sell, settled, sold, through


def holding(tokens: int = 1_000) -> Books:
    order = buy()
    return through(opened(), order, bought(order, tokens))


def test_an_operation_begins_with_its_first_fill():
    operation = holding().operations["op1"]

    assert (operation.opened_at_s, operation.tokens, operation.bought_tokens) == (1_000.0, 1_000, 1_000)
    assert operation.entry_price == 90_000_000_000 / 357_666_666_666_666
    assert (operation.entry_lamports, operation.cost_lamports) == (1_000_000, 1_000_000)
    assert operation.reentry_start_lamports == 56_250_000
    assert holding().used_in_generation == 1


def test_a_buy_that_never_filled_is_no_operation():
    order = buy()
    books = through(opened(), order, failed(order))

    assert books.operations == {}
    assert books.used_in_generation == 0
    assert books.accounts["failed_entries"] == 5_000
    assert books.realised_today_lamports == -5_000


def test_refundable_rent_is_no_cost_and_the_fee_of_landing_is_not_in_the_average_cost():
    operation = holding().operations["op1"]

    assert operation.rent_lamports == 2_039_280
    assert operation.net_lamports == -1_005_000
    assert operation.cost_lamports / operation.bought_tokens == 1_000.0


def test_a_reentry_adds_tokens_and_cost_but_no_life():
    order = buy(role=Role.REENTRY, lamports=600_000)
    books = through(holding(), order, bought(order, 500, at_s=1_010.0))
    operation = books.operations["op1"]

    assert operation.holdings == {Role.LIGHTNING: 1_000, Role.REENTRY: 500}
    assert (operation.cost_lamports, operation.entry_lamports) == (1_600_000, 1_000_000)
    assert [at_s for at_s, _, _ in operation.entries] == [1_000.0, 1_010.0]
    assert (operation.opened_at_s, books.used_in_generation) == (1_000.0, 1)


def test_a_sale_takes_from_its_wallet_and_remembers_levels():
    order = sell(400, levels=(0, 1))
    operation = through(holding(), order, sold(order, 700_000)).operations["op1"]

    assert operation.holdings == {Role.LIGHTNING: 600}
    assert operation.levels_done == (0, 1)
    (fill,) = operation.exits
    assert (fill.tokens, fill.proceeds_lamports, fill.role) == (400, 693_000, Role.LIGHTNING)
    assert operation.net_lamports == -1_005_000 + 693_000 - 5_000


def test_dust_that_others_sent_is_sold_along_and_leaves_nothing_behind():
    order = sell(1_007)
    operation = through(holding(), order, sold(order, 700_000)).operations["op1"]

    assert operation.holdings == {}
    assert operation.tokens == 0


def test_a_failed_exit_costs_its_fee_and_counts_until_one_fills():
    books = holding()
    for count in (2, 3):
        order = sell(1_000, count=count)
        books = through(books, order, failed(order))
    operation = books.operations["op1"]
    assert operation.failed_exits == 2
    assert operation.net_lamports == -1_005_000 - 2 * 5_000
    assert operation.fees["base"] == 3 * 5_000

    order = sell(500, count=4)
    assert through(books, order, sold(order, 1_000)).operations["op1"].failed_exits == 0


def test_a_failed_panic_does_not_count_among_the_ordinary_exits():
    order = sell(1_000, id="panic.op1.2", purpose=Purpose.PANIC)

    assert through(holding(), order, failed(order)).operations["op1"].failed_exits == 0


def test_closing_remembers_the_token_the_result_and_that_the_tax_is_due():
    order = sell(1_000)
    books = through(holding(), order, sold(order, 2_000_000, rent=2_039_280))
    books = apply(books, closing(books))

    (closed,) = books.closed
    assert closed.net_lamports == 2_000_000 - 20_000 - 5_000 - 1_005_000
    assert books.operations == {}
    assert books.held_until_s == {"M": 2_000.0}
    assert books.realised_today_lamports == closed.net_lamports
    assert books.unsettled() == (closed,)
    assert books.militia.streak == 0


def test_a_loss_counts_for_the_militia():
    books = holding()

    assert apply(books, closing(books)).militia.streak == 1


def test_what_ended_with_the_data_counts_for_nothing_and_owes_nothing():
    books = holding()
    books = apply(books, closing(books, outside_statistics=True))

    assert books.militia.streak == 0
    assert books.unsettled() == ()


def test_the_wallet_with_most_proceeds_pays_the_tax():
    order = buy(role=Role.REENTRY)
    books = through(holding(), order, bought(order, 500))
    for role, count, proceeds in [
        (Role.LIGHTNING, 2, 400_000),
        (Role.REENTRY, 3, 500_000),
        (Role.LIGHTNING, 4, 90_000),
    ]:
        order = sell(100, role=role, count=count)
        books = through(books, order, sold(order, proceeds))

    assert apply(books, closing(books)).closed[0].proceeds_role is Role.REENTRY


def test_after_a_panic_tactical_exit_pays_it():
    books = holding()
    fired = EmergencyFired(
        at_s=1_001.0, operation_id="op1", mint="M", trigger=ExitReason.HONEYPOT, slippage_bps=7_000, detail=""
    )
    books = apply(books, fired)

    assert apply(books, closing(books)).closed[0].proceeds_role is Role.TACTICAL_EXIT


def test_the_rent_of_an_unsellable_remainder_is_lost():
    books = holding()
    lost = (Posting("rent", -2_039_280), Posting("rent_lost", 2_039_280))
    books = apply(books, closing(books, postings=lost))

    assert (books.accounts["rent"], books.accounts["rent_lost"]) == (0, 2_039_280)
    assert books.rents == {Role.LIGHTNING: 0}


def test_closing_what_is_not_open_is_refused():
    books = holding()
    record: OperationClosed = closing(books)

    with pytest.raises(NeedsReconcile):
        apply(apply(books, record), record)


def test_a_transfer_of_the_treasury_is_in_no_operations_net():
    order = buy()
    transfer = sell(0, id="proceeds.op1.2", purpose=Purpose.PROCEEDS, side=None, to_role=Role.TACTICAL_EXIT)
    books = through(opened(), order, bought(order, 1_000))
    books = through(books, transfer, failed(transfer))

    assert books.operations["op1"].net_lamports == -1_005_000
    assert books.accounts["treasury"] == 5_000


def test_a_sale_after_the_close_moves_lamports_alone():
    books = holding()
    order = sell(1_000)
    late = apply(books, closing(books))
    late = through(late, order, sold(order, 700_000))

    assert late.operations == {}
    assert late.balance(Role.LIGHTNING) == books.balance(Role.LIGHTNING) + 693_000 - 5_000


def test_settling_an_order_twice_is_refused():
    order = buy()
    books = through(opened(), order, bought(order, 1_000))

    with pytest.raises(NeedsReconcile):
        apply(books, settled(order, bought(order, 1_000)))
