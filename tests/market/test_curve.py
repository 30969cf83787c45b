from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.market import curve as curves
from core.market.curve import START, Curve
from tests.market.states import SOL, spends, traded_curves

tokens_amounts = st.integers(1, 793_100_000_000_000)


def exact_cost(curve: Curve, tokens: int) -> Fraction:
    """Independent model: what the constant product asks for, in rational numbers."""
    invariant = Fraction(curve.virtual_quote) * curve.virtual_base
    return invariant / (curve.virtual_base - tokens) - curve.virtual_quote


def exact_proceeds(curve: Curve, tokens: int) -> Fraction:
    invariant = Fraction(curve.virtual_quote) * curve.virtual_base
    return curve.virtual_quote - invariant / (curve.virtual_base + tokens)


def test_a_curve_starts_with_30_virtual_sol_and_793_million_tokens_for_sale():
    assert Curve(30 * SOL, 1_073_000_000_000_000, 0, 793_100_000_000_000, False) == START
    assert curves.spot_price(START) == (30_000_000_000, 1_073_000_000_000_000)


def test_buying_the_whole_curve_costs_about_85_sol_and_completes_it():
    cost = curves.buy_cost(START, START.real_base)

    after = curves.after_buy(START, START.real_base, cost)

    assert cost == 85_005_359_057
    assert after.complete
    assert after.real_base == 0


def test_a_recorded_exact_in_buy_of_three_sol_after_fees():
    # Mainnet, July 2026: 2,962,962,962 lamports reached a fresh curve.
    assert curves.buy_tokens(START, 2_962_962_962) == 96_449_438_144_093


def test_a_recorded_sell_gives_back_one_lamport_less_than_its_buy_cost():
    # Mainnet, August 2024: 605,426,095,720 token units bought for 24,080,282 and sold for 24,080,281 lamports.
    curve = Curve(35_769_639_870, 899_925_208_216_021, 5_769_639_870, 620_025_208_216_021)
    tokens = 605_426_095_720

    cost = curves.buy_cost(curve, tokens)
    after = curves.after_buy(curve, tokens, cost)

    assert (cost, curves.sell_proceeds(after, tokens)) == (24_080_282, 24_080_281)


@given(traded_curves(), tokens_amounts)
def test_a_buy_costs_the_rational_price_rounded_up_by_at_most_a_lamport(curve, tokens):
    tokens = min(tokens, curve.real_base)
    exact = exact_cost(curve, tokens)
    assert exact < curves.buy_cost(curve, tokens) <= exact + 1


@given(traded_curves(), spends)
def test_an_exact_in_buy_gives_what_its_spend_less_a_lamport_is_worth_rounded_down(curve, spend):
    exact = curve.virtual_base - Fraction(curve.virtual_quote) * curve.virtual_base / (curve.virtual_quote + spend - 1)
    assert curves.buy_tokens(curve, spend) == min(int(exact), curve.real_base)


@given(traded_curves(), tokens_amounts)
def test_a_sell_pays_the_rational_price_rounded_down(curve, tokens):
    exact = exact_proceeds(curve, tokens)
    if exact >= curve.real_quote + 1:
        with pytest.raises(Refused):
            curves.sell_proceeds(curve, tokens)
    else:
        assert curves.sell_proceeds(curve, tokens) == int(exact)


@given(traded_curves(), spends)
def test_tokens_bought_exact_in_never_cost_more_than_the_spend(curve, spend):
    tokens = curves.buy_tokens(curve, spend)
    if tokens:
        assert curves.buy_cost(curve, tokens) <= spend


@given(traded_curves(), tokens_amounts)
def test_buy_then_sell_never_profits_and_loses_at_most_two_lamports(curve, tokens):
    tokens = min(tokens, curve.real_base - 1)
    if tokens < 1:
        return
    cost = curves.buy_cost(curve, tokens)
    back = curves.sell_proceeds(curves.after_buy(curve, tokens, cost), tokens)
    assert cost - 2 <= back <= cost


@given(traded_curves(), spends, st.integers(1, 99))
def test_splitting_a_spend_never_gives_more_tokens(curve, spend, percent):
    first = max(spend * percent // 100, 1)
    tokens = curves.buy_tokens(curve, first)
    whole = curves.buy_tokens(curve, spend)
    if tokens in (0, curve.real_base) or spend == first:
        assert tokens <= whole
        return
    after = curves.after_buy(curve, tokens, first)
    assert tokens + curves.buy_tokens(after, spend - first) <= whole


@given(traded_curves(), tokens_amounts, st.integers(1, 99))
def test_splitting_a_sell_gains_at_most_a_lamport(curve, tokens, percent):
    tokens = min(tokens, START.real_base - curve.real_base)
    first = tokens * percent // 100
    if first == 0:
        return
    whole = curves.sell_proceeds(curve, tokens)
    part = curves.sell_proceeds(curve, first)
    rest = curves.sell_proceeds(curves.after_sell(curve, first, part), tokens - first)
    assert part + rest <= whole + 1


@given(traded_curves(), tokens_amounts, tokens_amounts)
def test_more_tokens_cost_more_and_bring_more(curve, one, other):
    low, high = sorted((min(one, curve.real_base), min(other, curve.real_base)))
    assert curves.buy_cost(curve, low) <= curves.buy_cost(curve, high)
    sold = START.real_base - curve.real_base
    if sold:
        low, high = sorted((min(one, sold), min(other, sold)))
        assert curves.sell_proceeds(curve, low) <= curves.sell_proceeds(curve, high)


@given(traded_curves())
def test_reserves_stay_inside_the_start_of_the_curve_and_the_product_never_shrinks(curve):
    assert 0 <= curve.real_quote == curve.virtual_quote - START.virtual_quote
    assert 0 < curve.real_base <= START.real_base
    assert START.virtual_base - curve.virtual_base == START.real_base - curve.real_base
    assert curve.virtual_quote * curve.virtual_base >= START.virtual_quote * START.virtual_base


@given(traded_curves())
def test_everybody_can_always_sell_everything(curve):
    sold = START.real_base - curve.real_base
    if sold:
        assert curves.sell_proceeds(curve, sold) <= curve.real_quote


def test_a_completed_curve_refuses_trades():
    complete = curves.after_buy(START, START.real_base, curves.buy_cost(START, START.real_base))
    with pytest.raises(Refused):
        curves.buy_cost(complete, 1)
    with pytest.raises(Refused):
        curves.after_sell(complete, 1, 0)


@pytest.mark.parametrize("tokens", [0, -1, START.real_base + 1])
def test_a_buy_outside_the_real_reserves_is_refused(tokens):
    with pytest.raises(Refused):
        curves.buy_cost(START, tokens)


def test_a_fresh_curve_pays_nobody():
    with pytest.raises(Refused):
        curves.sell_proceeds(START, 1_000_000_000)


def test_market_cap_of_a_fresh_curve_is_about_28_sol():
    assert curves.market_cap_lamports(START) == 27_958_993_476
    assert curves.spot_price_lamports(START) == pytest.approx(2.7959e-5, rel=1e-4)
