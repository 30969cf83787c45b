import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market import quotes
from core.market.curve import START, Curve
from core.market.fees import CURVE_RATES, FeeRates, as_cashback, rates_of
from core.market.pool import Pool
from tests.market import states
from tests.market.states import SOL, spends, traded_curves

venues = st.one_of(traded_curves(), states.pools)
POOL_RATES = FeeRates(protocol_bps=93, creator_bps=30, lp_bps=2)


def test_a_recorded_exact_in_buy_with_every_fee():
    # Mainnet, July 2026: 3 SOL on a fresh cashback coin.
    quote = quotes.buy_exact_in(START, 3 * SOL, as_cashback(CURVE_RATES))

    assert quote is not None
    assert (quote.tokens, quote.quote_lamports, quote.total_lamports) == (96_449_438_144_093, 2_962_962_962, 3 * SOL)
    assert quote.after == Curve(32_962_962_962, 976_550_561_855_907, 2_962_962_962, 696_650_561_855_907)


def test_a_recorded_pool_sell_pays_its_user():
    # Mainnet, April 2026: 235,139,504 lamports out, 232,200,259 to the user.
    pool = Pool(208_937_776_660_080, 86_106_293_205)
    quote = quotes.sell(pool, 572_130_724_175, rates_of(pool))

    assert quote is not None
    assert (quote.quote_lamports, quote.total_lamports) == (235_139_504, 232_200_259)
    assert quote.after == Pool(209_509_907_384_255, 86_106_293_205 - 235_139_504 + 47_028)


def test_a_spend_beyond_the_curve_buys_the_rest_and_keeps_the_change():
    quote = quotes.buy_exact_in(START, 200 * SOL, CURVE_RATES)

    assert quote is not None
    assert quote.tokens == START.real_base
    assert quote.quote_lamports == 85_005_359_057
    assert isinstance(quote.after, Curve)
    assert quote.after.complete
    assert quotes.buy_exact_in(quote.after, SOL, CURVE_RATES) is None
    assert quotes.sell(quote.after, 1_000_000, CURVE_RATES) is None


@pytest.mark.parametrize("spend", [0, 1, 2])
def test_a_dust_buy_has_no_quote(spend):
    assert quotes.buy_exact_in(START, spend, CURVE_RATES) is None
    assert quotes.buy_exact_in(Pool(1_000, 10**12), spend, POOL_RATES) is None


def test_a_dust_sell_whose_fees_eat_it_has_no_quote():
    curve = Curve(31 * SOL, 1_038_387_096_774_193, SOL, 758_487_096_774_193)
    assert quotes.sell(curve, 100_000, CURVE_RATES) is None
    assert quotes.sell(curve, 0, CURVE_RATES) is None


def test_a_pool_that_cannot_pay_has_no_quote():
    assert quotes.sell(Pool(1_000_000, quote=100, virtual_quote=10**9), 1_000_000, POOL_RATES) is None


@given(venues, spends)
def test_a_buy_pays_at_most_its_spend_and_every_lamport_has_a_receiver(venue, spend):
    quote = quotes.buy_exact_in(venue, spend, rates_of(venue))
    if quote is None:
        return
    assert quote.total_lamports == quote.quote_lamports + quote.fees.total_lamports <= spend
    gained = quotes.liquidity_lamports(quote.after) - quotes.liquidity_lamports(venue)
    assert gained == quote.quote_lamports + quote.fees.lp_lamports
    assert quote.tokens > 0


@given(venues, st.integers(1, 10**14))
def test_a_sell_pays_what_left_the_reserves_less_the_fees(venue, tokens):
    quote = quotes.sell(venue, tokens, rates_of(venue))
    if quote is None:
        return
    assert 0 < quote.total_lamports == quote.quote_lamports - quote.fees.total_lamports
    lost = quotes.liquidity_lamports(venue) - quotes.liquidity_lamports(quote.after)
    assert lost == quote.quote_lamports - quote.fees.lp_lamports
    assert quotes.liquidity_lamports(quote.after) >= 0


@given(venues, st.integers(10_000, 50 * SOL))
def test_a_round_trip_loses_at_least_its_fees(venue, spend):
    rates = rates_of(venue)
    bought = quotes.buy_exact_in(venue, spend, rates)
    if bought is None:
        return
    sold = quotes.sell(bought.after, bought.tokens, rates)
    if sold is not None:
        fees = bought.fees.total_lamports + sold.fees.total_lamports
        assert sold.total_lamports <= bought.total_lamports - fees + bought.fees.lp_lamports


@given(venues, st.integers(1, 10**14))
def test_exact_out_and_exact_in_agree_on_the_price(venue, tokens):
    rates = rates_of(venue)
    exact_out = quotes.buy_exact_out(venue, tokens, rates)
    if exact_out is None:
        return
    exact_in = quotes.buy_exact_in(venue, exact_out.total_lamports + 10, rates)
    assert exact_in is not None
    assert exact_in.tokens >= tokens


@given(venues, spends, spends)
def test_spending_more_never_gives_less(venue, one, other):
    low, high = sorted((one, other))
    small, big = (quotes.buy_exact_in(venue, spend, rates_of(venue)) for spend in (low, high))
    if small is not None:
        assert big is not None
        assert small.tokens <= big.tokens


def test_the_liquidity_of_a_fresh_curve_is_nothing():
    assert quotes.liquidity_lamports(START) == 0
    assert quotes.spot_price_lamports(START) == pytest.approx(2.7959e-5, rel=1e-4)
