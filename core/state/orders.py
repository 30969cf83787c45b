"""The life cycle of orders: each intent is carried out exactly once, whatever crashes in between (architecture.md).

    placed → (reserved) → intended → signed → sent, the same bytes again and again → landed or expired → settled

Between `OrderIntended` and `OrderSigned` nothing leaves the process, so one durable write, that of the signature,
covers both: the journal is ordered. A crash before it leaves no trace; a crash after it re-sends the same bytes.
"""

from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from core.effects import After, Cancel, Effect, Effects, Now, StartChild, Tell, Write
from core.ledger.postings import of_settlement
from core.messages import (
    Message,
    OpenPosition,
    Order,
    OrderBuilt,
    OrderClosed,
    OrderExpired,
    OrderLanded,
    PlaceOrder,
    Release,
    ReservationAnswered,
    Reserve,
    Settlement,
    SignOrder,
    SubmitOrder,
    Tick,
    Undelivered,
)
from core.records import OrderIntended, OrderSettled, OrderSigned
from core.types import Purpose, Side


class OrderRule(Struct, frozen=True, kw_only=True):
    resend_s: float = 2.0
    """The same bytes go out again after this long without an outcome."""
    valid_slots: int = 150
    """A blockhash's life; chain constant. A signature that is absent past it can never land."""
    sign_again_slots: int = 8
    """A sale without an outcome this long past its last valid slot is signed anew; both outcomes are read."""


class Life(Struct, frozen=True, kw_only=True):
    """An order under way, past its placing."""

    order: Order
    signature: str = ""
    last_valid_slot: int = 0
    raw: str = ""
    last_valid_block_height: int = 0
    deadline_s: float = 0.0


class State(Struct, frozen=True, kw_only=True):
    lives: dict[str, Life] = {}


ExecutorMessage = PlaceOrder | ReservationAnswered | OrderBuilt | OrderLanded | OrderExpired | Tick | Undelivered


def order_id_of(message: ExecutorMessage) -> str:
    """The order that a message is about; empty for a command of none that came back."""
    match message:
        case PlaceOrder() | ReservationAnswered():
            return message.order.id
        case OrderBuilt() | OrderLanded() | OrderExpired():
            return message.order_id
        case Tick():
            return message.key
        case Undelivered():
            command = message.command
            return command.order.id if isinstance(command, Reserve | SignOrder | SubmitOrder) else ""
        case _:
            assert_never(message)


def owner(order: Order) -> str:
    """The name of the actor that placed the order and waits for its end."""
    match order.purpose:
        case Purpose.ENTRY:
            return "commandments"
        case Purpose.REENTRY | Purpose.EXIT | Purpose.PANIC | Purpose.PROCEEDS | Purpose.RECOVERY:
            return f"position.{order.mint}"
        case Purpose.TAX | Purpose.RESTORATION | Purpose.COLD | Purpose.ROTATION:
            return "treasurer"
        case _:
            assert_never(order.purpose)


def begin(now: Now) -> tuple[State, Effects]:
    """Take up every unsettled order of the books: re-send what was signed, sign what was not."""
    state, effects = State(), list[Effect]()
    for opened in now.books.orders.values():
        life = Life(
            order=opened.order,
            signature=opened.signature,
            last_valid_slot=opened.last_valid_slot,
            raw=opened.raw,
            last_valid_block_height=opened.last_valid_block_height,
        )
        state = _with(state, life)
        if life.signature:
            effects += _send(life, now)
        elif opened.order.purpose in (Purpose.ENTRY, Purpose.REENTRY):
            # Its price is old by now; nothing was sent, so giving it up loses nothing.
            state, given_up = _settle(state, life, now, outcome="refused", error="restarted before it was signed")
            effects += given_up
        else:
            effects += _sign(opened.order, now)
    return state, tuple(effects)


def step(state: State, message: ExecutorMessage, now: Now) -> tuple[State, Effects]:
    match message:
        case OrderLanded():
            return _landed(state, message, now)
        case Tick():
            life = state.lives.get(message.key)
            return (state, ()) if life is None else _again(state, life, now)
        case PlaceOrder():
            return _place(state, message, now)
        case ReservationAnswered():
            return _reserved(state, message, now)
        case OrderBuilt():
            return _built(state, message, now)
        case OrderExpired():
            life = state.lives.get(message.order_id)
            if life is None or life.signature != message.signature:
                return state, ()
            return _settle(state, life, now, outcome="expired", error="absent past its last valid slot")
        case Undelivered():
            return _came_back(state, message, now)
        case _:
            assert_never(message)


def _again(state: State, life: Life, now: Now) -> tuple[State, Effects]:
    """The life's present step once more: the same bytes, the wish to have them signed, or the reservation."""
    if life.signature:
        return state, _send(life, now)
    if life.order.id in now.books.orders:
        return state, _sign(life.order, now)
    if _late(life, now):
        return _reserved(state, ReservationAnswered(order=life.order, granted=False), now)
    # The wallet may have died with the question; asked again it grants the same lamports once.
    return state, _reserve(life.order, now)


def _came_back(state: State, message: Undelivered, now: Now) -> tuple[State, Effects]:
    """A command could not be delivered. A wallet that is gone grants nothing; the venue is tried again by the timer."""
    command = message.command
    if isinstance(command, Reserve):
        return _reserved(
            state, ReservationAnswered(order=command.order, granted=False, reason="its wallet is down"), now
        )
    if isinstance(command, SignOrder | SubmitOrder):
        return state, (_timer(command.order, now),)
    return state, ()


