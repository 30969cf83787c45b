"""What is shown of a position: age, urgency, what it is worth, what it will do next."""

from msgspec import Struct

from core.effects import Now
from core.rules import take_profit, time_protocol
from core.rules.time_protocol import Step, Urgency, Window
from core.state.position.machine import sale_price
from core.state.position.state import Position, held_s
from core.types import ExitReason, Role


class PositionView(Struct, frozen=True, kw_only=True):
    """Lamports, base units, market time. None where no price is known."""

    operation_id: str
    mint: str
    symbol: str
    opened_at_s: float
    held_minutes: float
    left_s: float
    """Until the life limit, 0 past it."""
    window: Window
    urgency: Urgency
    tokens: int
    bought_tokens: int
    holdings: dict[Role, int]
    cost_lamports: int
    price: float | None
    """Spot, lamports per base unit."""
    sale_lamports: int | None
    """What selling all that is held would bring now, net of market fees."""
    gain_bps: int | None
    """Of the sale price over the average cost."""
    pnl_lamports: int | None
    """Of the operation if it were sold now: net so far and sale value, without the fee of that sale."""
    market_seen: bool
    """False: the price is that of our last fill, the feed has shown none since the start."""
    next_level: int | None
    """The take-profit level still to come; `next_level_gain_bps` is its gain."""
    next_level_gain_bps: int | None
    levels_done: tuple[int, ...]
    next_steps: tuple[Step, ...]
    """What time will force; `at_s` since the first fill."""
    panic: ExitReason | None
    in_flight: tuple[str, ...]
    failed_exits: int


def view(state: Position, now: Now) -> PositionView | None:
    """The position now; None once it is closed."""
    operation = now.books.operations.get(state.operation_id)
    if operation is None:
        return None
    held, time, life = held_s(operation, now), now.settings.time, now.settings.life
    cost, bought = operation.cost_lamports, operation.bought_tokens
    sale = sale_price(state, operation)
    level = take_profit.next_level(now.settings.take_profit, operation.levels_done)
    return PositionView(
        operation_id=operation.id,
        mint=operation.mint,
        symbol=operation.symbol,
        opened_at_s=operation.opened_at_s,
        held_minutes=held / 60,
        left_s=max(life.max_s - held, 0.0),
        window=time_protocol.window(time, life, held),
        urgency=time_protocol.urgency(time, life, held),
        tokens=operation.tokens,
        bought_tokens=bought,
        holdings=operation.holdings,
        cost_lamports=cost,
        price=state.view.price if state.view is not None else None,
        sale_lamports=sale.lamports if sale is not None else None,
        gain_bps=take_profit.gain_bps(sale, cost_lamports=cost, bought_tokens=bought) if sale is not None else None,
        pnl_lamports=operation.net_lamports + sale.lamports if sale is not None else None,
        market_seen=state.view is not None and state.view.seen,
        next_level=level,
        next_level_gain_bps=now.settings.take_profit.gains_bps[level] if level is not None else None,
        levels_done=operation.levels_done,
        next_steps=time_protocol.next_steps(time, held, bought_tokens=bought, held_tokens=operation.tokens),
        panic=operation.panic,
        in_flight=tuple(sent.order.id for sent in state.sent),
        failed_exits=operation.failed_exits,
    )
