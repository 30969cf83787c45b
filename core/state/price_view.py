"""What a position has seen of its token's market: last reserves, peaks of the last minute, closes of bars and candles.

Nothing here survives a restart; it begins again from the reserves that the books remember of our last fill. `seen`
tells the two apart. The price counts as holding until the next one is seen, so bars close without trades too.
"""

from msgspec import Struct
from msgspec.structs import replace

from core.messages import Reserves
from core.rules.emergency import EmergencyRule, Seen
from core.rules.volatility import VolatilityRule
from core.state import window
from core.state.window import WindowMax


class Closes(Struct, frozen=True, array_like=True):
    """Closes of the periods that ended since the view began, oldest first, on a grid of whole periods of time."""

    period: int
    closes: tuple[float, ...] = ()

    def until(self, price: float, *, at_s: float, period_s: float, keep: int) -> "Closes":
        """With the periods that ended by `at_s`, while `price` held."""
        period = int(at_s // period_s)
        if period <= self.period:
            return self
        ended = (price,) * min(period - self.period, keep)
        return Closes(period, (*self.closes, *ended)[-keep:])


class PriceView(Struct, frozen=True, kw_only=True):
    reserves: Reserves
    began_at_s: float
    known_at_s: float
    """When the remembered reserves were true for sure."""
    at_s: float
    prices: WindowMax
    liquidities: WindowMax
    bars: Closes
    candles: Closes
    seen: bool = False
    """The feed has shown this market since the view began; before, the reserves are what we remember."""
    migrating: bool = False
    """The curve is complete and its pool has not opened yet: nothing can be sold."""

    @property
    def price(self) -> float:
        return self.prices.value


def begin(reserves: Reserves, *, known_at_s: float, at_s: float, volatility: VolatilityRule) -> PriceView:
    """A view of reserves as they were at `known_at_s`, taken up at `at_s`."""
    return PriceView(
        reserves=reserves,
        began_at_s=at_s,
        known_at_s=known_at_s,
        at_s=at_s,
        prices=WindowMax(reserves.price),
        liquidities=WindowMax(float(reserves.real_quote)),
        bars=Closes(int(at_s // volatility.bar_s)),
        candles=Closes(int(at_s // volatility.candle_s)),
    )


def until(view: PriceView, *, at_s: float, emergency: EmergencyRule, volatility: VolatilityRule) -> PriceView:
    """The view at `at_s` when nothing new was seen. An earlier time changes nothing."""
    if at_s <= view.at_s:
        return view
    span_s, price = emergency.peak_window_s, view.prices.value
    return replace(
        view,
        at_s=at_s,
        prices=window.at(view.prices, at_s=at_s, window_s=span_s),
        liquidities=window.at(view.liquidities, at_s=at_s, window_s=span_s),
        # One more than the bars: a return needs the close before it.
        bars=view.bars.until(price, at_s=at_s, period_s=volatility.bar_s, keep=volatility.bars + 1),
        candles=view.candles.until(price, at_s=at_s, period_s=volatility.candle_s, keep=volatility.red_candles + 1),
    )


def moved(
    view: PriceView, reserves: Reserves, *, at_s: float, emergency: EmergencyRule, volatility: VolatilityRule
) -> PriceView:
    """The view after the feed showed these reserves."""
    view = until(view, at_s=at_s, emergency=emergency, volatility=volatility)
    span_s = emergency.peak_window_s
    if not view.seen and view.at_s > view.known_at_s + span_s:
        # What we remember may be long gone: it is no peak of the last minute, and no candle's price.
        first = begin(reserves, known_at_s=view.at_s, at_s=view.at_s, volatility=volatility)
        return replace(first, began_at_s=view.began_at_s, seen=True)
    return replace(
        view,
        reserves=reserves,
        prices=window.seen(view.prices, reserves.price, at_s=view.at_s, window_s=span_s),
        liquidities=window.seen(view.liquidities, float(reserves.real_quote), at_s=view.at_s, window_s=span_s),
        seen=True,
        migrating=False,
    )


def graduated(view: PriceView) -> PriceView:
    """The view after the curve was completed."""
    return replace(view, migrating=True, seen=True)


def market(view: PriceView) -> Seen:
    """What the emergency rules judge."""
    return Seen(
        price=view.prices.value,
        peak_price=view.prices.highest(),
        liquidity_lamports=view.reserves.real_quote,
        peak_liquidity_lamports=int(view.liquidities.highest()),
    )


def bar_closes(view: PriceView) -> tuple[float, ...]:
    """Closes of the ended bars and the present price, which is that of the unfinished one."""
    return (*view.bars.closes, view.prices.value)
