from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.rules.take_profit import (
    SalePrice,
    TakeProfitRule,
    gain_bps,
    highest,
    levels_passed,
    next_level,
    tokens_of,
    trailing_stop,
)

RULE = TakeProfitRule()
LEVELS = tuple((Fraction(gain, 100), Fraction(sells, 100)) for gain, sells in ((15, 25), (35, 40), (60, 50), (100, 75)))
"""(gain, share of what is left that is sold)"""


def passed(sale: int, done: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Levels passed when 1,000 tokens that cost 1,000 lamports would sell for `sale`."""
    return levels_passed(RULE, SalePrice(sale, 1_000), cost_lamports=1_000, bought_tokens=1_000, done=done)


def test_at_15_35_60_and_100_percent_the_levels_are_passed():
    assert [passed(sale) for sale in (1_149, 1_150, 1_350, 1_600, 2_000)] == [
        (),
        (0,),
        (0, 1),
        (0, 1, 2),
        (0, 1, 2, 3),
    ]


def test_each_level_is_used_once():
    assert passed(1_400, done=(0,)) == (1,)
    assert passed(1_400, done=(0, 1)) == ()


def test_the_sale_price_of_a_rest_is_compared_with_the_average_cost_of_all():
    assert levels_passed(RULE, SalePrice(300, 250), cost_lamports=1_000, bought_tokens=1_000, done=()) == (0,)


def test_levels_sell_25_40_50_and_75_percent_of_what_is_left():
    assert [tokens_of(RULE, (level,), 1_000) for level in range(4)] == [250, 400, 500, 750]


def test_levels_passed_together_sell_what_they_would_one_after_the_other():
    assert tokens_of(RULE, (0, 1), 1_000) == 250 + 300


def test_the_next_level_is_the_lowest_unused():
    assert next_level(RULE, (0, 2)) == 1
    assert next_level(RULE, (0, 1, 2, 3)) is None


def test_gain_is_shown_in_basis_points():
    assert gain_bps(SalePrice(1_100, 1_000), cost_lamports=1_000, bought_tokens=1_000) == 1_000
    assert gain_bps(SalePrice(450, 500), cost_lamports=1_000, bought_tokens=1_000) == -1_000


def test_the_trailing_stop_is_off_by_default():
    best, now = SalePrice(2_000, 1_000), SalePrice(1, 1_000)

    assert not trailing_stop(RULE, now, best, cost_lamports=1_000, bought_tokens=1_000)


def test_a_trailing_stop_sells_when_the_price_falls_from_its_highest():
    rule = TakeProfitRule(trailing_bps=1_000)
    best = highest(SalePrice(1_200, 1_000), SalePrice(1_100, 1_000))
    stops = [
        trailing_stop(rule, SalePrice(s, 1_000), best, cost_lamports=1_000, bought_tokens=1_000) for s in (1_080, 1_079)
    ]

    assert best == SalePrice(1_200, 1_000)
    assert stops == [False, True]


def test_a_trailing_stop_is_not_armed_before_its_gain():
    rule = TakeProfitRule(trailing_bps=1_000)

    assert not trailing_stop(
        rule, SalePrice(900, 1_000), SalePrice(1_149, 1_000), cost_lamports=1_000, bought_tokens=1_000
    )


def test_every_level_needs_a_share():
    with pytest.raises(Refused, match="one share"):
        TakeProfitRule(gains_bps=(1,), sells_bps=())


@given(st.integers(1, 10**12), st.integers(1, 10**15), st.integers(1, 10**15), st.integers(1, 10**12))
def test_levels_equal_exact_fractions(sale, held, bought, cost):
    gain = Fraction(sale, held) / Fraction(cost, bought) - 1
    expected = tuple(level for level, (need, _) in enumerate(LEVELS) if gain >= need)
    assert levels_passed(RULE, SalePrice(sale, held), cost_lamports=cost, bought_tokens=bought, done=()) == expected


@given(st.integers(1, 10**15), st.sets(st.integers(0, 3)))
def test_amounts_are_the_exact_share_rounded_down(held, levels):
    left = Fraction(held)
    for level in levels:
        left *= 1 - LEVELS[level][1]
    assert tokens_of(RULE, sorted(levels), held) == int(held - left)
