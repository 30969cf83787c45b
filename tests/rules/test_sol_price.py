import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.sol_price import SolPrice, SolPriceRule, agreed_usd, any_usd, seen

RULE = SolPriceRule()


def test_two_fresh_sources_within_3_percent_agree_on_their_mean():
    assert agreed_usd(RULE, SolPrice(100.0, 0.0, 103.0, 0.0), now_s=60.0) == 101.5
    assert agreed_usd(RULE, SolPrice(100.0, 0.0, 103.01, 0.0), now_s=0.0) is None


def test_a_source_older_than_60_seconds_makes_the_price_unknown():
    price = SolPrice(100.0, 0.0, 100.0, 50.0)

    assert agreed_usd(RULE, price, now_s=60.0) == 100.0
    assert agreed_usd(RULE, price, now_s=60.1) is None


def test_one_source_alone_is_no_agreement():
    assert agreed_usd(RULE, SolPrice(100.0, 0.0), now_s=0.0) is None
    assert agreed_usd(RULE, SolPrice(), now_s=0.0) is None


def test_a_source_that_says_nothing_keeps_its_older_reading_which_ages_on():
    price = seen(SolPrice(), at_s=10.0, pool_usd=100.0, http_usd=101.0)
    price = seen(price, at_s=50.0, pool_usd=102.0, http_usd=None)

    assert price == SolPrice(102.0, 50.0, 101.0, 10.0)
    assert agreed_usd(RULE, price, now_s=70.0) == 101.5
    assert agreed_usd(RULE, price, now_s=71.0) is None


def test_nonsense_is_not_a_reading():
    assert seen(SolPrice(), at_s=1.0, pool_usd=0.0, http_usd=-3.0) == SolPrice()


def test_unchecked_is_the_newest_of_either():
    assert any_usd(SolPrice()) is None
    assert any_usd(SolPrice(None, 0.0, 70.0, 5.0)) == 70.0
    assert any_usd(SolPrice(71.0, 6.0, 70.0, 5.0)) == 71.0
    assert any_usd(SolPrice(71.0, 4.0, 70.0, 5.0)) == 70.0


READING = st.tuples(st.integers(0, 40), st.none() | st.integers(90, 110), st.none() | st.integers(90, 110))


@given(st.lists(READING, max_size=12), st.integers(0, 80))
def test_the_price_is_what_a_list_of_all_readings_gives(readings, later_s):
    price, at_s, pool, http = SolPrice(), 0.0, [], []
    for wait_s, pool_usd, http_usd in readings:
        at_s += wait_s
        price = seen(price, at_s=at_s, pool_usd=pool_usd, http_usd=http_usd)
        pool += [(at_s, pool_usd)] if pool_usd is not None else []
        http += [(at_s, http_usd)] if http_usd is not None else []
    now_s = at_s + later_s

    fresh = [source[-1] for source in (pool, http) if source and now_s - source[-1][0] <= 60]
    agreed = agreed_usd(RULE, price, now_s=now_s)

    if len(fresh) < 2 or 100 * (max(fresh, key=lambda r: r[1])[1] - min(r[1] for r in fresh)) > 3 * min(
        r[1] for r in fresh
    ):
        assert agreed is None
    else:
        assert agreed == pytest.approx(sum(usd for _, usd in fresh) / 2)
