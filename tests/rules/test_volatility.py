from fractions import Fraction
from itertools import pairwise
from math import exp, isclose

from hypothesis import given
from hypothesis import strategies as st

from core.rules.volatility import VolatilityRule, falling, realised, shaken, stopped

RULE = VolatilityRule()
FALLING = (4.0, 3.0, 2.0, 1.0)


def zigzag(step: float, bars: int) -> tuple[float, ...]:
    """Closes whose log returns are ±step."""
    return tuple(exp(step * (index % 2)) for index in range(bars + 1))


def test_realised_volatility_is_the_root_of_the_sum_of_squared_log_returns():
    assert isclose(realised(zigzag(0.06, 20)), (20 * 0.06**2) ** 0.5)
    assert realised((5.0,)) == 0.0


def test_over_25_percent_and_three_red_candles_sell_all():
    assert shaken(RULE, bar_closes=zigzag(0.06, 20), candle_closes=FALLING)
    assert not shaken(RULE, bar_closes=zigzag(0.05, 20), candle_closes=FALLING)


def test_without_three_red_candles_in_a_row_volatility_alone_sells_nothing():
    assert not shaken(RULE, bar_closes=zigzag(0.06, 20), candle_closes=(4.0, 3.0, 3.0, 1.0))
    assert not shaken(RULE, bar_closes=zigzag(0.06, 20), candle_closes=(3.0, 2.0, 1.0))


def test_only_the_last_five_minutes_count():
    assert not shaken(RULE, bar_closes=(*zigzag(0.5, 20), *(1.0,) * 21), candle_closes=FALLING)


def test_more_than_20_percent_under_the_average_cost_stops():
    stops = [stopped(RULE, quote=quote, base=1, cost_lamports=1_000, bought_tokens=10) for quote in (80, 79)]

    assert stops == [False, True]


@given(st.lists(st.floats(0.001, 1_000), min_size=1, max_size=12), st.integers(1, 5))
def test_candles_fall_when_each_of_the_last_closes_under_the_one_before(closes, candles):
    run = 0
    for before, after in pairwise(closes):
        run = run + 1 if after < before else 0
    assert falling(closes, candles) == (run >= candles)


@given(st.integers(1, 10**12), st.integers(1, 10**15), st.integers(1, 10**12), st.integers(1, 10**15))
def test_the_stop_equals_exact_fractions(quote, base, cost, bought):
    expected = Fraction(quote, base) < Fraction(cost, bought) * Fraction(80, 100)
    assert stopped(RULE, quote=quote, base=base, cost_lamports=cost, bought_tokens=bought) == expected
