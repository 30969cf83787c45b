"""The price of one token over time, in candles: for looking only, no rule reads it."""

from collections import deque
from collections.abc import Iterable

from msgspec import Struct

KEPT = 480
"""Two hours of 15 seconds: more than any position lives."""


class Candle(Struct, array_like=True):
    """One period with at least one price in it. `period` counts whole periods since the epoch. Changed in place."""

    period: int
    open: float
    high: float
    low: float
    close: float


class Candles:
    """Grows with each price seen. A period without a price has no candle."""

    def __init__(self, period_s: float, kept: int = KEPT) -> None:
        self.period_s = period_s
        self._kept: deque[Candle] = deque(maxlen=kept)

    def see(self, price: float, at_s: float) -> None:
        """One more price, lamports per base unit. One from before the last candle changes nothing."""
        period = int(at_s // self.period_s)
        last = self._kept[-1] if self._kept else None
        if last is None or period > last.period:
            self._kept.append(Candle(period, price, price, price, price))
        elif period == last.period:
            last.close = price
            if price > last.high:
                last.high = price
            elif price < last.low:
                last.low = price

    def see_all(self, prices: Iterable[tuple[float, float]]) -> None:
        """Pairs (price, at_s) in the order of time."""
        for price, at_s in prices:
            self.see(price, at_s)

    def shown(self) -> tuple[Candle, ...]:
        """Oldest first; copies, which no later price changes."""
        return tuple(Candle(one.period, one.open, one.high, one.low, one.close) for one in self._kept)
