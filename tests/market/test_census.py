import pytest

from core.market.census import Census
from core.market.curve import START
from core.market.reserves import reserves_of
from core.messages import AnyMarketData, Graduated, Launched, Reserves, Traded
from core.types import Side, Venue

MINT, SOL = "mint", 10**9


def launched() -> Launched:
    return Launched(
        mint=MINT, at_s=100.0, slot=10, name="n", symbol="s", creator="creator", user="creator", supply=10**15,
        reserves=reserves_of(START),
    )  # fmt: skip


def traded(side: Side, trader: str, *, at_s: float, slot: int, price: float, sol: float = 1.0) -> Traded:
    """A trade of a million tokens after which the curve's price is `price` start prices."""
    quote = int(30 * SOL * price)
    return Traded(
        mint=MINT, at_s=at_s, slot=slot, side=side, trader=trader, quote_lamports=int(sol * SOL), tokens=10**12,
        reserves=Reserves(Venue.CURVE, quote, START.virtual_base, quote - 30 * SOL, 10**14),
    )  # fmt: skip


def counted(*events: AnyMarketData) -> Census:
    census = Census()
    for event in events:
        census.see((event,))
    return census


def test_the_peak_is_the_highest_price_and_when_it_was():
    census = counted(
        launched(),
        traded(Side.BUY, "a", at_s=100.0, slot=10, price=1.5),
        traded(Side.BUY, "b", at_s=130.0, slot=85, price=3.0),
        traded(Side.SELL, "a", at_s=140.0, slot=110, price=1.2),
    )
    row = census.tokens[MINT]
    assert (row.peak, row.peak_s, row.price) == pytest.approx((3.0, 30.0, 1.2))
    assert row.worst_slot_fall == pytest.approx(0.6)
    assert (row.curve_trades, row.last_trade_s) == (3, 140.0)


def test_falls_within_one_slot_add_up():
    census = counted(
        launched(),
        traded(Side.BUY, "a", at_s=100.0, slot=10, price=4.0),
        traded(Side.SELL, "a", at_s=101.0, slot=12, price=2.0),
        traded(Side.SELL, "b", at_s=101.0, slot=12, price=1.0),
    )
    assert census.tokens[MINT].worst_slot_fall == pytest.approx(0.75)


def test_only_others_buys_in_the_creation_slot_count_as_sniping():
    census = counted(
        launched(),
        traded(Side.BUY, "creator", at_s=100.0, slot=10, price=1.1),
        traded(Side.BUY, "sniper", at_s=100.0, slot=10, price=1.2, sol=0.5),
        traded(Side.BUY, "late", at_s=100.4, slot=11, price=1.3),
    )
    assert census.tokens[MINT].first_slot_lamports == SOL // 2


def test_a_wallet_wins_what_it_got_less_what_it_paid_with_fees_and_its_bag_at_the_last_price():
    census = counted(
        launched(),
        traded(Side.BUY, "winner", at_s=100.0, slot=10, price=1.1, sol=1.0),
        traded(Side.BUY, "holder", at_s=101.0, slot=12, price=2.0, sol=1.0),
        traded(Side.SELL, "winner", at_s=102.0, slot=14, price=1.5, sol=2.0),
    )
    profits = census.profits()
    assert profits["winner"] == pytest.approx(2 * SOL * 0.9875 - SOL * 1.0125)
    bag = 10**12 * 1.5 * START.virtual_quote / START.virtual_base * 0.9875
    assert profits["holder"] == pytest.approx(bag - SOL * 1.0125)
    assert census.profits(frozenset({MINT}))["holder"] == pytest.approx(-SOL * 1.0125)


def test_graduation_is_timed_from_the_launch():
    census = counted(launched(), Graduated(mint=MINT, at_s=107.5, slot=28))
    assert census.tokens[MINT].graduated_s == pytest.approx(7.5)
