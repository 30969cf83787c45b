from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.market import curve as curves
from core.market import pool as pools
from core.market.curve import START
from core.market.pool import Pool
from tests.market import states
from tests.market.states import SOL, spends

amounts = st.integers(1, 10**15)


def test_a_completed_curve_migrates_its_quote_less_the_fee_and_206_900_000_tokens():
    complete = curves.after_buy(START, START.real_base, curves.buy_cost(START, START.real_base))

    pool = pools.migrated(complete)

    assert pool == Pool(206_900_000_000_000, 84_990_359_056)


def test_a_recorded_migration_kept_the_same_fee():
    # Mainnet, June 2025: 85,005,359,421 lamports on the completed curve, 84,990,359,420 in the pool.
    recorded = curves.Curve(115_005_359_421, 279_900_000_000_000, 85_005_359_421, 0, complete=True)
    assert pools.migrated(recorded).quote == 84_990_359_420


def test_a_curve_that_is_not_complete_does_not_migrate():
    with pytest.raises(Refused):
        pools.migrated(START)


def test_a_recorded_buy_and_the_reserves_of_the_next_one():
    # Mainnet, June 2025, two PumpSwap buys in a row of one pool.
    pool = Pool(11_364_205_225_971, 2_873_164_950_607)

    cost = pools.buy_cost(pool, 10_587_838_773)
    after = pools.after_buy(pool, 10_587_838_773, cost, lp_fee=5_358_752)

    assert cost == 2_679_375_765
    assert after == Pool(11_353_617_387_198, 2_875_849_685_124)


def test_a_recorded_sell():
    # Mainnet, April 2026.
    assert pools.sell_proceeds(Pool(208_937_776_660_080, 86_106_293_205), 572_130_724_175) == 235_139_504


def effective(pool: Pool) -> Fraction:
    return Fraction(pool.quote + pool.virtual_quote)


@given(states.pools, amounts)
def test_a_buy_costs_the_rational_price_rounded_up(pool, tokens):
    tokens = min(tokens, pool.base - 1)
    exact = effective(pool) * pool.base / (pool.base - tokens) - effective(pool)
    assert exact <= pools.buy_cost(pool, tokens) < exact + 1


@given(states.pools, amounts)
def test_a_sell_pays_the_rational_price_rounded_down(pool, tokens):
    exact = effective(pool) - effective(pool) * pool.base / (pool.base + tokens)
    assert exact - 1 < pools.sell_proceeds(pool, tokens) <= exact


@given(states.pools, spends)
def test_tokens_bought_exact_in_never_cost_more_than_the_spend(pool, spend):
    tokens = pools.buy_tokens(pool, spend)
    if tokens:
        assert pools.buy_cost(pool, tokens) <= spend - 1


@given(states.pools, amounts, st.integers(0, SOL))
def test_buy_then_sell_never_profits_beyond_the_share_of_the_lp_fee_that_stayed(pool, tokens, lp_fee):
    tokens = min(tokens, pool.base // 2)
    cost = pools.buy_cost(pool, tokens)
    back = pools.sell_proceeds(pools.after_buy(pool, tokens, cost, lp_fee), tokens)
    assert back <= cost + lp_fee
    assert pools.sell_proceeds(pools.after_buy(pool, tokens, cost, 0), tokens) <= cost


@given(states.pools, spends, st.integers(1, 99))
def test_splitting_a_spend_never_gives_more_tokens(pool, spend, percent):
    first = max(spend * percent // 100, 1)
    tokens = pools.buy_tokens(pool, first)
    if tokens and spend > first:
        after = pools.after_buy(pool, tokens, first, 0)
        assert tokens + pools.buy_tokens(after, spend - first) <= pools.buy_tokens(pool, spend)


@given(states.pools, amounts, amounts)
def test_more_tokens_cost_more_and_bring_more(pool, one, other):
    low, high = sorted((one, other))
    assert pools.sell_proceeds(pool, low) <= pools.sell_proceeds(pool, high)
    low, high = min(low, pool.base - 1), min(high, pool.base - 1)
    assert pools.buy_cost(pool, low) <= pools.buy_cost(pool, high)


@given(states.pools, amounts)
def test_a_sell_never_takes_more_than_the_real_quote(pool, tokens):
    proceeds = pools.sell_proceeds(pool, tokens)
    if proceeds > pool.quote:
        with pytest.raises(Refused):
            pools.after_sell(pool, tokens, proceeds, 0)
    else:
        after = pools.after_sell(pool, tokens, proceeds, 0)
        assert after.quote >= 0
        assert (after.quote + after.virtual_quote) * after.base >= (pool.quote + pool.virtual_quote) * pool.base


def test_virtual_quote_counts_in_the_price_but_not_in_what_is_paid_out():
    pool = Pool(1_000_000, quote=100, virtual_quote=900)
    assert pools.spot_price(pool) == (1_000, 1_000_000)
    assert pools.sell_proceeds(pool, 1_000_000) == 500
    with pytest.raises(Refused):
        pools.after_sell(pool, 1_000_000, 500, 0)


@pytest.mark.parametrize("tokens", [0, -5, 1_000])
def test_a_buy_that_would_empty_the_pool_is_refused(tokens):
    with pytest.raises(Refused):
        pools.buy_cost(Pool(1_000, 1_000), tokens)


def test_market_cap_counts_the_virtual_quote():
    assert pools.market_cap_lamports(Pool(500_000_000_000_000, 40 * SOL, 10 * SOL)) == 100 * SOL
