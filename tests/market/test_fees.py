import json
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market import curve as curves
from core.market import fees
from core.market.curve import START
from core.market.fees import CURVE_RATES, POOL_SCHEDULE, FeeRates, Fees
from core.market.pool import Pool, migrated
from tests.market.states import SOL

rates = st.builds(
    FeeRates,
    protocol_bps=st.integers(0, 300),
    creator_bps=st.integers(0, 300),
    lp_bps=st.integers(0, 100),
    cashback_bps=st.integers(0, 100),
)
amounts = st.integers(0, 10**13)


def test_fees_of_a_recorded_curve_buy_half_of_the_protocol_fee_is_buyback():
    # Mainnet, July 2026: 2,962,962,962 lamports on a cashback coin.
    charged = fees.fees_on(2_962_962_962, fees.as_cashback(CURVE_RATES))

    assert charged == Fees(
        protocol_lamports=14_074_075, buyback_lamports=14_074_074, creator_lamports=0, cashback_lamports=8_888_889
    )
    assert charged.protocol_charged_lamports == 28_148_149


def test_three_sol_spent_on_the_curve_leave_what_the_recorded_buy_put_in():
    assert fees.net_of_fees(3 * SOL, fees.as_cashback(CURVE_RATES)) == 2_962_962_962


@given(amounts, rates)
def test_each_fee_is_its_share_rounded_up(amount, rate):
    charged = fees.fees_on(amount, rate)
    assert charged.protocol_charged_lamports == ceil(Fraction(amount * rate.protocol_bps, 10_000))
    assert charged.creator_lamports == ceil(Fraction(amount * rate.creator_bps, 10_000))
    assert charged.lp_lamports == ceil(Fraction(amount * rate.lp_bps, 10_000))
    assert charged.cashback_lamports == ceil(Fraction(amount * rate.cashback_bps, 10_000))
    assert charged.buyback_lamports == charged.protocol_charged_lamports // 2


@given(amounts, rates)
def test_the_net_of_a_spend_and_its_fees_never_exceed_it_and_waste_at_most_a_few_lamports(spend, rate):
    net = fees.net_of_fees(spend, rate)
    paid = net + fees.fees_on(max(net, 0), rate).total_lamports
    assert spend - 8 <= paid <= spend


@pytest.mark.parametrize(
    ("sol", "total"), [(0, 125), (419, 125), (420, 120), (1_470, 115), (98_239, 33), (98_240, 30), (10**6, 30)]
)
def test_pool_fees_fall_with_the_market_cap(sol, total):
    assert fees.rates_at(POOL_SCHEDULE, sol * SOL).total_bps == total


def test_a_tier_holds_from_its_threshold_on_and_not_a_lamport_before():
    assert fees.rates_at(POOL_SCHEDULE, 420 * SOL - 1).lp_bps == 2
    assert fees.rates_at(POOL_SCHEDULE, 420 * SOL).lp_bps == 20


def test_the_curve_takes_95_and_30_bps():
    assert fees.rates_of(START) == FeeRates(protocol_bps=95, creator_bps=30)


def test_a_freshly_migrated_pool_is_under_the_first_threshold():
    complete = curves.after_buy(START, START.real_base, curves.buy_cost(START, START.real_base))
    pool = migrated(complete)
    assert fees.market_cap_lamports(pool) < 420 * SOL
    assert fees.rates_of(pool).total_bps == 125
    assert fees.rates_of(Pool(pool.base // 2, pool.quote * 2)).creator_bps == 90


def test_a_coin_may_have_its_own_creator_fee():
    assert fees.with_creator_fee(CURVE_RATES, 100).creator_bps == 100
    assert fees.with_creator_fee(CURVE_RATES, 0) == CURVE_RATES


def test_the_pool_schedule_equals_the_recorded_account(shared_data):
    recorded = json.loads((shared_data / "accounts" / "pumpswap_fee_config_2026-09.json").read_text())["decoded"]
    ours = [
        {
            "market_cap_from": tier.market_cap_from_lamports,
            "lp_bps": tier.rates.lp_bps,
            "protocol_bps": tier.rates.protocol_bps,
            "creator_bps": tier.rates.creator_bps,
        }
        for tier in POOL_SCHEDULE.tiers
    ]
    assert ours == recorded["tiers_by_market_cap_lamports"]
    flat = fees.FLAT_POOL_RATES
    assert recorded["flat"] == {
        "lp_bps": flat.lp_bps,
        "protocol_bps": flat.protocol_bps,
        "creator_bps": flat.creator_bps,
    }
