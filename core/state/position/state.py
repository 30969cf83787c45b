"""What a position keeps between steps: its sight of the market and the orders it has placed.

Everything that must outlive a crash is in the books' `Operation`; this can be begun again from it at any moment.
"""

from msgspec import Struct
from msgspec.structs import replace

from core.effects import Now
from core.ledger.books import Books, Operation
from core.messages import OpenPosition, Order, Reserves
from core.rules.sentiment import Mention
from core.rules.take_profit import SalePrice
from core.state import price_view
from core.state.price_view import PriceView
from core.types import ExitReason, Purpose, Role, Side

OURS = frozenset({Purpose.EXIT, Purpose.PANIC, Purpose.PROCEEDS})
"""What a position places itself. Re-entries are the gate's."""


class Sent(Struct, frozen=True, array_like=True):
    """An order told to the executor at `at_s` and not known to be settled."""

    order: Order
    at_s: float


class Sale(Struct, frozen=True, array_like=True):
    """What `tokens` would bring at `reserves`, net of market fees."""

    reserves: Reserves
    tokens: int
    lamports: int


class Setback(Struct, frozen=True, array_like=True):
    """A wallet whose orders do not get through: its failed panic sales past their time limit, and how long it waits."""

    late_failures: int = 0
    wait_until_s: float = float("-inf")


class Position(Struct, frozen=True, kw_only=True):
    operation_id: str
    mint: str
    view: PriceView | None = None
    """None: neither the feed nor the books have told any reserves."""
    sale: Sale | None = None
    """The last quote for everything held, so that a second without a trade costs no mathematics."""
    sent: tuple[Sent, ...] = ()
    numbers: dict[Role, int] = {}
    """Of each wallet's last order; the books' may be lower while one is on its way, or higher after a restart."""
    wish: ExitReason | None = None
    """Sell everything, as asked from outside."""
    best: SalePrice | None = None
    """Highest sale price seen, for the trailing stop."""
    setbacks: dict[Role, Setback] = {}
    shut_since_s: float = float("inf")
    """From when on a simulated sale of the token fails: waiting helps no panic then."""
    given_up: frozenset[Role] = frozenset()
    """Wallets whose tokens are unsellable: a panic found no way out for them."""
    asked_at_s: float = float("-inf")
    """When a sale of what is unsellable was last simulated."""
    mentions: tuple[Mention, ...] = ()
    """Of the last ten minutes, oldest first."""
    transfer_failures: int = 0
    unclosable: frozenset[Role] = frozenset()
    """Wallets whose token account would not close: others sent dust. They sell without closing."""
    reentry_asked_at_s: float = float("-inf")
    reentry_pending: bool = False
    """Asked for, and neither refused nor settled."""
    missing: frozenset[str] = frozenset()
    """Orders that were settled at the last tick, while their `OrderClosed` had not come."""
    silence_told: bool = False
    valued_lamports: int = -1
    """Sale value last told to the gate."""


def remembered(operation: Operation, now: Now) -> Position:
    """A position as the books alone know it."""
    reserves, volatility = operation.reserves, now.settings.volatility
    orders = [opened for opened in now.books.orders.values() if is_ours(opened.order, operation.id)]
    filled_at_s = max(operation.entries[-1][0], operation.exits[-1].at_s if operation.exits else 0.0)
    view = None
    if reserves is not None:
        view = price_view.begin(reserves, known_at_s=filled_at_s, at_s=now.at_s, volatility=volatility)
    ending = {ExitReason.DATA_END} & {
        order.reason for order in (*(o.order for o in orders), *operation.failed.values())
    }
    return Position(
        operation_id=operation.id,
        mint=operation.mint,
        view=view,
        sent=tuple(Sent(opened.order, opened.at_s) for opened in orders),
        numbers=operation.numbers,
        wish=ExitReason.DATA_END if ending else ExitReason.OPERATOR if operation.adopted else None,
    )


def openings(books: Books) -> tuple[OpenPosition, ...]:
    """The positions that a start begins again: open operations, then what is unsellable so far."""
    running = [OpenPosition(operation_id=op.id, mint=op.mint) for op in books.operations.values()]
    left = [OpenPosition(operation_id=one.operation_id, mint=one.mint) for one in books.remainders.values()]
    return (*running, *left)