def _with(state: State, life: Life) -> State:
    return replace(state, lives=state.lives | {life.order.id: life})


def _place(state: State, message: PlaceOrder, now: Now) -> tuple[State, Effects]:
    order = message.order
    if order.id in state.lives or order.id in now.books.orders or order.id in now.books.settled_ids:
        return state, ()
    life = Life(order=order, deadline_s=message.deadline_s)
    if _late(life, now):
        return state, (Tell(owner(order), OrderClosed(order=order, outcome="refused", error="past its deadline")),)
    state = _with(state, life)
    if order.side is Side.SELL:
        # Exits never wait for a reservation: what they cost is kept back by every stake (rules.md §1).
        return _intend(state, order, now)
    return state, _reserve(order, now)


def _reserve(order: Order, now: Now) -> Effects:
    return Tell(f"wallet.{order.role}", Reserve(order=order)), _timer(order, now)


def _reserved(state: State, message: ReservationAnswered, now: Now) -> tuple[State, Effects]:
    life = state.lives.get(message.order.id)
    if life is None or life.order.id in now.books.orders:
        return state, ()
    if message.granted and not _late(life, now):
        return _intend(state, message.order, now)
    lives = {order_id: other for order_id, other in state.lives.items() if order_id != life.order.id}
    closed = OrderClosed(order=life.order, outcome="refused", error=message.reason or "past its deadline")
    release = Tell(f"wallet.{life.order.role}", Release(order_id=life.order.id))
    return replace(state, lives=lives), (release, Tell(owner(life.order), closed))


def _late(life: Life, now: Now) -> bool:
    """An order past its deadline is not begun; one that is begun goes on to its end."""
    return bool(life.deadline_s) and now.at_s > life.deadline_s


def _intend(state: State, order: Order, now: Now) -> tuple[State, Effects]:
    return state, (Write(OrderIntended(at_s=now.at_s, order=order)), *_sign(order, now))


def _sign(order: Order, now: Now) -> Effects:
    return Tell("venue", SignOrder(order=order)), _timer(order, now)


def _timer(order: Order, now: Now) -> After:
    return After(order.id, now.settings.orders.resend_s, Tick(key=order.id))


def _built(state: State, message: OrderBuilt, now: Now) -> tuple[State, Effects]:
    life = state.lives.get(message.order_id)
    if life is None or life.signature:
        return state, ()
    if message.error:
        return _settle(state, life, now, outcome="refused", error=message.error)
    if message.signature in now.books.signatures:
        # Its outcome belongs to another order: booked for both, it would be counted twice.
        return _settle(state, life, now, outcome="refused", error="the same transaction was signed before")
    life = replace(
        life,
        signature=message.signature,
        last_valid_slot=message.last_valid_slot,
        raw=message.raw,
        last_valid_block_height=message.last_valid_block_height,
    )
    signed = OrderSigned(
        at_s=now.at_s,
        order_id=life.order.id,
        signature=life.signature,
        last_valid_slot=life.last_valid_slot,
        raw=life.raw,
        last_valid_block_height=life.last_valid_block_height,
    )
    return _with(state, life), (Write(signed, durable=True), *_send(life, now))


def _send(life: Life, now: Now) -> Effects:
    submit = SubmitOrder(
        order=life.order,
        signature=life.signature,
        last_valid_slot=life.last_valid_slot,
        raw=life.raw,
        last_valid_block_height=life.last_valid_block_height,
        only_look=_superseded(life.order, now),
    )
    return Tell("venue", submit), _timer(life.order, now)


def _superseded(order: Order, now: Now) -> bool:
    """A panic sells everything: what was pending is not sent again, but its outcome is still waited for."""
    operation = now.books.operations.get(order.operation_id)
    panicking = operation is not None and operation.panic is not None
    return panicking and order.purpose in (Purpose.ENTRY, Purpose.REENTRY, Purpose.EXIT)


def _landed(state: State, message: OrderLanded, now: Now) -> tuple[State, Effects]:
    life = state.lives.get(message.order_id)
    if life is None or life.signature != message.settlement.signature:
        return state, ()
    error = message.settlement.error
    return _settle(
        state, life, now, outcome="failed" if error else "filled", error=error, settlement=message.settlement
    )


def _settle(
    state: State, life: Life, now: Now, *, outcome: str, error: str, settlement: Settlement | None = None
) -> tuple[State, Effects]:
    order = life.order
    settled = OrderSettled(
        at_s=now.at_s,
        order_id=order.id,
        outcome=outcome,
        error=error,
        settlement=settlement,
        postings=of_settlement(order, settlement) if settlement else (),
    )
    effects: list[Effect] = [Write(settled, durable=True), Cancel(order.id)]
    if order.side is not Side.SELL:
        effects.append(Tell(f"wallet.{order.role}", Release(order_id=order.id)))
    if order.purpose is Purpose.ENTRY and outcome == "filled":
        opened: Message = OpenPosition(operation_id=order.operation_id, mint=order.mint)
        effects.append(StartChild("positions", f"position.{order.mint}", opened))
    closed = OrderClosed(order=order, outcome=outcome, settlement=settlement, error=error)
    effects.append(Tell(owner(order), closed))
    lives = {order_id: other for order_id, other in state.lives.items() if order_id != order.id}
    return replace(state, lives=lives), tuple(effects)
