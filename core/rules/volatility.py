"""Layer 2: leave a price that shakes while it falls, or that has fallen too far (rules.md §6).

Pure. Realised volatility is the root of the sum of squared log returns of short bars over five minutes; a candle is red
when its close is under the close before it. Prices are lamports per token base unit.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log, sqrt

from msgspec import Struct

BPS = 10_000


class VolatilityRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    limit: float = 0.25
    bar_s: float = 15.0
    bars: int = 20
    """Bars that make five minutes."""
    candle_s: float = 60.0
    red_candles: int = 3
    stop_loss_bps: int = 2_000
    """Sell all when the price is more than this under the average cost."""


def realised(closes: Sequence[float]) -> float:
    """Realised volatility of these closes; 0 with fewer than two."""
    return sqrt(sum(log(after / before) ** 2 for before, after in pairwise(closes)))


def falling(closes: Sequence[float], candles: int) -> bool:
    """Whether the last `candles` candles are all red. Candles we have not seen are not red."""
    last = closes[-candles - 1 :]
    return len(last) == candles + 1 and all(after < before for before, after in pairwise(last))


def shaken(rule: VolatilityRule, *, bar_closes: Sequence[float], candle_closes: Sequence[float]) -> bool:
    """Whether to sell all: too volatile, and red candles in a row. The last bar may be unfinished, a candle never."""
    if not falling(candle_closes, rule.red_candles):
        return False
    return realised(bar_closes[-rule.bars - 1 :]) > rule.limit


def stopped(rule: VolatilityRule, *, quote: int, base: int, cost_lamports: int, bought_tokens: int) -> bool:
    """Whether the spot price quote/base lies more than the stop loss under the average cost."""
    return quote * bought_tokens * BPS < cost_lamports * base * (BPS - rule.stop_loss_bps)
