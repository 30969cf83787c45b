"""Candles of a token: what is seen in a period, and no more than is kept."""

from hypothesis import given
from hypothesis import strategies as some

from core.market.candles import Candle, Candles


def test_prices_of_one_period_make_one_candle_and_a_silent_period_none():
    candles = Candles(15.0)
    candles.see_all([(5.0, 0.0), (8.0, 4.0), (3.0, 9.0), (6.0, 14.9), (7.0, 45.0)])

    assert candles.shown() == (Candle(0, 5.0, 8.0, 3.0, 6.0), Candle(3, 7.0, 7.0, 7.0, 7.0))


def test_a_price_from_before_changes_nothing_and_what_was_shown_stays():
    candles = Candles(15.0)
    candles.see(5.0, 30.0)
    before = candles.shown()
    candles.see(1.0, 2.0)
    assert candles.shown() == before

    candles.see(9.0, 31.0)
    assert before == (Candle(2, 5.0, 5.0, 5.0, 5.0),)


def test_the_oldest_are_forgotten():
    candles = Candles(1.0, kept=3)
    candles.see_all([(float(n), float(n)) for n in range(10)])

    assert [one.period for one in candles.shown()] == [7, 8, 9]


@given(some.lists(some.tuples(some.floats(1e-9, 1e3), some.floats(0, 600)), max_size=60))
def test_every_candle_holds_its_open_and_close_between_low_and_high(seen: list[tuple[float, float]]):
    candles = Candles(15.0)
    candles.see_all(sorted(seen, key=lambda one: one[1]))

    shown = candles.shown()
    assert [one.period for one in shown] == sorted({int(at_s // 15.0) for _, at_s in seen})
    assert all(one.low <= min(one.open, one.close) <= max(one.open, one.close) <= one.high for one in shown)
