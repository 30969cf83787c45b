"""Panic exits: what sets one off, and the sale of everything until it is done (rules.md §7).

A panic never waits for an ordinary exit; of two sales that overlap the second fails or sells what is left, and the next
is signed from a fresh balance. Past 30 s, or as soon as a simulated sale fails too, it offers 70 % of slippage; what
fails twice even so, or would bring less than it costs, is unsellable and given up for now.
"""

from msgspec import Struct
from msgspec.structs import replace

from core.effects import Effect, Effects, Now, Tell, Write
from core.ledger.books import Operation
from core.messages import GetFacts, Order, OrderClosed, RaiseAlert, TokenFacts
from core.records import EmergencyFired
from core.rules import emergency, honeypot
from core.rules.emergency import Trigger
from core.rules.exit_slippage import least_lamports
from core.rules.network_fee import fee_lamports
from core.state import price_view
from core.state.position.orders import other, place, sale_lamports, sale_order
from core.state.position.state import Position, Sent, has_view, held_s, is_overdue, late_failures, set_back, waits
from core.types import ExitReason, Purpose, Role, Venue


class Market(Struct, frozen=True, array_like=True):
    """Where a panic sells: the quote for what it sells there, and whether it holds now or is only remembered."""

    venue: Venue
    quoted: int
    fresh: bool


def trigger(state: Position, operation: Operation, now: Now, *, creator_sells: bool = False) -> Trigger | None:
    """The first emergency that the market, time or the network shows. None once the token's data have ended."""
    if state.wish is ExitReason.DATA_END:
        return None
    rule = now.settings.emergency
    return (
        _of_market(state, operation, now, creator_sells=creator_sells)
        or emergency.time_exceeded(rule, now.settings.life, held_s(operation, now))
        or emergency.congestion(
            rule,
            priority_lamports=now.market.priority_lamports,
            median_lamports=now.market.priority_median_lamports(),
            unlanded=now.books.unlanded,
        )
    )


def _of_market(state: Position, operation: Operation, now: Now, *, creator_sells: bool) -> Trigger | None:
    rule, view = now.settings.emergency, state.view
    if view is None or not has_view(state):
        return emergency.creator_sell(rule, sells=creator_sells)
    return emergency.market_trigger(
        rule,
        price_view.market(view),
        average_cost=operation.cost_lamports / operation.bought_tokens,
        creator_sells=creator_sells,
    )


def honeypot_trigger(state: Position, operation: Operation, facts: TokenFacts, now: Now) -> Trigger | None:
    """The emergency that these facts show: the honeypot verdict fails, and surely."""
    rule, view = now.settings.emergency, state.view
    if view is None:
        return None
    judgement = honeypot.judge(
        now.settings.honeypot,
        facts,
        reserves=view.reserves,
        stake_lamports=operation.cost_lamports,
        now_s=now.at_s,
    )
    if not honeypot.failed_surely(judgement, confidence=rule.honeypot_confidence):
        return None
    return emergency.raised(rule, ExitReason.HONEYPOT, judgement.verdict.reason)


def fire(state: Position, operation: Operation, fired: Trigger, now: Now) -> tuple[Position, Effects]:
    """Journal the emergency, then sell; who must know is told in the same breath."""
    record = EmergencyFired(
        at_s=now.at_s,
        operation_id=operation.id,
        mint=operation.mint,
        trigger=fired.reason,
        slippage_bps=fired.slippage_bps,
        detail=fired.detail,
        drop_bps=fired.drop_bps,
    )
    panicking = replace(operation, panic=fired.reason, panic_at_s=now.at_s, panic_slippage_bps=fired.slippage_bps)
    # What an ordinary exit was refused for is nothing that a panic waits for.
    state, sales = pursue(replace(state, setbacks={}), panicking, now)
    alert = RaiseAlert(
        key=f"emergency_{fired.reason}",
        severity="critical",
        text=f"{operation.symbol or operation.mint}: panic exit, {fired.detail or fired.reason}",
        at_s=now.at_s,
        mint=operation.mint,
    )
    return state, (Write(record, durable=True), *sales, Tell("notifier", alert))


def pursue(state: Position, operation: Operation, now: Now) -> tuple[Position, Effects]:
    """Sell what each wallet holds, unless a panic sale of the present stage is on its way for it."""
    effects = list[Effect]()
    for role, tokens in sorted(operation.holdings.items()):
        if waits(state, role, now) or _covered(state, operation, role, now) or is_unsellable(state, role):
            continue
        order = _order(state, operation, role, tokens, now)
        if order is None:
            continue
        if _costs_more(state, order):
            state = given_up(state, role)
            continue
        state, told = place(state, operation, order, now)
        effects.append(told)
    return state, tuple(effects)


