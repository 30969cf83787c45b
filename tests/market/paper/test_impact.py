import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market.curve import START, Curve, after_buy, after_sell, buy_cost, sell_proceeds
from core.market.fees import as_cashback, rates_of
from core.market.paper import impact
from core.market.paper.impact import Impact, ImpactBook, moved
from core.market.reserves import reserves_of, venue_of
from core.messages import Graduated, Launched, PoolOpened, Reserves, Traded
from core.types import Side, Venue
from tests.market.states import traded_curves

SOL = 1_000_000_000


def traded(reserves: Reserves, mint: str = "coin") -> Traded:
    return Traded(mint=mint, at_s=1.0, slot=1, side=Side.BUY, trader="t", quote_lamports=1, tokens=1, reserves=reserves)


def test_our_buy_moves_the_price_for_everybody_after_us():
    book, before = ImpactBook(), reserves_of(START)
    book.seen(traded(before))
    after = reserves_of(after_buy(START, 10**13, buy_cost(START, 10**13)))

    book.filled("coin", before, after)

    message = book.seen(traded(before))
    assert isinstance(message, Traded)
    assert message.reserves == after
    assert book.reserves("coin") == after


def test_other_tokens_are_left_alone():
    book, before = ImpactBook(), reserves_of(START)
    book.filled("coin", before, reserves_of(after_buy(START, 10**13, buy_cost(START, 10**13))))
    message = traded(before, "other")

    assert book.seen(message) is message


@given(curve=traded_curves(), tokens=st.integers(1, 10**12))
def test_buying_and_selling_the_same_again_leaves_only_rounding(curve: Curve, tokens: int):
    tokens = min(tokens, curve.real_base)
    if tokens == curve.real_base:
        return
    book, start = ImpactBook(), reserves_of(curve)
    book.seen(traded(start))
    bought = after_buy(curve, tokens, buy_cost(curve, tokens))
    book.filled("coin", start, reserves_of(bought))
    sold = after_sell(bought, tokens, min(sell_proceeds(bought, tokens), bought.real_quote))
    book.filled("coin", reserves_of(bought), reserves_of(sold))

    left = book.impacts["coin"]
    assert left.base == 0
    assert 0 <= left.quote <= 2
    now = book.reserves("coin")
    assert now is not None
    assert venue_of(now) == sold


def test_what_we_did_to_the_curve_ends_with_the_curve():
    book, before = ImpactBook(), reserves_of(START)
    book.filled("coin", before, reserves_of(after_buy(START, 10**13, buy_cost(START, 10**13))))
    pool = Reserves(Venue.POOL, 85 * SOL, 2 * 10**14, 85 * SOL, 2 * 10**14)

    book.seen(Graduated(mint="coin", at_s=1.0, slot=1))
    assert book.reserves("coin") is None
    book.seen(PoolOpened(mint="coin", at_s=1.0, slot=1, pool="p", reserves=pool))

    assert book.reserves("coin") == pool


def test_reserves_that_others_have_emptied_are_taken_as_they_are():
    empty = Reserves(Venue.POOL, 5, 5, 5, 5)

    assert moved(empty, Impact(Venue.POOL, -6, 0)) == empty
    assert moved(empty, Impact(Venue.POOL, 0, 5)) == empty


def test_only_so_many_tokens_are_remembered(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(impact, "TOKENS_KEPT", 16)
    book = ImpactBook()
    for number in range(100):
        book.seen(traded(reserves_of(START), f"coin{number}"))

    assert book.reserves("coin99") is not None
    assert book.reserves("coin0") is None
    assert len(book.reported(frozenset(f"coin{number}" for number in range(100)))) <= 16


def test_a_coin_launched_as_a_cashback_coin_pays_as_one():
    book = ImpactBook()
    launched = Launched(
        mint="coin", at_s=1.0, slot=1, name="n", symbol="s", creator="c", user="c", supply=10**15,
        reserves=reserves_of(START), cashback=True,
    )  # fmt: skip
    book.seen(launched)
    book.seen(traded(reserves_of(START), "other"))

    assert book.rates("coin") == as_cashback(rates_of(START))
    assert book.rates("other") == rates_of(START)
    assert book.rates("unknown") is None
