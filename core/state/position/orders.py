"""The orders of a position: what a sale is quoted now, its limit, its fee, who pays it (rules.md §1, §6, §7)."""

from msgspec.structs import replace

from core.chain.rent import TOKEN_ACCOUNT_LAMPORTS, WALLET_LAMPORTS
from core.effects import Now, Tell
from core.ledger.books import Books, Operation
from core.market import quotes
from core.market.fees import rates_of
from core.market.reserves import venue_of
from core.messages import Order, PlaceOrder, Reserves
from core.rules import exit_fee
from core.rules.exit_slippage import least_lamports
from core.rules.network_fee import fee_lamports
from core.state.position.state import Position, Sent, next_number
from core.state.price_view import PriceView
from core.types import BASE_FEE_LAMPORTS, ExitReason, Purpose, Role, Side, Venue

OTHERS = (Role.EMERGENCY_GAS, Role.TACTICAL_EXIT, Role.REENTRY)
"""Who pays the fee of an exit when its wallet cannot, in this order. Psychology never."""
CLOSE_REFUSALS = ("not empty", "NonNativeHasBalance")
"""How a chain says that a token account cannot be closed because something is left in it."""


def sale_lamports(reserves: Reserves, tokens: int) -> int:
    """What selling `tokens` would bring now, net of market fees; 0 where they cannot be sold."""
    venue = venue_of(reserves)
    quote = quotes.sell(venue, tokens, rates_of(venue))
    return quote.total_lamports if quote is not None else 0


def place(state: Position, operation: Operation, order: Order, now: Now) -> tuple[Position, Tell]:
    """Number the order and tell it to the executor; placed again with the same id it would be done once."""
    role, number = order.role, next_number(state, operation, order.role)
    order = replace(order, id=f"{order.purpose}.{operation.id}.{role}.{number}")
    state = replace(state, sent=(*state.sent, Sent(order, now.at_s)), numbers=state.numbers | {role: number})
    return state, Tell("executor", PlaceOrder(id=order.id, cause=order.reason or "", order=order))


def sale_order(
    state: Position,
    operation: Operation,
    now: Now,
    *,
    role: Role,
    tokens: int,
    reason: ExitReason,
    purpose: Purpose,
    venue: Venue,
    quoted: int,
    limit: int,
    slippage_bps: int,
    levels: tuple[int, ...] = (),
) -> Order:
    """A sale from one wallet, not numbered yet. `quoted` and `limit` are lamports after market fees."""
    order = Order(
        id="",
        purpose=purpose,
        role=role,
        payer=role,
        operation_id=operation.id,
        mint=operation.mint,
        symbol=operation.symbol,
        creator=operation.creator,
        side=Side.SELL,
        venue=venue,
        tokens=tokens,
        limit=limit,
        quoted=quoted,
        slippage_bps=slippage_bps,
        priority_lamports=exit_fee.priority_lamports(
            now.settings.exit_fee,
            going_lamports=now.market.priority_lamports,
            quoted_lamports=quoted,
            panic=purpose is Purpose.PANIC,
        ),
        tip_lamports=now.settings.cost.sell_tip_lamports,
        reason=reason,
        levels=levels,
        token_2022=operation.token_2022,
        close_account=tokens == operation.holdings.get(role) and role not in state.unclosable,
        generation=now.books.generation,
    )
    return paid(order, now.books)


def exit_order(
    state: Position,
    operation: Operation,
    now: Now,
    *,
    role: Role,
    tokens: int,
    reason: ExitReason,
    slippage_bps: int,
    levels: tuple[int, ...] = (),
) -> Order | None:
    """An ordinary exit at the last known reserves, or None where it cannot be sold or is not worth its cost.

    Reserves change by trades alone, so those of our last fill hold until the feed shows others. Where it has missed
    some, failures try wider, and the other venue: the curve may have graduated unseen.
    """
    view = state.view
    if view is None or view.migrating:
        return None
    quoted = sale_lamports(view.reserves, tokens)
    if not quoted:
        return None
    order = sale_order(
        state,
        operation,
        now,
        role=role,
        tokens=tokens,
        reason=reason,
        purpose=Purpose.EXIT,
        venue=_venue(view, operation.failed_exits, now),
        quoted=quoted,
        # Past the end of a recording nobody trades: there is no price to protect.
        limit=1 if reason is ExitReason.DATA_END else least_lamports(quoted, slippage_bps),
        slippage_bps=slippage_bps,
        levels=levels,
    )
    remainder = tokens == operation.holdings.get(role)
    worth = exit_fee.worth_selling(now.settings.exit_fee, quoted_lamports=quoted, cost_lamports=fee_lamports(order))
    return order if remainder or worth else None


def transfer_order(operation: Operation, now: Now, *, role: Role, lamports: int) -> Order | None:
    """A move of panic proceeds to tactical_exit: as much of `lamports` as the wallet can give; None if too little."""
    order = Order(
        id="",
        purpose=Purpose.PROCEEDS,
        role=role,
        payer=role,
        operation_id=operation.id,
        mint=operation.mint,
        symbol=operation.symbol,
        to_role=Role.TACTICAL_EXIT,
        priority_lamports=now.settings.exit_fee.floor_lamports,
        generation=now.books.generation,
    )
    order = paid(order, now.books)
    own_fee = fee_lamports(order) if order.payer is role else 0
    # The wallet keeps its rent exemption and one fee, or the transfer would be refused.
    free = now.books.balance(role) - now.books.reserved(role) - WALLET_LAMPORTS - BASE_FEE_LAMPORTS - own_fee
    lamports = min(lamports, free)
    if not exit_fee.worth_selling(now.settings.exit_fee, quoted_lamports=lamports, cost_lamports=fee_lamports(order)):
        return None
    return replace(order, lamports=lamports, reserved_lamports=lamports + own_fee)


def paid(order: Order, books: Books) -> Order:
    """The order with the first payer of its list that can pay; with the richest of them when none can."""
    panic = order.purpose is not Purpose.EXIT
    roles = (Role.EMERGENCY_GAS, order.role, *OTHERS) if panic else (order.role, *OTHERS)
    # A sale on a pool passes through an account for wrapped SOL, whose rent must be at hand for a moment.
    rent = TOKEN_ACCOUNT_LAMPORTS if order.venue is Venue.POOL else 0
    for role in roles:
        candidate = _paid_by(order, role)
        if _free(books, role) >= fee_lamports(candidate) + rent:
            return candidate
    return _paid_by(order, max(roles, key=lambda role: _free(books, role)))


def _venue(view: PriceView, failures: int, now: Now) -> Venue:
    """Where the token trades as far as we know. While the feed stays silent, failures try both in turns."""
    known = view.reserves.venue
    unsure = not view.seen and now.at_s >= view.began_at_s + now.settings.emergency.limit_s
    return other(known) if unsure and failures and failures % 2 == 0 else known


def other(venue: Venue) -> Venue:
    """The token's other venue: curve and canonical pool are all there are."""
    return Venue.POOL if venue is Venue.CURVE else Venue.CURVE


def close_refused(error: str) -> bool:
    """Whether a sale failed because its token account could not be closed."""
    return any(refusal in error for refusal in CLOSE_REFUSALS)


def _paid_by(order: Order, role: Role) -> Order:
    order = replace(order, payer=role)
    return replace(order, reserved_lamports=fee_lamports(order)) if role is order.role else order


def _free(books: Books, role: Role) -> int:
    return books.balance(role) - books.reserved(role) - WALLET_LAMPORTS
