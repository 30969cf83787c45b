"""One position as a chart: candles, what was bought and sold, the levels that sell, the windows of its time.

Prices are lamports per base unit. A level acts on the sale price against the average cost; it is drawn at the spot
price at which the sale price would reach it, by the present ratio of the two.
"""

from collections.abc import Sequence

from core.ledger.books import Operation
from core.market.candles import Candle
from core.rules.life_limit import expires_s
from core.rules.time_protocol import Window
from core.state.equity import sale_lamports
from monitor.views.operations import Shown
from monitor.views.plain import iso, plain
from monitor.views.positions import told_values
from monitor.views.sight import Sight

BPS = 10_000


def shown(sight: Sight, operation: Operation, candles: Sequence[Candle], period_s: float) -> Shown:
    """`candles`: [periods after `from`, open, high, low, close]; a period without a price has none."""
    first = candles[0].period if candles else int(operation.opened_at_s // period_s)
    cost = average_cost(operation)
    return {
        "id": operation.id,
        "mint": operation.mint,
        "symbol": plain(operation.symbol),
        "at": iso(sight.at_s),
        "opened_at": iso(operation.opened_at_s),
        "expires_at": iso(expires_s(sight.settings.life, operation.opened_at_s)),
        "from": iso(first * period_s),
        "period_s": period_s,
        "candles": [[one.period - first, one.open, one.high, one.low, one.close] for one in candles],
        "entries": [
            {"at": iso(at_s), "price_lamports": price, "tokens": tokens} for at_s, price, tokens in operation.entries
        ],
        "exits": [
            {"at": iso(fill.at_s), "price_lamports": fill.price, "tokens": fill.tokens, "reason": fill.reason.value}
            for fill in operation.exits
        ],
        "average_cost_lamports": cost,
        "levels": _levels(sight, operation, cost),
        "stop_lamports": None if cost is None else cost * (BPS - sight.settings.volatility.stop_loss_bps) / BPS,
        "windows": _windows(sight, operation),
        "time_exits": [iso(operation.opened_at_s + at_s) for at_s in sight.settings.time.decay_at_s],
    }


def average_cost(operation: Operation) -> float | None:
    """Lamports per base unit bought, market fees included."""
    return operation.cost_lamports / operation.bought_tokens if operation.bought_tokens else None


def _levels(sight: Sight, operation: Operation, cost: float | None) -> list[Shown]:
    rule, ratio = sight.settings.take_profit, _spot_to_sale(sight, operation)
    return [
        {
            "level": level + 1,
            "gain_bps": gain,
            "sells_bps": sells,
            "price_lamports": None if cost is None or ratio is None else cost * (BPS + gain) / BPS * ratio,
            "done": level in operation.levels_done,
        }
        for level, (gain, sells) in enumerate(zip(rule.gains_bps, rule.sells_bps, strict=True))
    ]


def _spot_to_sale(sight: Sight, operation: Operation) -> float | None:
    """Spot ÷ sale price now: what fees and our own impact take. None where nothing prices it."""
    view = sight.position(operation.mint)
    spot = view.price if view is not None else None
    if spot is None and operation.reserves is not None:
        spot = operation.reserves.price
    sale = sale_lamports(operation, told_values(sight, operation.mint))
    if spot is None or not sale or not operation.tokens:
        return None
    return spot * operation.tokens / sale


def _windows(sight: Sight, operation: Operation) -> list[Shown]:
    rule, life, opened_at_s = sight.settings.time, sight.settings.life, operation.opened_at_s
    ends = (
        (Window.GOLDEN, rule.golden_until_s),
        (Window.DECAY, rule.decay_until_s),
        (Window.LATE, rule.late_until_s),
        (Window.BUFFER, life.max_s),
    )
    windows, begins = list[Shown](), 0.0
    for name, until_s in ends:
        windows.append({"window": name.value, "from": iso(opened_at_s + begins), "to": iso(opened_at_s + until_s)})
        begins = until_s
    return windows
