"""The bounds that are cheap to check after every trade: while one keeps a token out, nothing else need be judged."""

from core.effects import Now
from core.rules import emergency
from core.state.token import Token
from core.types import LAMPORTS_PER_SOL

YOUNG, OLD, LIQUIDITY, HOLDERS, CREATOR, VENUE = 1, 2, 4, 8, 16, 32
FINAL = OLD | CREATOR
"""Once broken, never whole again."""


def broken(seen: Token, now: Now) -> int:
    """Which bounds keep the token out now, as bits; 0 = none. Unknown keeps out as a fail does."""
    column = now.settings.entry.column
    bits = VENUE if seen.untradable else 0
    age_s = now.at_s - seen.launched.at_s
    if age_s < column.age_min_s:
        bits |= YOUNG
    elif age_s > column.age_max_s:
        bits |= OLD
    sol_usd = now.market.usd(now.at_s) if column.sol_price_judged else now.market.usd_unchecked()
    if sol_usd is None:
        bits |= LIQUIDITY
    else:
        liquidity_usd = seen.reserves.real_quote * sol_usd / LAMPORTS_PER_SOL
        if not column.liquidity_min_usd <= liquidity_usd <= column.liquidity_max_usd:
            bits |= LIQUIDITY
    if column.holders_judged:
        held = seen.holders
        if held.nets is None or not column.holders_min <= held.positive <= column.holders_max:
            bits |= HOLDERS
    if column.creator_judged and seen.creator_transactions > column.creator_transactions_max > 0 and not seen.missed:
        bits |= CREATOR
    return bits


def collapses(seen: Token, now: Now) -> bool:
    """Whether the market shows an emergency: a candidate that does is gone at once, not a second later."""
    peaks = emergency.Seen(
        price=seen.reserves.price,
        peak_price=seen.prices.highest(),
        liquidity_lamports=seen.reserves.real_quote,
        peak_liquidity_lamports=int(seen.liquidities.highest()),
    )
    sold, supply = seen.creator_sold_units, seen.launched.supply
    trigger = emergency.market_trigger(now.settings.emergency, peaks, creator_sold_tokens=sold, supply=supply)
    return trigger is not None
