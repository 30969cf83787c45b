"""When to ask for more: the price, window, count and spacing of rules.md §4; the rest is judged by who still watches.

The wish goes to the token's watcher, which knows holders and history: it adds the verdict of every entry condition but
age and passes the wish on to the gate, which answers us.
"""

from msgspec.structs import replace

from core.effects import Effects, Now, Offer
from core.ledger.books import Operation
from core.messages import RequestReentry
from core.rules import mining, time_protocol
from core.rules.time_protocol import Window
from core.state.position.exits import SELL_ALL, Wish
from core.state.position.state import Position, buy_expected, has_view, held_s
from core.types import ExitReason


def ask(state: Position, operation: Operation, now: Now, wish: Wish | None) -> tuple[Position, Effects]:
    """Ask for a re-entry if it may be; judged after the exits of the same event (`wish` is what they want sold)."""
    view, settings = state.view, now.settings
    golden = time_protocol.window(settings.time, settings.life, held_s(operation, now)) is Window.GOLDEN
    if not golden or view is None or not has_view(state):
        return state, ()
    if now.at_s < state.reentry_asked_at_s + settings.mining.answer_wait_s or buy_expected(state, now):
        return state, ()
    if state.wish is not None or leaving(state, operation, wish):
        return state, ()
    verdict = mining.reentry_verdict(
        settings.mining,
        price=view.price,
        entry_price=operation.entry_price,
        reentries_at_s=tuple(at_s for at_s, _, _ in operation.entries[1:]),
        golden=golden,
        now_s=now.at_s,
    )
    if not verdict.ok:
        return state, ()
    request = RequestReentry(
        id=f"reentry.{operation.id}.{now.at_s:.3f}",
        deadline_s=now.at_s + settings.shield.entry_deadline_s,
        operation_id=operation.id,
        mint=operation.mint,
        reserves=view.reserves,
        at_s=now.at_s,
    )
    state = replace(state, reentry_pending=True, reentry_asked_at_s=now.at_s)
    return state, (Offer(f"watcher.{operation.mint}", request),)


def leaving(state: Position, operation: Operation, wish: Wish | None) -> bool:
    """Whether everything is being sold, or layer 2, layer 3 or the strategy has had any sold, on its way or failed."""
    orders = (*(sent.order for sent in state.sent), *operation.failed.values())
    fired = {fill.reason for fill in operation.exits} | {order.reason for order in orders if order.reason}
    return bool((SELL_ALL | {ExitReason.STRATEGY}) & fired) or (wish is not None and wish.tokens >= operation.tokens)
