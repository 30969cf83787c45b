"""The bonding curve of the pump program: constant product over virtual reserves, in whole lamports and token units.

Amounts are without fees; `core.market.quotes` adds them. Every rounding favours the curve, as the program rounds.
Figures: interface file of the pump program, 2026; `buy_exact_sol_in` documents the exact-in formula.
"""

from msgspec import Struct

from core.errors import Refused
from core.types import LAMPORTS_PER_SOL

UNITS_PER_TOKEN = 1_000_000
SUPPLY_UNITS = 1_000_000_000 * UNITS_PER_TOKEN
START_VIRTUAL_QUOTE_LAMPORTS = 30 * LAMPORTS_PER_SOL
START_VIRTUAL_BASE_UNITS = 1_073_000_000 * UNITS_PER_TOKEN
START_REAL_BASE_UNITS = 793_100_000 * UNITS_PER_TOKEN


class Curve(Struct, frozen=True, gc=False):
    """Reserves of one curve: quote in lamports, base in token units.

    `real_base` is what can still be bought; `real_quote` is what sellers could take out, the curve's liquidity.
    """

    virtual_quote: int
    virtual_base: int
    real_quote: int
    real_base: int
    complete: bool = False


START = Curve(START_VIRTUAL_QUOTE_LAMPORTS, START_VIRTUAL_BASE_UNITS, 0, START_REAL_BASE_UNITS)


def cost_of(virtual_quote: int, virtual_base: int, tokens: int) -> int:
    """Lamports for `tokens` (exact-out): ⌊t·vq/(vt−t)⌋ + 1. Bare integers, for loops that keep no `Curve`."""
    return tokens * virtual_quote // (virtual_base - tokens) + 1


def tokens_for(virtual_quote: int, virtual_base: int, spend: int) -> int:
    """Tokens for `spend` lamports after fees (exact-in): ⌊(s−1)·vt/(vq+s−1)⌋; 0 for less than two lamports."""
    if spend <= 1:
        return 0
    return (spend - 1) * virtual_base // (virtual_quote + spend - 1)


def proceeds_of(virtual_quote: int, virtual_base: int, tokens: int) -> int:
    """Lamports for selling `tokens`: ⌊t·vq/(vt+t)⌋."""
    return tokens * virtual_quote // (virtual_base + tokens)


def buy_cost(curve: Curve, tokens: int) -> int:
    """Lamports that buy exactly `tokens`. `Refused` outside 1…real_base: the program refuses those."""
    if not 0 < tokens <= curve.real_base:
        raise Refused(f"cannot buy {tokens} of {curve.real_base} token units")
    return cost_of(curve.virtual_quote, curve.virtual_base, tokens)


def buy_tokens(curve: Curve, spend: int) -> int:
    """Tokens for `spend` lamports after fees, at most what the curve still has; 0 is dust."""
    if spend < 0:
        raise Refused(f"cannot spend {spend} lamports")
    return min(tokens_for(curve.virtual_quote, curve.virtual_base, spend), curve.real_base)


def sell_proceeds(curve: Curve, tokens: int) -> int:
    """Lamports before fees for `tokens`. `Refused` when the curve does not hold so much real quote."""
    if tokens <= 0:
        raise Refused(f"cannot sell {tokens} token units")
    proceeds = proceeds_of(curve.virtual_quote, curve.virtual_base, tokens)
    if proceeds > curve.real_quote:
        raise Refused(f"{tokens} token units are worth {proceeds} lamports, the curve holds {curve.real_quote}")
    return proceeds


def after_buy(curve: Curve, tokens: int, quote: int) -> Curve:
    """The curve after `tokens` left for `quote` lamports (without fees); complete once nothing is left to buy."""
    real_base = curve.real_base - tokens
    if curve.complete or tokens <= 0 or quote <= 0 or real_base < 0:
        raise Refused(f"no such buy: {tokens} token units for {quote} lamports on {curve}")
    return Curve(
        curve.virtual_quote + quote,
        curve.virtual_base - tokens,
        curve.real_quote + quote,
        real_base,
        real_base == 0,
    )


def after_sell(curve: Curve, tokens: int, quote: int) -> Curve:
    """The curve after `tokens` came back for `quote` lamports (before fees)."""
    if curve.complete or tokens <= 0 or not 0 <= quote <= curve.real_quote:
        raise Refused(f"no such sell: {tokens} token units for {quote} lamports on {curve}")
    return Curve(
        curve.virtual_quote - quote,
        curve.virtual_base + tokens,
        curve.real_quote - quote,
        curve.real_base + tokens,
        False,
    )


def spot_price(curve: Curve) -> tuple[int, int]:
    """Exact spot price as (numerator, denominator): lamports per token unit."""
    return curve.virtual_quote, curve.virtual_base


def spot_price_lamports(curve: Curve) -> float:
    """Spot price as a float, lamports per token unit; for signals and display, never for amounts."""
    return curve.virtual_quote / curve.virtual_base


def market_cap_lamports(curve: Curve, supply: int = SUPPLY_UNITS) -> int:
    """⌊vq·supply/vt⌋, by which fee tiers are chosen (npm @pump-fun/pump-sdk 2.0.0, bondingCurveMarketCap)."""
    return curve.virtual_quote * supply // curve.virtual_base