def saw(state: Position, reserves: Reserves, now: Now) -> Position:
    """The position after the feed showed these reserves."""
    rules = now.settings
    view = state.view or price_view.begin(reserves, known_at_s=now.at_s, at_s=now.at_s, volatility=rules.volatility)
    view = price_view.moved(view, reserves, at_s=now.at_s, emergency=rules.emergency, volatility=rules.volatility)
    return replace(state, view=view)


def is_ours(order: Order, operation_id: str) -> bool:
    return order.operation_id == operation_id and order.purpose in OURS


def buying(books: Books, operation_id: str) -> bool:
    """Whether a buy of the operation is on its way."""
    return any(o.order.operation_id == operation_id and o.order.side is Side.BUY for o in books.orders.values())


def without(state: Position, order_id: str) -> Position:
    """The position once this order is settled."""
    return replace(state, sent=tuple(sent for sent in state.sent if sent.order.id != order_id))


def without_lost(state: Position, books: Books) -> Position:
    """At a tick: the position without orders that the books knew as settled at the last one too. Their end got lost."""
    settled = frozenset(sent.order.id for sent in state.sent if sent.order.id in books.settled_ids)
    lost = settled & state.missing
    if not lost:
        return state if settled == state.missing else replace(state, missing=settled)
    left = tuple(sent for sent in state.sent if sent.order.id not in lost)
    return replace(state, sent=left, missing=settled - lost)


def unheard(state: Position, now: Now) -> tuple[Order, ...]:
    """Orders told a while ago that the books do not know: the executor may never have heard of them."""
    books, patience_s = now.books, now.settings.orders.resend_s
    return tuple(
        sent.order
        for sent in state.sent
        if now.at_s >= sent.at_s + patience_s
        and sent.order.id not in books.orders
        and sent.order.id not in books.settled_ids
    )


def buy_expected(state: Position, now: Now) -> bool:
    """Whether tokens may still come in: a buy is on its way, or a re-entry was asked for a moment ago."""
    asked = state.reentry_pending and now.at_s < state.reentry_asked_at_s + now.settings.mining.answer_wait_s
    return asked or buying(now.books, state.operation_id)


def with_unknown(state: Position, books: Books) -> Position:
    """The position with those of its orders that the books have and it does not know: told before it was restarted."""
    known = {sent.order.id for sent in state.sent}
    found = [o for o in books.orders.values() if o.order.id not in known and is_ours(o.order, state.operation_id)]
    if not found:
        return state
    return replace(state, sent=(*state.sent, *(Sent(opened.order, opened.at_s) for opened in found)))


def in_flight(state: Position, purpose: Purpose, now: Now) -> frozenset[Role]:
    """Wallets with such an order on its way that may still land."""
    return frozenset(s.order.role for s in state.sent if s.order.purpose is purpose and not is_overdue(s.order, now))


def is_overdue(order: Order, now: Now) -> bool:
    """Whether a sale's signature can land no more and nobody could prove yet that it has not.

    It is waited for no longer: another is signed. Should the first have landed, the second fails or sells what is left.
    """
    opened = now.books.orders.get(order.id)
    if opened is None or not opened.signature:
        return False
    return now.market.slot > opened.last_valid_slot + now.settings.orders.sign_again_slots


def next_number(state: Position, operation: Operation, role: Role) -> int:
    """The number of the wallet's next order: above every one that it ever had in this operation.

    Counted by wallet, so that a position that was restarted while an order of its former self waits at the executor
    gives its own the same id, and only one of the two is done.
    """
    return max(state.numbers.get(role, 0), operation.numbers.get(role, 0)) + 1


def waits(state: Position, role: Role, now: Now) -> bool:
    """Whether the wallet's next order has to wait for a while."""
    setback = state.setbacks.get(role)
    return setback is not None and now.at_s < setback.wait_until_s


def late_failures(state: Position, role: Role) -> int:
    setback = state.setbacks.get(role)
    return setback.late_failures if setback is not None else 0


def set_back(state: Position, role: Role, *, late: bool = False, until_s: float = float("-inf")) -> Position:
    """The position after one of the wallet's orders failed."""
    last = state.setbacks.get(role, Setback())
    setback = Setback(last.late_failures + late, max(last.wait_until_s, until_s))
    return replace(state, setbacks=state.setbacks | {role: setback})


def held_s(operation: Operation, now: Now) -> float:
    """Market time since the first fill. Rounded, so that a tick meant for a full second is not a hair too early."""
    return round(now.at_s - operation.opened_at_s, 3)


def has_view(state: Position) -> bool:
    """Whether the feed has shown a market in which the token can be sold."""
    return state.view is not None and state.view.seen and not state.view.migrating
