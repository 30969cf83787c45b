"""Quotes of the constant-product program: rounding by example, and that exact-out and exact-in agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market.cpmm import CpmmSide, input_for, is_creator_fee_on_input, output_of

SIDES = st.builds(
    CpmmSide,
    st.integers(1, 10**15),
    st.integers(1, 10**15),
    st.integers(0, 50_000),
    st.integers(0, 50_000),
    st.booleans(),
)


def test_the_examples_of_the_programs_own_tests():
    """Constant-product rounding without fees, as raydium-cp-swap states it."""
    assert output_of(CpmmSide(4_000_000, 70_000_000_000, 0), 10) == 174_999
    assert output_of(CpmmSide(30_000 - 20, 10_000, 0), 20) == 6
    assert output_of(CpmmSide(20_000 - 10, 30_000, 0), 10) == 15
    assert output_of(CpmmSide(60_000, 30_000, 0), 99) == 49


def test_fees_round_against_the_trader_on_the_side_where_they_are_taken():
    on_input = CpmmSide(10**6, 10**6, 2_500, 1_000)
    on_output = CpmmSide(10**6, 10**6, 2_500, 1_000, is_creator_fee_on_input=False)

    # 1,001 less ⌈3.5035⌉ is 997: ⌊997·10⁶/1,000,997⌋ = 996.
    assert output_of(on_input, 1_001) == 996
    # 1,001 less ⌈2.5025⌉ is 998: 997, of which the creator takes ⌈0.997⌉.
    assert output_of(on_output, 1_001) == 996
    assert input_for(on_input, 996) == 1_001
    assert input_for(on_output, 996) == 1_001


@pytest.mark.parametrize(
    ("mode", "input_is_token_0", "expected"),
    [(0, True, True), (0, False, True), (1, True, True), (1, False, False), (2, True, False), (2, False, True)],
)
def test_whose_token_pays_the_creator(mode: int, input_is_token_0: bool, expected: bool):
    assert is_creator_fee_on_input(mode, input_is_token_0=input_is_token_0) is expected


@given(SIDES, st.integers(1, 10**15))
def test_paying_the_quoted_price_buys_at_least_what_was_asked(side: CpmmSide, wanted: int):
    price = input_for(side, wanted)

    if price is not None:
        bought = output_of(side, price)
        assert bought is not None
        assert bought >= wanted


@given(SIDES, st.integers(-5, 10**18))
def test_no_quote_empties_the_pool_or_is_dust(side: CpmmSide, amount: int):
    out = output_of(side, amount)

    assert out is None or 0 < out < side.reserve_out


def test_more_than_the_pool_holds_has_no_price():
    assert input_for(CpmmSide(100, 100, 0), 100) is None
    assert input_for(CpmmSide(100, 100, 0), 0) is None
    assert output_of(CpmmSide(100, 100, 0), 0) is None
