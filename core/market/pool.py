"""A PumpSwap pool: constant product over base and (real + virtual) quote, in whole token units and lamports.

Amounts are without fees except that the LP fee stays in the pool. Event reserves of PumpSwap are pre-trade.
"""

from msgspec import Struct

from core.errors import Refused
from core.market.curve import START_REAL_BASE_UNITS, SUPPLY_UNITS, Curve

# A recorded `CompletePumpAmmMigrationEvent` (June 2025) moved 84,990,359,420 lamports and kept this much.
MIGRATION_FEE_LAMPORTS = 15_000_001
MIGRATED_BASE_UNITS = SUPPLY_UNITS - START_REAL_BASE_UNITS


class Pool(Struct, frozen=True, gc=False):
    """Reserves: `base` in token units, `quote` in lamports; `virtual_quote` (may be < 0) prices but is not paid out."""

    base: int
    quote: int
    virtual_quote: int = 0


def migrated(curve: Curve, *, virtual_quote: int = 0) -> Pool:
    """The canonical pool that a completed curve opens: its real quote less the migration fee, and the unsold supply.

    About 84.99 SOL: every buy rounds up by at most a lamport, so the last digits depend on the number of buys.
    """
    if not curve.complete:
        raise Refused("only a completed curve migrates")
    return Pool(MIGRATED_BASE_UNITS, curve.real_quote - MIGRATION_FEE_LAMPORTS, virtual_quote)


def cost_of(quote: int, base: int, tokens: int) -> int:
    """Lamports for `tokens` (exact-out), `quote` real and virtual together: ⌈Q·b/(B−b)⌉. Bare integers."""
    return -(-quote * tokens // (base - tokens))


def tokens_for(quote: int, base: int, spend: int) -> int:
    """Tokens for `spend` lamports after fees (exact-in): ⌊(s−1)·B/(Q+s−1)⌋; 0 for less than two lamports."""
    if spend <= 1:
        return 0
    return (spend - 1) * base // (quote + spend - 1)


def proceeds_of(quote: int, base: int, tokens: int) -> int:
    """Lamports for selling `tokens`: ⌊Q·b/(B+b)⌋."""
    return quote * tokens // (base + tokens)


def buy_cost(pool: Pool, tokens: int) -> int:
    """Lamports that buy exactly `tokens`. `Refused` outside 1…base−1: the pool cannot be emptied."""
    if not 0 < tokens < pool.base:
        raise Refused(f"cannot buy {tokens} of {pool.base} token units")
    return cost_of(pool.quote + pool.virtual_quote, pool.base, tokens)


def buy_tokens(pool: Pool, spend: int) -> int:
    """Tokens for `spend` lamports after fees; 0 is dust."""
    if spend < 0:
        raise Refused(f"cannot spend {spend} lamports")
    return tokens_for(pool.quote + pool.virtual_quote, pool.base, spend)


def sell_proceeds(pool: Pool, tokens: int) -> int:
    """Lamports before fees for `tokens`. With virtual quote it may exceed the real: `after_sell` refuses that."""
    if tokens <= 0:
        raise Refused(f"cannot sell {tokens} token units")
    return proceeds_of(pool.quote + pool.virtual_quote, pool.base, tokens)


def after_buy(pool: Pool, tokens: int, quote: int, lp_fee: int) -> Pool:
    """The pool after `tokens` left for `quote` lamports; the LP fee, paid on top, stays in it."""
    if not 0 < tokens < pool.base or quote <= 0 or lp_fee < 0:
        raise Refused(f"no such buy: {tokens} token units for {quote} lamports on {pool}")
    return Pool(pool.base - tokens, pool.quote + quote + lp_fee, pool.virtual_quote)


def after_sell(pool: Pool, tokens: int, quote: int, lp_fee: int) -> Pool:
    """The pool after `tokens` came in for `quote` lamports, of which the LP fee stays. Real quote caps the payout."""
    left = pool.quote - quote + lp_fee
    if tokens <= 0 or quote < 0 or lp_fee < 0 or left < 0:
        raise Refused(f"no such sell: {tokens} token units for {quote} lamports on {pool}")
    return Pool(pool.base + tokens, left, pool.virtual_quote)


def spot_price(pool: Pool) -> tuple[int, int]:
    """Exact spot price as (numerator, denominator): lamports per token unit."""
    return pool.quote + pool.virtual_quote, pool.base


def spot_price_lamports(pool: Pool) -> float:
    """Spot price as a float, lamports per token unit; for signals and display, never for amounts."""
    return (pool.quote + pool.virtual_quote) / pool.base


def market_cap_lamports(pool: Pool, supply: int = SUPPLY_UNITS) -> int:
    """⌊(Q+V)·supply/B⌋, by which fee tiers are chosen (npm @pump-fun/pump-swap-sdk 1.20.0, poolMarketCap)."""
    return (pool.quote + pool.virtual_quote) * supply // pool.base
