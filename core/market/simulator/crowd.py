"""The crowd: organic buyers and bots who arrive while a token has attention, and leave by their own holding times."""

from math import log

from core.market.simulator.market import Market
from core.market.simulator.settings import LogNormal
from core.market.simulator.state import BUYER, COMPLETE, EXIT, Token
from core.market.simulator.trading import START_PRICE, buy, price, sell
from core.types import LAMPORTS_PER_SOL

DUST_LAMPORTS = LAMPORTS_PER_SOL // 100
"""A position worth less is dust: bots sell it in crumbs."""


def arouse(market: Market, token: Token, buyers: LogNormal, *, least_scale: float) -> None:
    """Give a new token its attention: how many will come, how soon, and at which least scale they buy."""
    settings, scenario = market.settings.attention, market.settings.scenario
    attention = min(market.draw(buyers) * scenario.attention, settings.most_buyers)
    crowd = market.settings.crowd
    scale = (attention / crowd.scale_buyers) ** crowd.scale_power
    token.attention = attention
    token.buy_scale = min(max(scale, least_scale), 1.0) * scenario.buy_size
    token.half_s = market.draw(settings.half_s)
    next_buyer(market, token)


def next_buyer(market: Market, token: Token) -> None:
    """Schedule the next buyer. Arrivals are a Poisson process whose rate decays as (1+t/τ)^(−p).

    `survival` is (1+t/τ)^(1−p), the part of the profile that is still to come: it falls by an exponential draw ÷
    attention per buyer, so a change of attention acts from now on.
    """
    attention = token.attention
    if attention <= 0.0:
        return
    # An exponential draw: `random.expovariate`, without the call.
    survival = token.survival - (-log(1.0 - market.uniform()) / attention)
    if survival <= 0.0:
        return
    settings = market.settings
    try:
        since_s = token.half_s * (survival ** (-1.0 / (settings.attention.decay - 1.0)) - 1.0)
    except OverflowError:
        return
    if since_s > settings.memory.longest_life_s:
        return
    token.survival = survival
    due_s = token.launched_slot * market.slot_s + since_s
    market.schedule(due_s - market.state.slot * market.slot_s, BUYER, token)


def buyer_arrives(market: Market, token: Token) -> None:
    """Somebody buys, decides how long to hold, and the next buyer is scheduled."""
    crowd = market.settings.crowd
    random = market.uniform
    if random() < crowd.dust_share:
        wallet = market.bots[int(random() * crowd.bots)]
        _buy_and_hold(market, token, wallet, market.draw(crowd.dust_sol), crowd.bot_hold_s)
    elif random() < crowd.bot_share:
        wallet = market.bots[int(random() * crowd.bots)]
        _buy_and_hold(market, token, wallet, _size_sol(market, token), crowd.bot_hold_s)
    else:
        # Squared: a few wallets trade every day, most of them rarely.
        wallet = market.people[int(random() ** 2 * crowd.population)]
        tokens = buy(market, token, wallet, int(_size_sol(market, token) * LAMPORTS_PER_SOL))
        if tokens and random() >= crowd.never_sell_share:
            market.schedule(market.draw(crowd.human_hold_s), EXIT, token, wallet, tokens)
    next_buyer(market, token)


def _size_sol(market: Market, token: Token) -> float:
    crowd = market.settings.crowd
    return min(market.draw(crowd.buy_sol) * token.buy_scale, crowd.most_buy_sol)


def _buy_and_hold(market: Market, token: Token, wallet: str, size_sol: float, hold: LogNormal) -> None:
    tokens = buy(market, token, wallet, int(size_sol * LAMPORTS_PER_SOL))
    if tokens:
        market.schedule(market.draw(hold), EXIT, token, wallet, tokens)


def holder_leaves(market: Market, token: Token, wallet: str, tokens: int) -> None:
    """A holding time is over: sell it all, or first a part of it."""
    if token.stage == COMPLETE:
        market.schedule(market.slot_s * 5, EXIT, token, wallet, tokens)
        return
    crowd = market.settings.crowd
    random = market.uniform
    value_lamports = tokens * price(token) * START_PRICE
    share = crowd.dust_partial_share if value_lamports < DUST_LAMPORTS else crowd.partial_share
    if random() < share:
        part = int(tokens * (0.1 + 0.8 * random()))
        sell(market, token, wallet, part)
        market.schedule(market.draw(crowd.human_hold_s), EXIT, token, wallet, tokens - part)
    else:
        sell(market, token, wallet, tokens)
