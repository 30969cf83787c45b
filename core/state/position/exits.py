"""Ordinary exits: what the layers and the time protocol want sold now, and from which wallets (rules.md §5, §6).

The first layer that wants anything is heard, in the order layer 1–3, time protocol; the others are judged again when
its order is settled. An exit that failed is due again, whatever the layers say by then: it was decided.
"""

from msgspec import Struct

from core.effects import Now
from core.ledger.books import Operation
from core.messages import Order
from core.rules import exit_slippage, sentiment, take_profit, time_protocol, volatility
from core.rules.take_profit import SalePrice
from core.rules.time_protocol import Window
from core.state import price_view
from core.state.position.orders import exit_order
from core.state.position.state import Position, has_view, held_s, in_flight, waits
from core.types import ExitReason, Purpose, Role

SELL_ALL = frozenset({ExitReason.VOLATILITY, ExitReason.STOP_LOSS, ExitReason.SENTIMENT})
"""Layers 2 and 3: once one of them has fired, nothing is bought any more."""


class Wish(Struct, frozen=True, array_like=True):
    """What should be sold, from all wallets together."""

    reason: ExitReason
    tokens: int
    levels: tuple[int, ...] = ()


class Slice(Struct, frozen=True, array_like=True):
    """One wallet's part."""

    role: Role
    tokens: int
    reason: ExitReason
    levels: tuple[int, ...] = ()


def wish(state: Position, operation: Operation, now: Now, sale: SalePrice | None) -> Wish | None:
    """What should be sold now. `sale`: the present sale price, None where it is not known."""
    if state.wish is not None:
        return Wish(state.wish, operation.tokens)
    layers = _layers(state, operation, now, sale) if sale is not None and has_view(state) else None
    return layers or _by_sentiment(state, operation, now) or _by_time(operation, now)


def _layers(state: Position, operation: Operation, now: Now, sale: SalePrice) -> Wish | None:
    return _take_profit(state, operation, now, sale) or _shaken_or_stopped(state, operation, now)


def _take_profit(state: Position, operation: Operation, now: Now, sale: SalePrice) -> Wish | None:
    rule, cost, bought = now.settings.take_profit, operation.cost_lamports, operation.bought_tokens
    levels = take_profit.levels_passed(rule, sale, cost_lamports=cost, bought_tokens=bought, done=operation.levels_done)
    if levels:
        return Wish(ExitReason.TAKE_PROFIT, take_profit.tokens_of(rule, levels, operation.tokens), levels)
    best = take_profit.highest(state.best, sale)
    if take_profit.trailing_stop(rule, sale, best, cost_lamports=cost, bought_tokens=bought):
        return Wish(ExitReason.TRAILING_STOP, operation.tokens)
    return None


def _shaken_or_stopped(state: Position, operation: Operation, now: Now) -> Wish | None:
    rule, view = now.settings.volatility, state.view
    if view is None:
        return None
    if volatility.shaken(rule, bar_closes=price_view.bar_closes(view), candle_closes=view.candles.closes):
        return Wish(ExitReason.VOLATILITY, operation.tokens)
    reserves = view.reserves
    if volatility.stopped(
        rule,
        quote=reserves.quote,
        base=reserves.base,
        cost_lamports=operation.cost_lamports,
        bought_tokens=operation.bought_tokens,
    ):
        return Wish(ExitReason.STOP_LOSS, operation.tokens)
    return None


def _by_sentiment(state: Position, operation: Operation, now: Now) -> Wish | None:
    """Layer 3, which needs no price."""
    if not sentiment.turned(now.settings.sentiment, state.mentions, now_s=now.at_s):
        return None
    return Wish(ExitReason.SENTIMENT, operation.tokens)


def _by_time(operation: Operation, now: Now) -> Wish | None:
    rule, held = now.settings.time, held_s(operation, now)
    due = time_protocol.due_tokens(rule, held, bought_tokens=operation.bought_tokens, held_tokens=operation.tokens)
    if not due:
        return None
    match time_protocol.window(rule, now.settings.life, held):
        case Window.GOLDEN | Window.DECAY:
            return Wish(ExitReason.DECAY, due)
        case Window.LATE:
            return Wish(ExitReason.LATE, due)
        case Window.BUFFER | Window.EXPIRED:
            return Wish(ExitReason.BUFFER, due)


def slices(operation: Operation, wish: Wish | None, busy: frozenset[Role]) -> tuple[Slice, ...]:
    """The parts of the wallets that are free to sell; `busy` ones have an exit in flight or wait after a refusal.

    Everything: all of each. A part: pro rata, once no wallet is busy, since what is on its way counts. Failed exits are
    tried again unless the wish sells as much.
    """
    free = {role: tokens for role, tokens in operation.holdings.items() if role not in busy}
    if wish is not None and wish.tokens >= operation.tokens:
        return tuple(Slice(role, tokens, wish.reason, wish.levels) for role, tokens in sorted(free.items()))
    again = tuple(_again(operation.failed[role], free[role]) for role in sorted(free) if role in operation.failed)
    if wish is None or busy or wish.tokens <= sum(part.tokens for part in again):
        return again
    return _pro_rata(operation, wish)


def _again(order: Order, held_tokens: int) -> Slice:
    return Slice(order.role, min(order.tokens, held_tokens), order.reason or ExitReason.OPERATOR, order.levels)


def _pro_rata(operation: Operation, wish: Wish) -> tuple[Slice, ...]:
    held = sorted(operation.holdings.items(), key=lambda item: (-item[1], item[0]))
    parts = {role: wish.tokens * tokens // operation.tokens for role, tokens in held}
    # What rounding leaves goes to the largest holding, which has room for it.
    parts[held[0][0]] += wish.tokens - sum(parts.values())
    return tuple(Slice(role, tokens, wish.reason, wish.levels) for role, tokens in parts.items() if tokens)


def orders(state: Position, operation: Operation, now: Now, wish: Wish | None) -> tuple[Order, ...]:
    """The exits to place now, at most one for a wallet."""
    rule, floor_bps = now.settings.exit_slippage, 0
    if state.wish is None:
        floor_bps = time_protocol.slippage_floor_bps(now.settings.time, held_s(operation, now))
    placed = list[Order]()
    waiting = frozenset(role for role in state.setbacks if waits(state, role, now))
    for part in slices(operation, wish, in_flight(state, Purpose.EXIT, now) | waiting):
        failed = operation.failed.get(part.role)
        order = exit_order(
            state,
            operation,
            now,
            role=part.role,
            tokens=part.tokens,
            reason=part.reason,
            slippage_bps=exit_slippage.slippage_bps(
                rule, floor_bps=floor_bps, failed_bps=failed.slippage_bps if failed else 0
            ),
            levels=part.levels,
        )
        if order is not None:
            placed.append(order)
    return tuple(placed)
