from random import Random

import pytest

from core.market import quotes
from core.market.fees import fee_on
from core.market.simulator import trading
from core.market.simulator.broadcast import DecodedBroadcast
from core.market.simulator.execution import venue_of
from core.market.simulator.market import Market
from core.market.simulator.names import Names
from core.market.simulator.state import Action, Kind, MarketState, Stage, Token
from core.types import Side
from tests.market.simulator.markets import CALM

SOL = 10**9


def market_with_token(**facts: object) -> tuple[Market, Token]:
    names = Names(1)
    token = Token(number=1, mint=names.mint(1), kind=Kind.ORDINARY, creator=names.wallet("creator", 1),
                  launched_slot=0, token_2022=True, cashback=False)  # fmt: skip
    for name, value in facts.items():
        setattr(token, name, value)
    state = MarketState(slot=100, seed=1, tokens={1: token})
    return Market(CALM, state, names, Random(1), DecodedBroadcast(state, names)), token


def pooled(**facts: object) -> tuple[Market, Token]:
    return market_with_token(
        stage=Stage.POOL, pool="pool", pool_quote=84_990_359_056, pool_base=206_900_000_000_000, **facts
    )


def expected(token: Token, side: Side, amount: int) -> quotes.Quote:
    """What core.market.quotes says of the same trade. `amount`: net lamports of a buy, tokens of a sell."""
    venue, rates = venue_of(token), trading.rates_for(token)
    assert venue is not None
    if side is Side.SELL:
        quote = quotes.sell(venue, amount, rates)
    else:
        spend = amount + fee_on(amount, rates.protocol_bps) + fee_on(amount, rates.creator_bps)
        spend += fee_on(amount, rates.lp_bps) + fee_on(amount, rates.cashback_bps)
        quote = quotes.buy_exact_in(venue, spend, rates)
    assert quote is not None
    return quote


@pytest.mark.parametrize("cashback", [False, True])
@pytest.mark.parametrize("make", [market_with_token, pooled])
def test_agents_trade_at_the_exact_quotes(make, cashback):
    market, token = make(cashback=cashback)
    random = Random(5)
    for _ in range(300):
        held = token.holders.get("someone", 0)
        if held and random.random() < 0.5:
            amount = random.randint(1_000_000, max(held, 1_000_001))
            amount = min(amount, held)
            quote = expected(token, Side.SELL, amount)
            assert trading.sell(market, token, "someone", amount) == quote.quote_lamports
        else:
            amount = random.randint(SOL // 100, 2 * SOL)
            quote = expected(token, Side.BUY, amount)
            assert quote.quote_lamports == amount
            assert trading.buy(market, token, "someone", amount) == quote.tokens
        assert venue_of(token) == quote.after


def test_a_buy_of_more_than_the_curve_has_completes_it_and_plans_the_migration():
    market, token = market_with_token()
    tokens = trading.buy(market, token, "whale", 500 * SOL)

    assert tokens == 793_100_000_000_000
    assert token.stage == Stage.COMPLETE
    assert token.real_quote == 85_005_359_057
    assert [entry[2] for entry in market.scheduled()] == [Action.MIGRATE]
    assert trading.buy(market, token, "late", SOL) == 0
    assert trading.sell(market, token, "whale", 10**12) == 0


def test_a_migrated_token_trades_in_a_pool_with_the_exact_reserves():
    market, token = market_with_token()
    trading.buy(market, token, "whale", 500 * SOL)
    trading.migrate(market, token)
    assert (token.pool_quote, token.pool_base) == (84_990_359_056, 206_900_000_000_000)
    assert trading.price(token) == pytest.approx(14.69, abs=0.01)


def test_only_what_is_held_can_be_sold_and_dust_is_not_worth_a_transaction():
    market, token = market_with_token()
    trading.buy(market, token, "someone", SOL)
    assert trading.sell(market, token, "stranger", 10**12) == 0
    assert trading.sell(market, token, "someone", 1_000) == 0
    held = token.holders["someone"]
    assert trading.sell(market, token, "someone", held * 2) > 0
    assert "someone" not in token.holders


def test_a_honeypot_keeps_outsiders_from_selling_once_it_is_closed_but_not_its_creator():
    market, token = market_with_token(kind=Kind.HONEYPOT, trap_slot=200, insiders=["creator"])
    for wallet in ("outsider", "creator"):
        trading.buy(market, token, wallet, SOL)
    assert trading.sell(market, token, "outsider", 10**12) > 0
    market.state.slot = 200
    assert trading.sell(market, token, "outsider", 10**12) == 0
    assert trading.sell(market, token, "creator", 10**12) > 0


def test_a_collapse_takes_attention_away_and_makes_holders_run_once():
    market, token = market_with_token(attention=100.0)
    for number in range(50):
        trading.buy(market, token, f"holder {number}", SOL // 2)
    trading.buy(market, token, "whale", 30 * SOL)
    token.attention = 100.0
    trading.sell(market, token, "whale", 10**15)

    assert token.attention == pytest.approx(30.0)
    runners = [entry for entry in market.scheduled() if entry[2] == Action.EXIT]
    assert 8 <= len(runners) <= 30
    trading.collapse(market, token)
    assert token.attention == pytest.approx(30.0)


def test_each_doubling_of_the_price_brings_more_buyers():
    market, token = market_with_token(attention=100.0)
    trading.buy(market, token, "someone", 13 * SOL)
    assert token.attention == pytest.approx(125.0)
    trading.buy(market, token, "someone", 18 * SOL)
    assert token.attention == pytest.approx(156.25)
    trading.sell(market, token, "someone", 10**11)
    trading.buy(market, token, "someone", SOL // 100)
    assert token.attention == pytest.approx(156.25)


def test_cashback_coins_pay_the_creators_share_to_the_trader():
    _, token = market_with_token(cashback=True)
    assert (trading.rates_for(token).creator_bps, trading.rates_for(token).cashback_bps) == (0, 30)
