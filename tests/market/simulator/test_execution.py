from msgspec.structs import replace

from core.market import quotes
from core.market.fees import rates_of
from core.market.reserves import reserves_of, venue_of
from core.market.simulator.orders import SimFill, SimOrder
from core.market.simulator.simulator import Simulator, Slot
from core.market.simulator.state import Kind
from core.messages import Launched, PoolOpened, Traded
from core.types import Side, Venue
from tests.market.simulator.markets import CALM, ME, crowded, first_mint, play

PLAIN = replace(CALM, launch=replace(CALM.launch, cashback_share=0.0, honeypot_share=0.0))


def order(simulator: Simulator, mint: str, side: Side, amount: int, limit: int = 0) -> SimOrder:
    return SimOrder(
        signature=f"ours {simulator.slot}",
        wallet=ME,
        mint=mint,
        side=side,
        amount=amount,
        limit=limit,
        land_slot=simulator.slot + 1,
    )


def land(simulator: Simulator, wish: SimOrder) -> tuple[SimFill, Slot]:
    simulator.submit(wish)
    slot = simulator.step()
    (fill,) = slot.fills
    return fill, slot


def started(seed: int = 1) -> tuple[Simulator, str]:
    simulator = Simulator(PLAIN, seed, decoded=True)
    return simulator, first_mint(play(simulator, 25))


def test_a_buy_is_filled_at_the_exact_quote_of_the_reserves_it_met():
    simulator, mint = started()
    fill, _ = land(simulator, order(simulator, mint, Side.BUY, 50_000_000))

    assert fill.ok
    assert fill.before is not None
    venue = venue_of(fill.before)
    quote = quotes.buy_exact_in(venue, 50_000_000, rates_of(venue))
    assert quote is not None
    assert (fill.tokens, fill.quote_lamports, fill.total_lamports) == (
        quote.tokens,
        quote.quote_lamports,
        quote.total_lamports,
    )
    assert fill.fees == quote.fees
    assert fill.after == reserves_of(quote.after) == simulator.reserves(mint)
    assert simulator.balance(mint, ME) == fill.tokens


def test_it_lands_after_the_trades_of_others_and_is_reported_like_theirs():
    simulator, mint = started()
    wish = order(simulator, mint, Side.BUY, 50_000_000)
    fill, slot = land(simulator, wish)

    last = slot.events[-1]
    assert isinstance(last, Traded)
    assert (last.trader, last.signature, last.tokens, last.reserves) == (ME, wish.signature, fill.tokens, fill.after)


def test_what_was_bought_can_be_sold_for_less():
    simulator, mint = started()
    bought, _ = land(simulator, order(simulator, mint, Side.BUY, 50_000_000))
    sold, _ = land(simulator, order(simulator, mint, Side.SELL, bought.tokens))

    assert sold.ok
    assert sold.total_lamports == sold.quote_lamports - sold.fees.total_lamports
    assert simulator.balance(mint, ME) == 0


def test_a_breached_limit_fails_and_moves_nothing():
    simulator, mint = started()
    before = simulator.reserves(mint)
    fill, slot = land(simulator, order(simulator, mint, Side.BUY, 50_000_000, limit=10**15))

    assert (fill.ok, fill.reason, fill.tokens) == (False, "slippage", 0)
    assert fill.before == before == simulator.reserves(mint)
    assert slot.failed >= 1
    assert simulator.balance(mint, ME) == 0


def test_dust_a_missing_balance_a_wrong_venue_and_an_unknown_token_fail_by_name():
    simulator, mint = started()
    wishes = {
        "dust": order(simulator, mint, Side.BUY, 2),
        "insufficient_tokens": order(simulator, mint, Side.SELL, 5),
        "unknown_token": order(simulator, "nobody knows me", Side.BUY, 10**8),
        "wrong_venue": replace(order(simulator, mint, Side.BUY, 10**8), venue=Venue.POOL),
        "drawn": replace(order(simulator, mint, Side.BUY, 10**8), failure="drawn"),
    }
    for wish in wishes.values():
        simulator.submit(wish)
    fills = simulator.step().fills
    assert [fill.reason for fill in fills] == list(wishes)
    assert not any(fill.ok for fill in fills)


def test_a_honeypot_lets_us_in_but_not_out():
    settings = replace(
        crowded(honeypot=0.9, group=0.0), launch=replace(crowded(honeypot=0.9).launch, late_honeypot_share=0.0)
    )
    simulator = Simulator(settings, 1, decoded=True)
    mints = [event.mint for slot in play(simulator, 25) for event in slot.events if isinstance(event, Launched)]
    mint = next(mint for mint in mints if simulator.kind(mint) is Kind.HONEYPOT)

    bought, _ = land(simulator, order(simulator, mint, Side.BUY, 50_000_000))
    sold, _ = land(simulator, order(simulator, mint, Side.SELL, bought.tokens))

    assert bought.ok
    assert (sold.ok, sold.reason) == (False, "honeypot")
    assert simulator.balance(mint, ME) == bought.tokens


def test_a_buy_that_completes_the_curve_waits_for_the_pool_and_sells_there():
    simulator, mint = started()
    bought, slot = land(simulator, order(simulator, mint, Side.BUY, 200 * 10**9))
    assert bought.ok
    assert any(type(event).__name__ == "Graduated" and event.mint == mint for event in slot.events)

    between, _ = land(simulator, order(simulator, mint, Side.SELL, bought.tokens))
    assert (between.ok, between.reason) == (False, "complete")
    trip = simulator.simulate_round_trip(mint, 10**8)
    assert trip is not None
    assert trip.ok is None

    later = play(simulator, 12)
    opened = [e for s in later for e in s.events if isinstance(e, PoolOpened) and e.mint == mint]
    assert opened[0].reserves.real_base == 206_900_000_000_000
    fill, _ = land(simulator, order(simulator, mint, Side.SELL, bought.tokens // 2))
    assert fill.ok
    assert fill.before is not None
    assert fill.before.venue is Venue.POOL
    assert fill.fees.lp_lamports > 0


def test_our_buy_moves_the_price_for_everybody_after_us():
    def price(spend: int) -> float:
        simulator, mint = started(4)
        if spend:
            simulator.submit(order(simulator, mint, Side.BUY, spend))
        simulator.step()
        reserves = simulator.reserves(mint)
        assert reserves is not None
        return reserves.price

    assert price(5 * 10**9) > 1.2 * price(0)
