from hypothesis import given
from hypothesis import strategies as st

from core.market import official
from core.market.curve import START, tokens_for
from core.market.fees import CURVE_RATES, net_of_fees


def test_slippage_is_floored_as_the_sdks_floor_it():
    # 7 % of a float is a hair less than 7 %.
    assert official.pool_least(1_000_000_000, 7) == 929_999_999
    assert official.pool_most(1_000_000_000, 7) == 1_070_000_000
    # Hundredths of a per cent are lost on a curve.
    assert official.curve_most(10_000, 1.29) == 10_120
    assert official.curve_least(10_000, 1.29) == 9_880


def test_a_spend_of_nothing_buys_nothing():
    assert official.curve_tokens(START, 0, CURVE_RATES) == 0
    assert official.curve_tokens(START, 1, CURVE_RATES) == 0


@given(st.integers(1, 10**11))
def test_the_sdk_promises_at_most_what_four_more_lamports_would_buy(spend: int):
    net = net_of_fees(spend, CURVE_RATES)
    promised = official.curve_tokens(START, spend, CURVE_RATES)

    given_by_program, more = (
        min(tokens_for(START.virtual_quote, START.virtual_base, lamports), START.real_base)
        for lamports in (net, net + 4)
    )
    assert given_by_program <= promised <= more
