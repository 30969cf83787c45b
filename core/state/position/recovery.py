"""What a panic left unsellable: tried again by free simulation only, and sold when that pays (rules.md §7).

The operation is closed, its room free, its net final. What a late sale brings goes to the account `recovered` and is
taxed by nobody; the rent that was given up comes back with it. The token's name stays this position's: it is flagged,
so nobody enters it again.
"""

from msgspec.structs import replace

from core.effects import After, Effect, Effects, Now, Tell
from core.ledger.books import Books, Remainder
from core.messages import (
    FactsSeen,
    GetFacts,
    Graduated,
    Message,
    Order,
    OrderClosed,
    PlaceOrder,
    PoolOpened,
    Tick,
    TokenFacts,
    Traded,
)
from core.rules import exit_fee
from core.rules.exit_slippage import least_lamports
from core.rules.network_fee import fee_lamports
from core.state import price_view
from core.state.position.orders import paid, sale_lamports
from core.state.position.state import Position, Sent, has_view, saw, without
from core.types import Purpose, Role, Side

RECOVER = "recover"


def first_tick(now: Now) -> Effects:
    """From the close of the operation, or from a restart: a look now and again."""
    return (After(RECOVER, now.settings.emergency.recovery_every_s, Tick(key=RECOVER)),)


def begin(remainder: Remainder, now: Now) -> tuple[Position, Effects]:
    """At a restart: orders on their way are known from the books, the market from the feed alone."""
    sent = tuple(Sent(o.order, o.at_s) for o in now.books.orders.values() if _is_ours(o.order, remainder))
    return Position(operation_id=remainder.operation_id, mint=remainder.mint, sent=sent), first_tick(now)


def step(state: Position, remainder: Remainder, message: Message, now: Now) -> tuple[Position, Effects]:
    match message:
        case Traded() | PoolOpened():
            return _look(state if message.quote_mint else saw(state, message.reserves, now), remainder, now)
        case Graduated():
            return replace(state, view=state.view and price_view.graduated(state.view)), ()
        case FactsSeen():
            return _sell(state, remainder, message.facts, now)
        case OrderClosed():
            return without(state, message.order.id), ()
        case Tick(key="recover"):
            state, effects = _look(_without_lost(state, now), remainder, now)
            return state, (*effects, *first_tick(now))
        case _:
            return state, ()  # of the operation that is closed


def orders(state: Position, remainder: Remainder, now: Now) -> tuple[Order, ...]:
    """The sales that would pay now, one for a wallet: more comes in, returned rent included, than the sale costs."""
    sales = (_order(state, remainder, role, tokens, now) for role, tokens in sorted(remainder.holdings.items()))
    return tuple(order for order in sales if order.quoted and order.quoted + _returned(order, remainder) > _cost(order))


def _look(state: Position, remainder: Remainder, now: Now) -> tuple[Position, Effects]:
    """Ask for a simulation where a sale would pay by the market's reserves; a trap would not let it through."""
    rule = now.settings.emergency
    if state.sent or not has_view(state) or now.at_s < state.asked_at_s + rule.recovery_every_s:
        return state, ()
    paying = orders(state, remainder, now)
    if not paying:
        return state, ()
    question = GetFacts(
        mint=remainder.mint,
        stake_lamports=max(order.quoted for order in paying),
        reply_to=f"position.{remainder.mint}",
        deadline_s=now.at_s + now.settings.honeypot.facts_max_age_s,
    )
    return replace(state, asked_at_s=now.at_s), (Tell("accounts", question),)


def _sell(state: Position, remainder: Remainder, facts: TokenFacts, now: Now) -> tuple[Position, Effects]:
    fresh = now.at_s - facts.at_s <= now.settings.honeypot.facts_max_age_s
    if state.sent or not has_view(state) or not fresh or facts.round_trip_ok is not True:
        return state, ()
    effects = list[Effect]()
    for order in orders(state, remainder, now):
        state = replace(state, sent=(*state.sent, Sent(order, now.at_s)))
        effects.append(Tell("executor", PlaceOrder(id=order.id, cause=RECOVER, order=order)))
    return state, tuple(effects)


def _order(state: Position, remainder: Remainder, role: Role, tokens: int, now: Now) -> Order:
    rules, view = now.settings, state.view
    quoted = sale_lamports(view.reserves, tokens) if view is not None else 0
    slippage_bps = rules.exit_slippage.ladder_bps[-1]
    order = Order(
        id=f"{Purpose.RECOVERY}.{remainder.operation_id}.{role}.{remainder.number + 1}",
        purpose=Purpose.RECOVERY,
        role=role,
        payer=role,
        operation_id=remainder.operation_id,
        mint=remainder.mint,
        symbol=remainder.symbol,
        side=Side.SELL,
        venue=view.reserves.venue if view is not None else None,
        tokens=tokens,
        limit=least_lamports(quoted, slippage_bps),
        quoted=quoted,
        slippage_bps=slippage_bps,
        priority_lamports=exit_fee.priority_lamports(
            rules.exit_fee, going_lamports=now.market.priority_lamports, quoted_lamports=quoted
        ),
        token_2022=remainder.token_2022,
        close_account=role not in state.unclosable,
        generation=now.books.generation,
        from_generation=remainder.generation if remainder.generation != now.books.generation else None,
    )
    return paid(order, now.books)


def _returned(order: Order, remainder: Remainder) -> int:
    return remainder.rent_lamports if order.close_account else 0


def _cost(order: Order) -> int:
    return fee_lamports(order)


def _is_ours(order: Order, remainder: Remainder) -> bool:
    return order.purpose is Purpose.RECOVERY and order.operation_id == remainder.operation_id


def _without_lost(state: Position, now: Now) -> Position:
    """Without orders that the books do not hold as open: settled unheard, or never heard of."""
    books: Books = now.books
    patience_s = now.settings.orders.resend_s
    kept = tuple(s for s in state.sent if s.order.id in books.orders or now.at_s < s.at_s + patience_s)
    return replace(state, sent=kept)
