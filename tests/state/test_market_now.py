from core.messages import FeedBatch, SolPriceSeen
from core.state.market_now import MarketNow


def batch(slot, at_s, *, priority=0, pool_usd=None, http_usd=None):
    price = SolPriceSeen(at_s=at_s, pool_usd=pool_usd, http_usd=http_usd) if pool_usd or http_usd else None
    return FeedBatch(slot=slot, at_s=at_s, priority_lamports=priority, sol_price=price)


def test_the_newest_slot_and_priority_stand_and_older_slots_change_nothing():
    market = MarketNow()
    market.see(batch(10, 100.0, priority=7))
    market.see(batch(9, 99.0))

    assert (market.slot, market.slot_at_s, market.priority_lamports) == (10, 100.0, 7)


def test_the_price_is_known_when_both_sources_agree_and_for_60_seconds():
    market = MarketNow()
    assert market.usd(0.0) is None

    market.see(batch(1, 0.0, pool_usd=80.0))
    assert market.usd(0.0) is None

    market.see(batch(2, 30.0, http_usd=81.0))
    assert market.usd(60.0) == 80.5
    assert market.usd(60.1) is None
    assert market.usd_unchecked() == 81.0


def test_sources_that_drift_apart_make_it_unknown_at_once():
    market = MarketNow(sol_usd=80.0)
    market.see(batch(1, 1.0, pool_usd=80.0, http_usd=83.0))

    assert market.usd(1.0) is None


def test_the_median_priority_needs_ten_minutes():
    market = MarketNow()
    for second in range(0, 610, 10):
        market.see(batch(second, float(second), priority=50))

    assert market.priority_median_lamports() == 50
