"""The programs' arithmetic against `core.market`, to the unit, on states that random trades lead to."""

from random import Random

import pytest
from solders.instruction import Instruction
from solders.keypair import Keypair

from core.chain.build import curve as curve_orders
from core.chain.build import legacy
from core.chain.build import pool as pool_orders
from core.chain.pump import TradeEvent
from core.chain.pumpswap import BuyEvent, SellEvent
from core.market.fees import as_cashback, rates_of
from core.market.quotes import Quote, buy_exact_in, buy_exact_out, sell
from core.types import LAMPORTS_PER_SOL
from tests.localnet.stage import RECIPIENTS, Coin, Stage, code, events

TRADES = 200
"""Of one coin. Each round has a coin and a seed of its own: one in the short form, twelve more in the long one."""
ROUNDS = [pytest.param(1), *(pytest.param(number, marks=pytest.mark.slow) for number in range(2, 14))]
LIMIT = {"buy": 2**63, "exact_in": 0, "sell": 0}


def amount(random: Random, most: int) -> int:
    """From dust to `most`, evenly over the orders of magnitude."""
    return max(int(most ** random.random()), 1)


def built(coin: Coin, user: Keypair, way: str, units: int, *, is_legacy: bool) -> Instruction:
    """A trade without a limit; `way` is buy, exact_in or sell."""
    if is_legacy:
        old = legacy.legacy_accounts(coin.facts, user.pubkey(), RECIPIENTS)
        return {"buy": legacy.buy, "exact_in": legacy.buy_exact_sol_in, "sell": legacy.sell}[way](
            old, units, LIMIT[way]
        )
    new = coin.accounts(user)
    ways = {
        "buy": curve_orders.buy_v2,
        "exact_in": curve_orders.buy_exact_quote_in_v2,
        "sell": curve_orders.sell_v2,
    }
    return ways[way](new, units, LIMIT[way])


def curve_trade(
    coin: Coin, user: Keypair, random: Random, *, is_legacy: bool
) -> tuple[Instruction, Quote | None, bool]:
    """(instruction, what core.market says of it, whether it is a sale)."""
    now = coin.curve()
    rates = as_cashback(rates_of(now)) if coin.facts.is_cashback else rates_of(now)
    held = coin.stage.tokens(user.pubkey(), coin.mint)
    way = random.choice(["buy", "exact_in", "sell"] if held else ["buy", "exact_in"])
    if way == "buy":
        units = amount(random, 10**13)
        quote = buy_exact_out(now, units, rates)
    elif way == "exact_in":
        units = amount(random, 2 * LAMPORTS_PER_SOL)
        quote = buy_exact_in(now, units, rates)
    else:
        units = min(amount(random, held), held)
        quote = sell(now, units, rates)
    return built(coin, user, way, units, is_legacy=is_legacy), quote, way == "sell"


@pytest.mark.parametrize("is_legacy", [False, True])
@pytest.mark.parametrize("is_cashback", [False, True])
@pytest.mark.parametrize("number", ROUNDS)
def test_curve_trades_move_what_core_market_says_to_the_unit(number: int, is_legacy: bool, is_cashback: bool):
    stage, random = Stage(), Random(number)
    user = stage.rich("user")
    coin = stage.coin(stage.rich("creator"), is_cashback=is_cashback)
    stage.done([coin.open(user), curve_orders.buy_exact_quote_in_v2(coin.accounts(user), LAMPORTS_PER_SOL, 1)], user)
    done = refused = 0
    for _ in range(TRADES):
        held, lamports = stage.tokens(user.pubkey(), coin.mint), stage.balance(user.pubkey())
        instruction, quote, is_sale = curve_trade(coin, user, random, is_legacy=is_legacy)
        landed = stage.land([instruction], user)
        if quote is None:
            assert landed.err is not None
            refused += 1
            continue
        assert landed.err is None, (quote, landed.logs)
        done += 1
        moved = stage.tokens(user.pubkey(), coin.mint) - held
        paid = lamports - stage.balance(user.pubkey()) - landed.fee_lamports
        sign = -1 if is_sale else 1
        assert (moved, paid) == (sign * quote.tokens, sign * quote.total_lamports)
        assert coin.curve() == quote.after
        (event,) = events(landed)
        assert isinstance(event, TradeEvent)
        assert (event.sol_amount, event.token_amount) == (quote.quote_lamports, quote.tokens)
        assert event.fee == quote.fees.protocol_charged_lamports
        assert event.creator_fee == quote.fees.creator_lamports
        assert event.cashback == quote.fees.cashback_lamports
        assert event.buyback_fee == quote.fees.buyback_lamports
    assert done > TRADES // 2
    assert refused > 0


