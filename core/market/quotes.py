"""Whole quotes: what a trade moves, pays and leaves behind, fees included, on a curve or a pool.

A quote that cannot be is `None`, not an error: dust (nothing comes out, or fees eat it: the official SDK would answer a
negative number), a completed curve, or more than the reserves hold. Callers treat `None` as "cannot be traded now".
"""

from typing import TypeAlias

from msgspec import Struct

from core.market import curve as curves
from core.market import pool as pools
from core.market.curve import Curve
from core.market.fees import FeeRates, Fees, fees_on, net_of_fees
from core.market.pool import Pool
from core.types import Side

AnyVenue: TypeAlias = Curve | Pool
_BUY, _SELL = Side.BUY, Side.SELL


class Quote(Struct, frozen=True, kw_only=True, gc=False):
    """One trade on `before`, the curve or pool as it was.

    `quote_lamports` moves the reserves, `total_lamports` is what the trader pays (buy) or gets (sell).
    """

    side: Side
    before: AnyVenue
    tokens: int
    quote_lamports: int
    total_lamports: int
    fees: Fees

    @property
    def after(self) -> AnyVenue:
        """The curve or pool as the trade leaves it. Made when asked for: whoever weighs a cost never asks."""
        before, tokens, quote, lp_fee = self.before, self.tokens, self.quote_lamports, self.fees.lp_lamports
        if self.side is _BUY:
            if isinstance(before, Curve):
                return curves.after_buy(before, tokens, quote)
            return pools.after_buy(before, tokens, quote, lp_fee)
        if isinstance(before, Curve):
            return curves.after_sell(before, tokens, quote)
        return pools.after_sell(before, tokens, quote, lp_fee)


def liquidity_lamports(venue: AnyVenue) -> int:
    """What sellers could take out: the real quote reserves, one-sided."""
    return venue.real_quote if isinstance(venue, Curve) else venue.quote


def spot_price(venue: AnyVenue) -> tuple[int, int]:
    """Exact spot price as (numerator, denominator): lamports per token unit."""
    return curves.spot_price(venue) if isinstance(venue, Curve) else pools.spot_price(venue)


def spot_price_lamports(venue: AnyVenue) -> float:
    """Spot price as a float, lamports per token unit; for signals and display, never for amounts."""
    numerator, denominator = spot_price(venue)
    return numerator / denominator


def buy_exact_in(venue: AnyVenue, spend_lamports: int, rates: FeeRates) -> Quote | None:
    """Spend at most `spend_lamports`, fees included (`buy_exact_quote_in`). `None` for dust and completed curves.

    A spend that the curve cannot absorb buys what is left at its exact-out cost; the rest stays with the trader.
    """
    if spend_lamports <= 0:
        return None
    net = net_of_fees(spend_lamports, rates)
    if isinstance(venue, Pool):
        tokens = pools.buy_tokens(venue, max(net, 0))
        return _buy(venue, tokens, net, rates) if tokens > 0 else None
    if venue.complete:
        return None
    tokens = curves.buy_tokens(venue, max(net, 0))
    if tokens <= 0:
        return None
    if tokens == venue.real_base:
        # The whole remainder may cost less than the spend: the exact-out row says how much less.
        net = min(net, curves.buy_cost(venue, tokens))
    return _buy(venue, tokens, net, rates)


def buy_exact_out(venue: AnyVenue, tokens: int, rates: FeeRates) -> Quote | None:
    """Buy exactly `tokens` (`buy`, `buy_v2`). `None` when the venue does not hold so many."""
    if isinstance(venue, Pool):
        if not 0 < tokens < venue.base:
            return None
        return _buy(venue, tokens, pools.buy_cost(venue, tokens), rates)
    if venue.complete or not 0 < tokens <= venue.real_base:
        return None
    return _buy(venue, tokens, curves.buy_cost(venue, tokens), rates)


def sell(venue: AnyVenue, tokens: int, rates: FeeRates) -> Quote | None:
    """Sell exactly `tokens`. `None` when fees leave nothing, or the real reserves cannot pay."""
    if tokens <= 0:
        return None
    if isinstance(venue, Pool):
        return _pool_sell(venue, tokens, rates)
    proceeds = curves.proceeds_of(venue.virtual_quote, venue.virtual_base, tokens)
    fees = fees_on(proceeds, rates)
    total = proceeds - fees.total_lamports
    if venue.complete or total <= 0 or proceeds > venue.real_quote:
        return None
    return Quote(side=_SELL, before=venue, tokens=tokens, quote_lamports=proceeds, total_lamports=total, fees=fees)


def _buy(venue: AnyVenue, tokens: int, net: int, rates: FeeRates) -> Quote:
    fees = fees_on(net, rates)
    return Quote(
        side=_BUY,
        before=venue,
        tokens=tokens,
        quote_lamports=net,
        total_lamports=net + fees.total_lamports,
        fees=fees,
    )


def _pool_sell(pool: Pool, tokens: int, rates: FeeRates) -> Quote | None:
    proceeds = pools.sell_proceeds(pool, tokens)
    fees = fees_on(proceeds, rates)
    total = proceeds - fees.total_lamports
    if total <= 0 or proceeds - fees.lp_lamports > pool.quote:
        return None
    return Quote(side=_SELL, before=pool, tokens=tokens, quote_lamports=proceeds, total_lamports=total, fees=fees)
