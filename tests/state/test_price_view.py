from hypothesis import given
from hypothesis import strategies as st

from core.messages import Reserves
from core.rules.emergency import EmergencyRule
from core.rules.volatility import VolatilityRule
from core.state.price_view import PriceView, bar_closes, begin, graduated, market, moved, until
from core.types import Venue

EMERGENCY, VOLATILITY = EmergencyRule(), VolatilityRule()


def reserves(price: int, liquidity: int = 500) -> Reserves:
    return Reserves(Venue.CURVE, price, 1, liquidity, 1_000)


def view_of(price: int, at_s: float = 0.0) -> PriceView:
    return begin(reserves(price), known_at_s=at_s, at_s=at_s, volatility=VOLATILITY)


def trade(view: PriceView, price: int, at_s: float, liquidity: int = 500) -> PriceView:
    return moved(view, reserves(price, liquidity), at_s=at_s, emergency=EMERGENCY, volatility=VOLATILITY)


def wait(view: PriceView, at_s: float) -> PriceView:
    return until(view, at_s=at_s, emergency=EMERGENCY, volatility=VOLATILITY)


def test_a_view_from_memory_is_not_seen_until_the_feed_speaks():
    view = view_of(10)

    assert not view.seen
    assert trade(view, 11, 1.0).seen


def test_what_was_remembered_for_over_a_minute_is_no_peak_and_no_candle():
    fresh, old = (begin(reserves(100), known_at_s=at_s, at_s=300.0, volatility=VOLATILITY) for at_s in (250.0, 200.0))

    assert market(trade(fresh, 50, 305.0)).peak_price == 100
    assert market(trade(old, 50, 305.0)).peak_price == 50
    assert trade(wait(old, 500.0), 50, 500.0).candles.closes == ()


def test_peaks_are_those_of_the_last_60_seconds():
    view = trade(trade(view_of(10), 20, 100.0, liquidity=900), 5, 150.0, liquidity=300)

    assert market(view).peak_price == 20
    assert market(view).peak_liquidity_lamports == 900
    assert market(wait(view, 211.0)).peak_price == 5


def test_bars_close_every_15_seconds_with_the_price_that_held():
    view = trade(trade(view_of(10), 20, 14.0), 30, 16.0)

    assert list(view.bars.closes) == [20]
    assert list(wait(view, 61.0).bars.closes) == [20, 30, 30, 30]
    assert list(bar_closes(view)) == [20, 30]


def test_candles_close_every_minute_of_market_time():
    view = trade(trade(trade(view_of(10, at_s=90.0), 9, 119.0), 8, 179.0), 7, 239.0)

    assert list(wait(view, 240.0).candles.closes) == [9, 8, 7]


def test_after_long_silence_only_what_the_rules_need_is_kept():
    view = wait(view_of(10), 100_000.0)

    assert len(view.bars.closes) == VOLATILITY.bars + 1
    assert len(view.candles.closes) == VOLATILITY.red_candles + 1


def test_between_graduation_and_pool_nothing_trades():
    view = graduated(trade(view_of(10), 11, 1.0))

    assert view.migrating
    assert not trade(view, 12, 2.0).migrating


def test_a_message_from_the_past_moves_no_time_back():
    view = trade(wait(view_of(10), 50.0), 12, 49.0)

    assert view.at_s == 50.0
    assert view.price == 12


@given(st.lists(st.tuples(st.floats(0.0, 90.0), st.integers(1, 50)), max_size=30), st.floats(0.0, 100.0))
def test_bars_equal_the_price_that_held_at_each_boundary(trades, started_s):
    view, now_s, history = trade(view_of(10, at_s=started_s), 10, started_s), started_s, [(started_s, 10)]
    for wait_s, price in trades:
        now_s += wait_s
        view = trade(view, price, now_s)
        history.append((now_s, price))
    first, last = int(started_s // 15) + 1, int(now_s // 15)
    # A trade on the boundary itself belongs to the bar that begins there.
    model = [
        next(price for at_s, price in reversed(history) if at_s < boundary * 15.0 or at_s == started_s)
        for boundary in range(first, last + 1)
    ]
    assert list(view.bars.closes) == model[-VOLATILITY.bars - 1 :]
