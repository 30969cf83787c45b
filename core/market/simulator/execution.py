"""Our orders: executed in their landing slot after the trades of others, against the true reserves, with exact fees."""

from msgspec.structs import replace

from core.market import quotes
from core.market.curve import Curve
from core.market.fees import FeeRates
from core.market.pool import Pool
from core.market.quotes import AnyVenue, Quote
from core.market.simulator import plants
from core.market.simulator.broadcast import reserves_of
from core.market.simulator.market import Market
from core.market.simulator.orders import SimFill, SimOrder
from core.market.simulator.state import Stage, Token
from core.market.simulator.swap import Swap
from core.market.simulator.trading import after_rise, collapse, is_trapped, move_curve, price, rates_for
from core.messages import Reserves
from core.types import Side, Venue


def venue_of(token: Token) -> AnyVenue | None:
    """The token's curve or pool as a value; None between the two."""
    if token.stage == Stage.CURVE:
        return Curve(token.virtual_quote, token.virtual_base, token.real_quote, token.real_base)
    if token.stage == Stage.POOL:
        return Pool(token.pool_base, token.pool_quote)
    return None


def execute(market: Market, order: SimOrder) -> SimFill:
    """Land `order` now. A refusal of the chain is a fill that is not ok, with its reason."""
    market.broadcast.sign_next(order.signature)
    token = market.state.tokens.get(market.by_mint.get(order.mint, 0))
    if token is None:
        market.broadcast.sign_next("")
        return _fill(market, order, reason="unknown_token")
    before = reserves_of(token)
    outcome = order.failure or ("layout" if market.is_upgraded else _outcome(market, token, order))
    if isinstance(outcome, str):
        market.broadcast.failed(token, order.side)
        return _fill(market, order, reason=outcome, before=before, after=before)
    rates = rates_for(token)
    price_before = price(token)
    _move_tokens(token, order, outcome)
    _move_reserves(market, token, order, outcome, rates)
    if order.side is Side.BUY:
        after_rise(market, token, order.wallet)
        plants.bought(market, token)
    elif price(token) < price_before * (1.0 - market.settings.attention.collapse_fall):
        collapse(market, token)
    filled = _fill(market, order, before=before, after=reserves_of(token))
    return replace(
        filled,
        ok=True,
        tokens=outcome.tokens,
        quote_lamports=outcome.quote_lamports,
        total_lamports=outcome.total_lamports,
        fees=outcome.fees,
        rates=rates,
    )


def _outcome(market: Market, token: Token, order: SimOrder) -> Quote | str:
    """What the order gets against the reserves of now, or why the chain refuses it."""
    venue = venue_of(token)
    if venue is None:
        return "complete"
    if token.quote_mint:
        return "wrong_quote"
    if order.venue is not None and (order.venue is Venue.POOL) != isinstance(venue, Pool):
        return "wrong_venue"
    if order.side is Side.BUY:
        quote = quotes.buy_exact_in(venue, order.amount, rates_for(token))
        breached = quote is not None and quote.tokens < order.limit
    else:
        if order.amount > token.holders.get(order.wallet, 0):
            return "insufficient_tokens"
        if is_trapped(market, token, order.wallet):
            return "honeypot"
        if market.state.slot < token.refused_until_slot:
            return "refused"
        quote = quotes.sell(venue, order.amount, rates_for(token))
        breached = quote is not None and quote.total_lamports < order.limit
    if quote is None:
        return "dust"
    return "slippage" if breached else quote


def _move_tokens(token: Token, order: SimOrder, quote: Quote) -> None:
    held = token.holders.get(order.wallet, 0)
    if order.side is Side.BUY:
        token.holders[order.wallet] = held + quote.tokens
        if order.wallet not in token.outsiders:
            token.outsiders.append(order.wallet)
    elif quote.tokens < held:
        token.holders[order.wallet] = held - quote.tokens
    else:
        del token.holders[order.wallet]
        token.outsiders.remove(order.wallet)


def _move_reserves(market: Market, token: Token, order: SimOrder, quote: Quote, rates: FeeRates) -> None:
    """Move the reserves and report the trade like everybody's."""
    if isinstance(quote.after, Pool):
        token.pool_base, token.pool_quote = quote.after.base, quote.after.quote
    else:
        sign = 1 if order.side is Side.BUY else -1
        move_curve(token, sign * quote.tokens, sign * quote.quote_lamports)
    swap = Swap(order.side, order.wallet, quote.quote_lamports, quote.tokens, rates, quote.fees.lp_lamports)
    market.broadcast.traded(token, swap)


def _fill(
    market: Market,
    order: SimOrder,
    *,
    reason: str = "",
    before: Reserves | None = None,
    after: Reserves | None = None,
) -> SimFill:
    return SimFill(
        signature=order.signature,
        mint=order.mint,
        side=order.side,
        slot=market.state.slot,
        at_s=market.at_s,
        ok=False,
        reason=reason,
        before=before,
        after=after,
    )