def is_unsellable(state: Position, role: Role) -> bool:
    """Whether the wallet's tokens are given up for now: booked at 0 when the operation closes."""
    return role in state.given_up


def is_stuck(state: Position, operation: Operation) -> bool:
    """Whether all that is still held is unsellable."""
    return bool(operation.holdings) and all(is_unsellable(state, role) for role in operation.holdings)


def _costs_more(state: Position, order: Order) -> bool:
    """Whether the quote is below the cost of the sale. A price that is only remembered says nothing of that."""
    seen = state.view is not None and has_view(state)
    return seen and order.quoted < fee_lamports(order)


def given_up(state: Position, role: Role) -> Position:
    return replace(state, given_up=state.given_up | {role})


def is_late(operation: Operation, at_s: float, now: Now) -> bool:
    """Whether `at_s` lies after the time that the trigger's own slippage has."""
    return emergency.is_late(now.settings.emergency, decided_at_s=operation.panic_at_s, now_s=at_s)


def falls_back(state: Position, operation: Operation, now: Now) -> bool:
    """Whether the trigger's own slippage has had its chance: its time is over, or no sale goes through at any price."""
    return is_late(operation, now.at_s, now) or now.at_s >= state.shut_since_s


def _is_fallback(state: Position, operation: Operation, sent: Sent, now: Now) -> bool:
    shut = sent.at_s >= state.shut_since_s
    wide = sent.order.slippage_bps >= now.settings.emergency.fallback_slippage_bps
    return is_late(operation, sent.at_s, now) or (shut and wide)


def simulated(state: Position, facts: TokenFacts, now: Now) -> Position:
    """The position after these facts: a sale that fails in a free simulation would fail for its fee on the chain."""
    if facts.round_trip_ok is not False or now.at_s - facts.at_s > now.settings.honeypot.facts_max_age_s:
        return replace(state, shut_since_s=float("inf"))
    return replace(state, shut_since_s=min(state.shut_since_s, now.at_s))


def look(state: Position, operation: Operation, ended: OrderClosed) -> Effects:
    """After a panic sale failed on the chain: ask whether any can succeed."""
    if ended.outcome != "failed" or ended.order.purpose is not Purpose.PANIC:
        return ()
    stake_lamports = operation.cost_lamports
    return (
        Tell("accounts", GetFacts(mint=state.mint, stake_lamports=stake_lamports, reply_to=f"position.{state.mint}")),
    )


def failed(state: Position, operation: Operation, sent: Sent | None, now: Now) -> Position:
    """The position after a panic sale was sent and did not fill. Of fallbacks that fail the second is the last."""
    if sent is None or not _is_fallback(state, operation, sent, now):
        return state
    role = sent.order.role
    state = set_back(state, role, late=True)
    return given_up(state, role) if late_failures(state, role) >= now.settings.emergency.fallback_tries else state


def _covered(state: Position, operation: Operation, role: Role, now: Now) -> bool:
    late = falls_back(state, operation, now)
    return any(
        sent.order.purpose is Purpose.PANIC
        and sent.order.role is role
        and (not late or _is_fallback(state, operation, sent, now))
        and not is_overdue(sent.order, now)
        for sent in state.sent
    )


def _order(state: Position, operation: Operation, role: Role, tokens: int, now: Now) -> Order | None:
    market = _market(state, operation, role, tokens, now)
    if market is None:
        return None
    slippage_bps = operation.panic_slippage_bps
    if falls_back(state, operation, now):
        slippage_bps = max(slippage_bps, now.settings.emergency.fallback_slippage_bps)
    return sale_order(
        state,
        operation,
        now,
        role=role,
        tokens=tokens,
        reason=operation.panic or ExitReason.OPERATOR,
        purpose=Purpose.PANIC,
        venue=market.venue,
        quoted=market.quoted,
        # A remembered price may be long gone: a limit made from it could hold the position for ever.
        limit=least_lamports(market.quoted if market.fresh else 0, slippage_bps),
        slippage_bps=slippage_bps,
    )


def _market(state: Position, operation: Operation, role: Role, tokens: int, now: Now) -> Market | None:
    """Where to sell, or None to wait. What is only remembered may be gone: then failed fallbacks try both venues."""
    view, late = state.view, is_late(operation, now.at_s, now)
    if view is not None and view.migrating:
        # The curve is closed and no pool has shown itself: there is nothing to sell to, past the limit it is tried.
        return Market(Venue.POOL, 0, fresh=False) if late else None
    known = view.reserves.venue if view is not None else Venue.CURVE
    fresh = view is not None and view.seen
    if not fresh and late and late_failures(state, role) % 2:
        return Market(other(known), 0, fresh=False)
    return Market(known, sale_lamports(view.reserves, tokens) if view is not None else 0, fresh=fresh)
