"""Coins quoted in USDC: what is said of them is in USDC units.

The agents' arithmetic stays in lamports; each amount is the difference of two converted reserves, so that what is said
adds up. Nobody of ours trades them: they are shown and refused.
"""

from msgspec import Struct

from core.market.curve import START
from core.market.simulator.state import Token
from core.market.simulator.swap import Swap
from core.messages import Reserves
from core.types import LAMPORTS_PER_SOL, Side, Venue

USDC_MINT = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
USDC_UNITS = 1_000_000
"""6 decimals."""


class Shown(Struct, frozen=True, gc=False):
    """A trade as it is said: what moved, the LP fee, and the quote reserves after it."""

    quote: int
    lp_fee: int
    reserves: Reserves


def quote_in_usdc(token: Token, sol_usd: float) -> None:
    """From its launch on `token` is quoted in USDC, at the launch's price of SOL."""
    token.quote_mint = USDC_MINT
    token.quote_units_per_sol = int(sol_usd * USDC_UNITS)


def in_quote(token: Token, lamports: int) -> int:
    """`lamports` in the units that the token is quoted in."""
    return lamports * token.quote_units_per_sol // LAMPORTS_PER_SOL if token.quote_mint else lamports


def shown_reserves(token: Token) -> Reserves:
    """The token's reserves where it trades, or traded last, in the units that it is quoted in."""
    if token.pool:
        quote = in_quote(token, token.pool_quote)
        return Reserves(Venue.POOL, quote, token.pool_base, quote, token.pool_base)
    quote = in_quote(token, token.virtual_quote)
    real = quote - in_quote(token, START.virtual_quote) if token.quote_mint else token.real_quote
    return Reserves(Venue.CURVE, quote, token.virtual_base, real, token.real_base)


def shown(token: Token, swap: Swap) -> Shown:
    """The trade whose result the token holds."""
    reserves = shown_reserves(token)
    if not token.quote_mint:
        return Shown(swap.quote, swap.lp_fee, reserves)
    lp_fee = in_quote(token, swap.lp_fee)
    after = token.pool_quote if token.pool else token.virtual_quote
    if swap.side is Side.BUY:
        moved = in_quote(token, after) - in_quote(token, after - swap.quote - swap.lp_fee)
        return Shown(moved - lp_fee, lp_fee, reserves)
    moved = in_quote(token, after + swap.quote - swap.lp_fee) - in_quote(token, after)
    return Shown(moved + lp_fee, lp_fee, reserves)