@pytest.mark.parametrize("is_cashback", [False, True])
@pytest.mark.parametrize("number", ROUNDS)
def test_pool_trades_move_what_core_market_says_to_the_unit(number: int, is_cashback: bool):
    stage, random = Stage(), Random(number)
    user = stage.rich("user")
    coin = stage.coin(stage.rich("creator"), is_cashback=is_cashback)
    coin.graduate(user)
    stage.done(coin.wrapped(user, 3_000 * LAMPORTS_PER_SOL), user)
    accounts = coin.pool_accounts(user)
    done = refused = tiers = 0
    for _ in range(TRADES):
        now = coin.pool()
        rates = as_cashback(rates_of(now)) if is_cashback else rates_of(now)
        tiers |= 1 << rates.total_bps % 60
        held = stage.tokens(user.pubkey(), coin.mint)
        match random.randrange(3) if done else 1:
            case 0:
                tokens = amount(random, now.base // 4)
                instruction, quote = pool_orders.buy(accounts, tokens, 2**63), buy_exact_out(now, tokens, rates)
            case 1:
                # The first buy is large enough to reach another tier of fees.
                spend = amount(random, 40 * LAMPORTS_PER_SOL) if done else 60 * LAMPORTS_PER_SOL
                instruction = pool_orders.buy_exact_quote_in(accounts, spend, 0)
                quote = buy_exact_in(now, spend, rates)
            case _:
                tokens = min(amount(random, held), held)
                instruction, quote = pool_orders.sell(accounts, tokens, 0), sell(now, tokens, rates)
        landed = stage.land([instruction], user)
        if quote is None:
            assert landed.err is not None
            refused += 1
            continue
        assert landed.err is None, (quote, landed.logs)
        done += 1
        assert coin.pool() == quote.after
        (event,) = events(landed)
        assert isinstance(event, BuyEvent | SellEvent)
        paid = event.user_quote_amount_in if isinstance(event, BuyEvent) else event.user_quote_amount_out
        assert paid == quote.total_lamports
        assert event.lp_fee == quote.fees.lp_lamports
        assert event.protocol_fee == quote.fees.protocol_charged_lamports
        assert event.coin_creator_fee == quote.fees.creator_lamports
        assert event.cashback == quote.fees.cashback_lamports
        assert event.buyback_fee == quote.fees.buyback_lamports
    assert done > TRADES // 2
    assert refused > 0
    assert tiers.bit_count() > 1


def test_a_buy_of_more_than_the_curve_has_takes_the_rest_at_its_price_and_completes_it():
    stage = Stage()
    user = stage.rich("user")
    coin = stage.coin(stage.rich("creator"))
    quote = buy_exact_in(coin.curve(), 200 * LAMPORTS_PER_SOL, rates_of(coin.curve()))
    assert quote is not None
    buy = curve_orders.buy_exact_quote_in_v2(coin.accounts(user), 200 * LAMPORTS_PER_SOL, 1)

    stage.done([coin.open(user), buy], user)

    assert coin.curve() == quote.after
    assert coin.curve().complete
    assert code(stage.land([buy], user)) == 6005
