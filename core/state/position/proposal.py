"""The strategy's say about an open position: sell more by now than the rules want, never less and never later.

Heard after layer 3. Where time wants as much or more, time is heard; where a layer wants anything, or everything is
being sold, the strategy is not asked. What it has sold goes the way of every ordinary exit.
"""

from msgspec import Struct

from core.effects import Effects, Now, Tell
from core.ledger.books import Operation
from core.messages import RaiseAlert
from core.rules.share import part
from core.rules.take_profit import SalePrice, gain_bps
from core.state import opinion
from core.state.position.exits import Wish
from core.state.position.state import Position, has_view, held_s, in_flight
from core.strategy import Holding, Leave
from core.types import ExitReason, Purpose

EXIT = "strategy_exit"
"""Key of the alert that says why a strategy sells."""
BPS = 10_000


class Proposal(Struct, frozen=True, array_like=True):
    """What is to be sold after all are heard; `fault` is told at once, `why` with each order that comes of it."""

    wish: Wish | None
    fault: Effects = ()
    why: Effects = ()


def hear(state: Position, operation: Operation, now: Now, wish: Wish | None, sale: SalePrice | None) -> Proposal:
    """`wish` is what the rules want sold, `sale` the present sale price."""
    by_time = wish is None or wish.reason is ExitReason.DECAY
    free = operation.holdings.keys() - in_flight(state, Purpose.EXIT, now)
    if sale is None or not by_time or not free or state.wish is not None or not has_view(state):
        return Proposal(wish)
    heard = now.strategy.leave(holding_of(state, operation, now, sale))
    fault = opinion.alerts(heard, operation.mint, now)
    leave = heard.leave
    if leave is None:
        return Proposal(wish, fault)
    tokens = _due(operation, leave, now)
    if tokens <= (wish.tokens if wish is not None else 0):
        return Proposal(wish, fault)
    text = f"{operation.symbol or operation.mint}: strategy {now.strategy.name} sells: {leave.reason}"
    alert = RaiseAlert(key=EXIT, severity="info", text=text, at_s=now.at_s, mint=operation.mint)
    return Proposal(Wish(ExitReason.STRATEGY, tokens), fault, (Tell("notifier", alert),))


def _due(operation: Operation, leave: Leave, now: Now) -> int:
    """How much of what is held it wants sold now; parts are heard only so often."""
    bought, held = operation.bought_tokens, operation.tokens
    target = bought if leave.sold >= 1 else int(part(bought, leave.sold))
    tokens = min(max(target - (bought - held), 0), held)
    parts = sum(fill.reason is ExitReason.STRATEGY for fill in operation.exits)
    return 0 if tokens < held and parts >= now.settings.strategy.partial_exits else tokens


def holding_of(state: Position, operation: Operation, now: Now, sale: SalePrice) -> Holding:
    view, cost, bought = state.view, operation.cost_lamports, operation.bought_tokens
    assert view is not None  # noqa: S101 - `hear` asks only of a position with a view
    return Holding(
        operation_id=operation.id,
        mint=operation.mint,
        symbol=operation.symbol,
        at_s=now.at_s,
        held_s=held_s(operation, now),
        bought_tokens=bought,
        held_tokens=operation.tokens,
        cost_lamports=cost,
        sale_lamports=sale.lamports,
        gain=gain_bps(sale, cost_lamports=cost, bought_tokens=bought) / BPS,
        price=view.price,
        entry_price=operation.entry_price,
        highest_price=view.prices.highest(),
        liquidity_lamports=view.reserves.real_quote,
    )
