from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.emergency import (
    EmergencyRule,
    Seen,
    Trigger,
    congestion,
    creator_sell,
    is_late,
    liquidity_drop,
    market_trigger,
    massive_dump,
    raised,
    time_exceeded,
)
from core.rules.life_limit import LifeRule
from core.types import EMERGENCIES, ExitReason

RULE = EmergencyRule()


def seen(price: int, liquidity: int = 100, peak_price: int = 100, peak_liquidity: int = 100) -> Seen:
    return Seen(
        price=price,
        peak_price=peak_price,
        liquidity_lamports=liquidity,
        peak_liquidity_lamports=peak_liquidity,
    )


def slippage(trigger: Trigger | None) -> int | None:
    return trigger.slippage_bps if trigger else None


def test_the_creators_sale_while_we_hold_fires_at_50_percent():
    assert slippage(creator_sell(RULE, sells=True)) == 5_000
    assert creator_sell(RULE, sells=False) is None


def test_five_percent_of_the_supply_sold_since_launch_fires():
    assert [slippage(creator_sell(RULE, sells=False, sold_tokens=sold, supply=100)) for sold in (4, 5)] == [None, 5_000]


def test_liquidity_over_30_and_price_20_percent_under_their_highest_fires():
    assert slippage(liquidity_drop(RULE, seen(80, 69))) == 4_500
    assert slippage(liquidity_drop(RULE, seen(80, 70))) is None
    assert slippage(liquidity_drop(RULE, seen(81, 69))) is None


def test_more_than_half_of_the_liquidity_gone_fires_at_60_percent():
    assert [slippage(liquidity_drop(RULE, seen(80, liquidity))) for liquidity in (50, 49)] == [4_500, 6_000]


def test_liquidity_gone_while_the_price_stands_is_no_emergency():
    assert liquidity_drop(RULE, seen(100, 1)) is None


def test_price_over_40_percent_under_the_highest_of_the_minute_is_a_dump():
    assert [slippage(massive_dump(RULE, seen(price))) for price in (60, 59, 50, 49)] == [None, 4_500, 4_500, 5_500]


def test_price_over_40_percent_under_the_average_cost_is_a_dump():
    calm = seen(59, peak_price=59)

    assert massive_dump(RULE, calm) is None
    assert slippage(massive_dump(RULE, calm, average_cost=100.0)) == 4_500


def test_a_dump_says_how_far_the_price_fell():
    trigger = massive_dump(RULE, seen(35))

    assert trigger is not None
    assert trigger.drop_bps == 6_500


def test_the_first_trigger_of_the_table_is_taken():
    trigger = market_trigger(RULE, seen(30, 40), creator_sells=True)
    without_creator = market_trigger(RULE, seen(30, 40))
    without_liquidity = market_trigger(RULE, seen(30))

    fired = [t.reason for t in (trigger, without_creator, without_liquidity) if t]
    assert fired == [ExitReason.CREATOR_SELL, ExitReason.LIQUIDITY_DROP, ExitReason.MASSIVE_DUMP]


@pytest.mark.parametrize(("held_s", "fires"), [(3_299.9, False), (3_300.0, True)])
def test_at_55_minutes_time_is_exceeded(held_s, fires):
    assert slippage(time_exceeded(RULE, LifeRule(), held_s)) == (4_500 if fires else None)


def test_fees_three_times_their_median_are_congestion():
    fired = [congestion(RULE, priority_lamports=fee, median_lamports=100.0) is not None for fee in (299, 300)]

    assert fired == [False, True]


def test_unknown_fees_are_no_congestion():
    assert congestion(RULE, priority_lamports=10**9, median_lamports=None) is None


def test_three_transactions_in_a_row_that_did_not_land_are_congestion():
    assert [slippage(congestion(RULE, unlanded=count)) for count in (2, 3)] == [None, 4_500]


def test_each_trigger_raised_from_outside_has_its_slippage():
    table = {
        "creator_sell": 5_000,
        "liquidity_drop": 4_500,
        "time_exceeded": 4_500,
        "massive_dump": 4_500,
        "honeypot": 7_000,
        "network_congestion": 4_500,
        "risk_limit": 4_500,
        "operator": 6_000,
    }

    assert {reason.value: raised(RULE, reason).slippage_bps for reason in EMERGENCIES} == table


def test_after_30_seconds_the_fallback_takes_over():
    assert [is_late(RULE, decided_at_s=100.0, now_s=now_s) for now_s in (129.9, 130.0)] == [False, True]


LAMPORTS = st.integers(1, 10**12)


@given(LAMPORTS, LAMPORTS, LAMPORTS, LAMPORTS, st.integers(0, 10**6))
def test_market_triggers_equal_exact_fractions(price, over, liquidity, more_liquidity, cost):
    view = seen(price, liquidity, price + over, liquidity + more_liquidity)
    price_drop = Fraction(over, price + over)
    liquidity_drained = Fraction(more_liquidity, liquidity + more_liquidity)
    reference = max(Fraction(price + over), Fraction(cost))

    drops = price_drop >= Fraction(1, 5) and liquidity_drained > Fraction(3, 10)
    dumps = 1 - Fraction(price) / reference > Fraction(2, 5)
    expected = "liquidity_drop" if drops else "massive_dump" if dumps else None
    trigger = market_trigger(RULE, view, average_cost=float(cost))

    assert (trigger.reason.value if trigger else None) == expected
