"""SOL/USD from two sources that must agree: an on-chain SOL/USDC pool and an HTTP source (rules.md, opening).

Old or disagreeing prices are unknown: no entry. Exits never need the price.
"""

from msgspec import Struct


class SolPriceRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    max_age_s: float = 60.0
    max_apart: float = 0.03
    """Difference ÷ the lower of the two."""


class SolSourceRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the second price comes from, and how often both are asked. Real seconds."""

    url: str = "https://api.coinbase.com/v2/prices/SOL-USD/spot"
    path: str = "data.amount"
    """Names (or list positions) that lead to the number in the answer's JSON, joined by dots."""
    every_s: float = 10.0
    timeout_s: float = 5.0


class SolPrice(Struct, frozen=True, array_like=True, gc=False):
    """The newest reading of each source with its market time; None = that source never spoke."""

    pool_usd: float | None = None
    pool_at_s: float = 0.0
    http_usd: float | None = None
    http_at_s: float = 0.0


def seen(price: SolPrice, *, at_s: float, pool_usd: float | None, http_usd: float | None) -> SolPrice:
    """The readings after one more; a source that gives None keeps its older reading, and that ages on."""
    pool_at_s = http_at_s = at_s
    if pool_usd is None or pool_usd <= 0:
        pool_usd, pool_at_s = price.pool_usd, price.pool_at_s
    if http_usd is None or http_usd <= 0:
        http_usd, http_at_s = price.http_usd, price.http_at_s
    return SolPrice(pool_usd, pool_at_s, http_usd, http_at_s)


def agreed_usd(rule: SolPriceRule, price: SolPrice, *, now_s: float) -> float | None:
    """The mean of both while both are fresh and close; otherwise None: unknown."""
    pool, http = price.pool_usd, price.http_usd
    if pool is None or http is None:
        return None
    if now_s - min(price.pool_at_s, price.http_at_s) > rule.max_age_s:
        return None
    if abs(pool - http) > rule.max_apart * min(pool, http):
        return None
    return (pool + http) / 2


def any_usd(price: SolPrice) -> float | None:
    """The newest reading of either source, unchecked: for display, and for the profile `recorded`."""
    if price.pool_usd is not None and price.pool_at_s >= price.http_at_s:
        return price.pool_usd
    return price.http_usd if price.http_usd is not None else price.pool_usd
