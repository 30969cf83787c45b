"""Manufactured pumps: one hand with many wallets buys the creation slot, graduates the token, pumps the pool and dumps.

The group gets its own money back when it dumps, less fees; its profit is what the crowd put in between.
"""

from math import sqrt

from core.market.simulator.market import Market
from core.market.simulator.state import Action, Stage, Token
from core.market.simulator.trading import buy, collapse, sell
from core.types import LAMPORTS_PER_SOL


def enter(market: Market, token: Token) -> None:
    """Buy in the creation slot and plan the rest."""
    settings = market.settings.group
    count = market.random.randint(settings.wallets_least, settings.wallets_most)
    spend = min(market.draw(settings.spend_sol), settings.most_spend_sol) * LAMPORTS_PER_SOL
    for net in _parts(market, spend, count):
        _insider_buys(market, token, net)
    market.schedule(market.draw(settings.first_sale_s), Action.GROUP_FIRST_SALE, token)
    if market.chance(settings.graduates_share):
        market.schedule(market.draw(settings.graduate_s), Action.GROUP_GRADUATE, token)
    dump_s = market.draw(settings.dump_s) * market.settings.scenario.dump_delay
    if market.chance(settings.one_block_share):
        market.schedule(dump_s, Action.GROUP_DUMP, token, "", 0)
    else:
        market.schedule(dump_s, Action.GROUP_FADE, token)


def enter_bundle(market: Market, token: Token) -> None:
    """Buy in the creation slot; each wallet sells when its time has come."""
    settings = market.settings.bundle
    count = market.random.randint(settings.wallets_least, settings.wallets_most)
    for net in _parts(market, market.draw(settings.spend_sol) * LAMPORTS_PER_SOL, count):
        wallet = _insider_buys(market, token, net)
        hold_s = market.draw(settings.hold_s) * market.settings.scenario.dump_delay
        market.schedule(hold_s, Action.EXIT, token, wallet, token.holders.get(wallet, 0))


def first_sale(market: Market, token: Token) -> None:
    """The first tokens leave the group."""
    wallet = _richest(token)
    if token.stage == Stage.COMPLETE:
        market.schedule(1.0, Action.GROUP_FIRST_SALE, token)
    elif wallet:
        part = int(_held(token) * market.settings.group.first_sale_fraction)
        sell(market, token, wallet, part)


def graduate(market: Market, token: Token) -> None:
    """Buy what is left of the curve, and start to wash once the pool is there."""
    if token.stage == Stage.CURVE:
        rest = token.real_base * token.virtual_quote // (token.virtual_base - token.real_base) + LAMPORTS_PER_SOL
        for _ in range(2):
            _insider_buys(market, token, rest // 2 + LAMPORTS_PER_SOL)
    market.schedule(10.0, Action.GROUP_WASH, token)


def wash(market: Market, token: Token) -> None:
    """Trade with itself on the pool, a little more in than out, until nothing of the group is left."""
    settings = market.settings.group
    if token.stage == Stage.POOL:
        if market.chance(settings.wash_buy_share):
            net = int(market.draw(settings.wash_buy_sol) * LAMPORTS_PER_SOL)
            _insider_buys(market, token, net, wallet=market.random.choice(token.insiders))
        else:
            wallet = _richest(token)
            if not token.holders.get(wallet):
                return
            lamports = int(market.draw(settings.wash_sell_sol) * LAMPORTS_PER_SOL)
            sell(market, token, wallet, lamports * token.pool_base // token.pool_quote)
    market.schedule(settings.wash_pause_s * market.random.expovariate(1.0), Action.GROUP_WASH, token)


def dump(market: Market, token: Token) -> None:
    """Everything out in one slot. A pool that would not fall far enough is pumped first, and dumped slots later."""
    if token.stage == Stage.COMPLETE:
        market.schedule(4.0, Action.GROUP_DUMP, token)
        return
    gap = _gap(market, token) if token.stage == Stage.POOL else 0
    if gap > LAMPORTS_PER_SOL:
        # A little more than the gap, for the crowd sells into the pump.
        for _ in range(3):
            _insider_buys(market, token, gap * 35 // 100)
        market.schedule(2.0, Action.GROUP_DUMP, token)
        return
    for wallet in token.insiders:
        sell(market, token, wallet, token.holders.get(wallet, 0))
    collapse(market, token)
    token.insiders = [token.creator]


def fade(market: Market, token: Token) -> None:
    """Sell off slowly: a tenth of the rest every minute or so, until it is not worth a transaction."""
    wallet = _richest(token)
    if not wallet:
        return
    sell(market, token, wallet, max(_held(token) // 10, 1))
    if _held(token) > token.supply // 1_000:
        market.schedule(30.0 + 60.0 * market.random.random(), Action.GROUP_FADE, token)


def _insider_buys(market: Market, token: Token, net: int, wallet: str = "") -> str:
    if not wallet:
        wallet = market.new_wallet("insider")
        token.insiders.append(wallet)
    buy(market, token, wallet, net)
    return wallet


def _parts(market: Market, amount: float, count: int) -> list[int]:
    """`amount` in `count` uneven parts."""
    weights = [0.5 + market.random.random() for _ in range(count)]
    return [int(amount * weight / sum(weights)) for weight in weights]


def _held(token: Token) -> int:
    return sum(token.holders.get(wallet, 0) for wallet in token.insiders)


def _richest(token: Token) -> str:
    return max(token.insiders, key=lambda wallet: token.holders.get(wallet, 0), default="")


def _gap(market: Market, token: Token) -> int:
    """Lamports that the pool must still take in so that selling all the group's tokens brings the price to its end.

    Selling h into a pool with base B multiplies the price by (B/(B+h))²; buying moves tokens from B to h, so the sum
    stays and the wanted B follows.
    """
    wanted_base = (token.pool_base + _held(token)) * sqrt(1.0 - market.settings.group.end_fall)
    wanted_quote = token.pool_quote * token.pool_base / wanted_base
    return max(int(wanted_quote) - token.pool_quote, 0)
