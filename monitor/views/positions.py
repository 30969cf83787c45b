"""Open positions: where they stand in time, what will be sold next, what they are worth.

From the books and the rules, so that a position is seen while its actor is down; what the actor adds stands in `actor`.
"""

from core.ledger.books import Operation
from core.rules import time_protocol
from core.rules.life_limit import expires_s
from core.rules.take_profit import SalePrice, gain_bps, next_level
from core.state.equity import sale_lamports
from monitor.views.operations import Shown
from monitor.views.plain import iso, plain
from monitor.views.sight import Sight


def shown(sight: Sight, operation: Operation) -> Shown:
    """One open position. `sale_lamports` is null where nothing prices it."""
    rule, life, held_s = sight.settings.time, sight.settings.life, sight.at_s - operation.opened_at_s
    sale = sale_lamports(operation, told_values(sight, operation.mint))
    return {
        "id": operation.id,
        "mint": operation.mint,
        "symbol": plain(operation.symbol),
        "opened_at": iso(operation.opened_at_s),
        "held_s": held_s,
        "window": time_protocol.window(rule, life, held_s).value,
        "urgency": time_protocol.urgency(rule, life, held_s).value,
        "expires_at": iso(expires_s(life, operation.opened_at_s)),
        "tokens": operation.tokens,
        "holdings_tokens": plain(operation.holdings),
        "cost_lamports": operation.cost_lamports,
        "sale_lamports": sale,
        "gain_bps": gain(operation, sale),
        "net_lamports": operation.net_lamports,
        "next_exits": _next_exits(sight, operation, held_s),
        "next_take_profit": _next_take_profit(sight, operation),
        "failed_exits": operation.failed_exits,
        "panic": operation.panic.value if operation.panic else None,
        "panic_at": iso(operation.panic_at_s) if operation.panic else None,
        "orders": [
            {
                "id": opened.order.id,
                "purpose": opened.order.purpose.value,
                "at": iso(opened.at_s),
                "signature": opened.signature or None,
            }
            for opened in sight.books.orders.values()
            if opened.order.operation_id == operation.id
        ],
        "actor": plain(sight.position(operation.mint), items=20),
    }


def told_values(sight: Sight, mint: str) -> dict[str, int]:
    """The sale value that the position last told, by mint; empty when it has told none."""
    view = sight.position(mint)
    return {} if view is None or view.sale_lamports is None else {mint: view.sale_lamports}


def gain(operation: Operation, sale: int | None) -> int | None:
    """Of the sale price over the average cost."""
    if sale is None or not operation.tokens or not operation.cost_lamports:
        return None
    return gain_bps(
        SalePrice(sale, operation.tokens),
        cost_lamports=operation.cost_lamports,
        bought_tokens=operation.bought_tokens,
    )


def _next_exits(sight: Sight, operation: Operation, held_s: float) -> list[Shown]:
    steps = time_protocol.next_steps(
        sight.settings.time, held_s, bought_tokens=operation.bought_tokens, held_tokens=operation.tokens
    )
    return [{"at": iso(operation.opened_at_s + step.at_s), "tokens": step.tokens} for step in steps]


def _next_take_profit(sight: Sight, operation: Operation) -> Shown | None:
    rule = sight.settings.take_profit
    level = next_level(rule, operation.levels_done)
    if level is None:
        return None
    return {"level": level + 1, "gain_bps": rule.gains_bps[level], "sells_bps": rule.sells_bps[level]}
