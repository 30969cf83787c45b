from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.ledger.books import Books, OpenOrder, Operation
from core.messages import Order
from core.rules.capital import CapitalRule, split, start_lamports
from core.rules.stake import (
    StakeRule,
    buy_rents_lamports,
    capital_verdict,
    entry_lamports,
    reentry_lamports,
    reserve_lamports,
)
from core.rules.verdict import Outcome
from core.types import Purpose, Role, Side, Venue

RULE = StakeRule()
FEE = 25_000
CURVE_RENTS = 2_074_080 + 1_844_400
EXIT_RENTS = 2_039_280 + 1_844_400


def books_at(sol_usd: float) -> Books:
    parts = split(CapitalRule(), start_lamports(CapitalRule(), sol_usd))
    return Books(start_lamports=parts, accounts={f"wallet:{role}": lamports for role, lamports in parts.items()})


def entry(books: Books, *, room: int = 1, venue: Venue = Venue.CURVE, fee_lamports: int = FEE) -> int:
    return entry_lamports(RULE, books, venue, room=room, token_2022=True, fee_lamports=fee_lamports)


def test_a_stake_is_eighty_percent_of_lightning():
    assert entry(books_at(80.0)) == 40_000_000


def test_capital_above_the_confirmed_cap_stays_unspent():
    books = books_at(80.0)
    richer = replace(books, accounts=books.accounts | {"wallet:lightning": 500_000_000})

    assert entry(richer) == 400_000_000
    assert entry(replace(richer, cap_lamports=250_000_000)) == 40_000_000
    assert entry(replace(books, cap_lamports=250_000_000)) == 40_000_000


def test_the_reserve_is_all_rents_of_this_trade_and_a_later_pool_exit_the_exemption_and_four_fees():
    reserve = reserve_lamports(RULE, books_at(80.0), Role.LIGHTNING, Venue.CURVE, token_2022=True, fee_lamports=FEE)

    assert reserve == CURVE_RENTS + EXIT_RENTS + 890_880 + 4 * FEE


def test_where_sol_is_dear_the_reserve_decides():
    lightning = books_at(250.0).balance(Role.LIGHTNING)

    assert entry(books_at(250.0)) == lightning - (CURVE_RENTS + EXIT_RENTS + 890_880 + 4 * FEE)


def test_capital_of_twenty_dollars_is_too_small_from_about_284_dollars_a_sol():
    for sol_usd, enough in [(283.0, True), (285.0, False)]:
        stake = entry(books_at(sol_usd))
        assert capital_verdict(RULE, stake_lamports=stake, sol_usd=sol_usd).ok is enough


def test_a_stake_of_exactly_a_dollar_fifty_is_enough():
    assert capital_verdict(RULE, stake_lamports=18_750_000, sol_usd=80.0).ok
    assert not capital_verdict(RULE, stake_lamports=18_749_999, sol_usd=80.0).ok
    assert capital_verdict(RULE, stake_lamports=18_750_000, sol_usd=None).outcome is Outcome.UNKNOWN


def test_rents_that_are_paid_already_are_not_kept_back_again():
    books = books_at(80.0)
    fresh = buy_rents_lamports(books, Role.LIGHTNING, Venue.CURVE, token_2022=False)
    known = replace(books, accumulators=frozenset({"lightning.0.curve"}))
    other_generation = replace(known, generation=1)

    assert fresh == 2_039_280 + 1_844_400
    assert buy_rents_lamports(known, Role.LIGHTNING, Venue.CURVE, token_2022=False) == 2_039_280
    assert buy_rents_lamports(known, Role.LIGHTNING, Venue.CURVE, token_2022=False, holds=True) == 0
    assert buy_rents_lamports(other_generation, Role.LIGHTNING, Venue.CURVE, token_2022=False) == fresh


def test_a_buy_on_a_pool_needs_the_wrapped_sol_account_too():
    rents = buy_rents_lamports(books_at(80.0), Role.LIGHTNING, Venue.POOL, token_2022=False)

    assert rents == 2 * 2_039_280 + 1_844_400


def holding(cost: int, **changes: int) -> Operation:
    return replace(
        Operation(id="op1", mint="m", symbol="M", opened_at_s=0.0, entry_price=1.0, entry_lamports=cost), **changes
    )


def test_room_for_three_shares_what_lightning_had_before_the_open_entries():
    books = books_at(80.0)
    first = entry(books, room=3)
    spent = books.accounts | {"wallet:lightning": 50_000_000 - first}
    second = entry(replace(books, accounts=spent, operations={"op1": holding(first)}), room=3)

    assert first == second == 13_333_333


def test_an_entry_on_its_way_is_kept_back_and_counted_as_open():
    order = Order(
        id="entry.op1.1",
        purpose=Purpose.ENTRY,
        role=Role.LIGHTNING,
        payer=Role.LIGHTNING,
        side=Side.BUY,
        lamports=13_333_333,
        reserved_lamports=18_000_000,
    )
    books = replace(books_at(80.0), orders={order.id: OpenOrder(order=order, at_s=0.0)})

    assert entry(books, room=3) == int((Fraction(50_000_000 - 18_000_000) + 13_333_333) * 4 / 5 / 3)


def test_a_reentry_spends_thirty_percent_of_what_its_wallet_held_at_the_operations_start():
    books = books_at(80.0)
    operation = holding(40_000_000, reentry_start_lamports=56_250_000)

    first = reentry_lamports(RULE, books, operation, Venue.CURVE, fee_lamports=FEE)
    drained = replace(books, accounts=books.accounts | {"wallet:reentry": 20_000_000})
    second = reentry_lamports(RULE, drained, operation, Venue.CURVE, fee_lamports=FEE)

    assert first == 16_875_000
    assert second == 20_000_000 - (2_039_280 + 1_844_400 + EXIT_RENTS + 890_880 + 4 * FEE)


@pytest.mark.parametrize("lightning", [0, 890_880, 5_000_000])
def test_a_wallet_that_cannot_keep_its_reserve_stakes_nothing(lightning):
    books = replace(books_at(80.0), accounts={"wallet:lightning": lightning})

    assert entry(books) == 0


@given(st.integers(0, 10**10), st.integers(5_000, 2_005_000), st.integers(1, 3), st.sampled_from(Venue))
def test_a_stake_always_leaves_its_reserve(lightning, fee_lamports, room, venue):
    books = replace(books_at(80.0), accounts={"wallet:lightning": lightning})
    stake = entry(books, room=room, venue=venue, fee_lamports=fee_lamports)
    reserve = reserve_lamports(RULE, books, Role.LIGHTNING, venue, token_2022=True, fee_lamports=fee_lamports)

    assert 0 <= stake <= Fraction(lightning) * 4 / 5 / room
    assert stake == 0 or lightning - stake >= reserve
