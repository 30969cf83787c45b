from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market.curve import START, Curve
from core.market.fees import CURVE_RATES, FeeRates, rates_of
from core.market.pool import Pool
from core.market.quotes import AnyVenue, spot_price
from core.market.round_trip import TransactionCosts, round_trip_cost
from tests.market import states
from tests.market.states import SOL, traded_curves

FREE = FeeRates(protocol_bps=0, creator_bps=0)
POOL = Pool(206_900_000_000_000, 85 * SOL)


def test_on_a_deep_pool_the_cost_is_twice_the_fee_rate_and_a_little_impact():
    cost = round_trip_cost(POOL, SOL // 25, rates_of(POOL), TransactionCosts())

    assert cost is not None
    assert cost.transaction_lamports == 4 * 5_000
    assert (
        Fraction(250, 10_000)
        < (cost.total_lamports - cost.transaction_lamports) / Fraction(SOL // 25)
        < Fraction(27, 1_000)
    )


def test_transactions_and_lost_rent_are_added():
    costs = TransactionCosts(
        signatures_per_transaction=2,
        buy_priority_lamports=100,
        sell_priority_lamports=10,
        buy_tip_lamports=1_000,
        sell_tip_lamports=1,
        lost_rent_lamports=1_844_400,
    )

    cost = round_trip_cost(POOL, SOL, rates_of(POOL), costs, sells=3)

    assert cost is not None
    assert cost.transaction_lamports == 4 * 2 * 5_000 + 100 + 1_000 + 3 * 11
    assert cost.rent_lamports == 1_844_400


def test_without_fees_only_the_price_impact_is_left():
    cost = round_trip_cost(POOL, SOL, FREE, TransactionCosts(), sells=1)

    assert cost is not None
    assert cost.total_lamports == cost.impact_lamports + 2 * 5_000
    assert 0.02 < cost.impact_lamports / SOL < 0.024


def test_where_nothing_can_be_sold_there_is_no_cost_but_no_trade():
    assert round_trip_cost(START, SOL, CURVE_RATES, TransactionCosts()) is None
    assert round_trip_cost(POOL, 0, rates_of(POOL), TransactionCosts()) is None
    assert round_trip_cost(POOL, SOL, rates_of(POOL), TransactionCosts(), sells=0) is None


def model_cost(venue: AnyVenue, stake: int, rates: FeeRates, sells: int) -> Fraction:
    """Independent model in rational numbers: constant product, no rounding anywhere."""
    quote, base = (Fraction(part) for part in spot_price(venue))
    keep = 1 + Fraction(rates.total_bps, 10_000)
    net = stake / keep
    tokens = net * base / (quote + net)
    part = tokens / sells
    proceeds = sells * quote * part / (base + part)
    return stake - proceeds * (2 - keep) + (1 + sells) * 5_000


@given(
    st.one_of(traded_curves().filter(lambda curve: curve.real_quote > 5 * SOL), states.pools),
    st.integers(SOL // 100, SOL // 2),
    st.integers(1, 5),
)
def test_the_cost_equals_the_rational_model_up_to_rounding(venue, stake, sells):
    rates = rates_of(venue)
    cost = round_trip_cost(venue, stake, rates, TransactionCosts(), sells=sells)
    if cost is None:
        return
    assert abs(cost.total_lamports - model_cost(venue, stake, rates, sells)) <= token_unit_lamports(venue) + 12 * sells
    assert cost.share == Fraction(cost.total_lamports, cost.stake_lamports)


def token_unit_lamports(venue: AnyVenue) -> Fraction:
    numerator, denominator = spot_price(venue)
    return Fraction(numerator, denominator)


@pytest.mark.parametrize("sells", [1, 3, 7])
def test_more_sells_cost_more_signatures_and_less_impact(sells):
    curve = Curve(60 * SOL, 536_500_000_000_000, 30 * SOL, 256_600_000_000_000)
    one = round_trip_cost(curve, SOL, CURVE_RATES, TransactionCosts(), sells=sells)
    two = round_trip_cost(curve, SOL, CURVE_RATES, TransactionCosts(), sells=sells + 1)
    assert one is not None
    assert two is not None
    assert two.transaction_lamports == one.transaction_lamports + 5_000
    assert two.impact_lamports < one.impact_lamports
