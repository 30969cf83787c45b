"""Mayhem coins: an agent of the platform trades them without fee and off the curve, the reserves move as it says."""

from core.chain.programs import MAYHEM_AGENT
from core.market import curve as curves
from core.market.fees import FeeRates
from core.market.simulator.market import Market
from core.market.simulator.state import Action, Stage, Token
from core.market.simulator.swap import Swap
from core.market.simulator.trading import after_rise, move_curve
from core.types import LAMPORTS_PER_SOL, Side

FREE = FeeRates(protocol_bps=0, creator_bps=0)
PAUSE_S = 12.0
"""Mean time between the agent's trades. Assumed: no figure was found."""
MOST_SOL = 0.6
"""Of one trade. Assumed."""
OFF_CURVE = 0.3
"""Its price differs from the curve's by up to this share. Assumed; that it does is measured (chain.md)."""
LIFE_S = 3_600.0
"""Assumed."""


def begin(market: Market, token: Token) -> None:
    """Make a new token a mayhem coin."""
    token.mayhem = True
    token.insiders.append(MAYHEM_AGENT)
    _again(market, token)


def trade(market: Market, token: Token) -> None:
    """One trade of the agent, and when the next comes. It does not follow its coin to the pool."""
    if token.stage != Stage.CURVE:
        return
    random = market.random.random
    factor = 1.0 + OFF_CURVE * (2.0 * random() - 1.0)
    held = token.holders.get(MAYHEM_AGENT, 0)
    if held and random() < 0.5:
        tokens = int(held * random()) + 1
        quote = int(curves.proceeds_of(token.virtual_quote, token.virtual_base, tokens) * factor)
        if 0 < quote <= token.real_quote:
            _move(market, token, Side.SELL, tokens, quote)
    else:
        net = int(random() * MOST_SOL * LAMPORTS_PER_SOL) + 2
        tokens = curves.tokens_for(token.virtual_quote, token.virtual_base, net)
        if 0 < tokens < token.real_base:
            _move(market, token, Side.BUY, tokens, int(net * factor))
    if (market.state.slot - token.launched_slot) * market.slot_s < LIFE_S:
        _again(market, token)


def _move(market: Market, token: Token, side: Side, tokens: int, quote: int) -> None:
    sign = 1 if side is Side.BUY else -1
    move_curve(token, sign * tokens, sign * quote)
    held = token.holders.get(MAYHEM_AGENT, 0) + sign * tokens
    if held:
        token.holders[MAYHEM_AGENT] = held
    else:
        token.holders.pop(MAYHEM_AGENT, None)
    market.broadcast.traded(token, Swap(side, MAYHEM_AGENT, quote, tokens, FREE))
    if side is Side.BUY:
        after_rise(market, token, MAYHEM_AGENT)


def _again(market: Market, token: Token) -> None:
    market.schedule(PAUSE_S * market.random.expovariate(1.0), Action.MAYHEM, token)
