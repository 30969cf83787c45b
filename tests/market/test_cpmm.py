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


# Side, amount in and what it gives, amount out and what it costs.
ANSWERS = [
    (CpmmSide(930_458, 183_192_608_895, 2_500, 500, is_creator_fee_on_input=True), 12, 1_968_822, 1_563_635_415, 8_036),
    (
        CpmmSide(1_856_755_306, 587_958, 10_000, 500, is_creator_fee_on_input=True),
        516_944_087,
        126_991,
        517_429,
        13_766_448_506,
    ),
    (
        CpmmSide(51_229_735, 4_241_172, 7_050, 1_930, is_creator_fee_on_input=True),
        8_700_278,
        610_975,
        3_791_152,
        435_490_889,
    ),
    (CpmmSide(1_054_084, 77_844_848, 19_873, 500, is_creator_fee_on_input=False), 1_046, 75_585, 43_189_760, 1_341_823),
    (
        CpmmSide(726_683_609_734, 1_670_135_017, 2_500, 37_854, is_creator_fee_on_input=False),
        214_834_076,
        473_734,
        14_740_170,
        6_744_419_070,
    ),
    (CpmmSide(38_396_309, 3_346_162_926, 10_000, 500, is_creator_fee_on_input=True), 833, 71_721, 3_569_773, 41_442),
    (CpmmSide(589, 1_474_780, 10_000, 500, is_creator_fee_on_input=False), 52, 117_462, 151_678, 69),
    (
        CpmmSide(5_221_987, 3_831_404_209, 2_500, 10_283, is_creator_fee_on_input=True),
        469_565,
        312_387_317,
        119_395_702,
        170_139,
    ),
]


@pytest.mark.parametrize(("side", "given_in", "out", "wanted_out", "cost"), ANSWERS)
def test_quotes_are_those_of_raydiums_own_sdk(side: CpmmSide, given_in: int, out: int, wanted_out: int, cost: int):
    """Answers of npm @raydium-io/raydium-sdk-v2 0.2.73 to random pools with creators' fees."""
    assert output_of(side, given_in) == out
    assert input_for(side, wanted_out) == cost


def test_the_examples_of_the_programs_own_tests():
    """Constant-product rounding without fees, as raydium-cp-swap states it."""
    assert output_of(CpmmSide(4_000_000, 70_000_000_000, 0), 10) == 174_999
    assert output_of(CpmmSide(30_000 - 20, 10_000, 0), 20) == 6
    assert output_of(CpmmSide(20_000 - 10, 30_000, 0), 10) == 15
    assert output_of(CpmmSide(60_000, 30_000, 0), 99) == 49


def test_fees_round_against_the_trader_on_the_side_where_they_are_taken():
    on_input = CpmmSide(10**6, 10**6, 2_500, 1_000)
    on_output = CpmmSide(10**6, 10**6, 2_500, 1_000, is_creator_fee_on_input=False)

    # 1,001 less ⌈2.5025⌉ and ⌈1.001⌉ is 996: ⌊996·10⁶/1,000,996⌋ = 995.
    assert output_of(on_input, 1_001) == 995
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

    # Two fees on the input are rounded as one here and each by itself there.
    if price is not None and (side.creator_rate == 0 or not side.is_creator_fee_on_input):
        bought = output_of(side, price)
        assert bought is not None
        assert bought >= wanted


@given(SIDES, st.integers(-5, 10**18))
def test_no_quote_empties_the_pool_or_is_dust(side: CpmmSide, amount: int):
    out = output_of(side, amount)

    assert out is None or 0 < out < side.reserve_out


def test_more_than_the_pool_holds_has_no_price():
    assert input_for(CpmmSide(100, 100, 1), 100) is None
    assert input_for(CpmmSide(100, 100, 1), 0) is None
    # No fee to split: the program fails there.
    assert input_for(CpmmSide(100, 100, 0), 1) is None
    assert output_of(CpmmSide(100, 100, 0), 0) is None
