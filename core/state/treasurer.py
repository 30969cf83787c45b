"""The treasurer: taxes and restores after each operation, reincarnates the wallets after the third.

One transfer at a time. It remembers only what it has just told; what is due it reads from the books at every turn, and
again at its own ticks, so that neither its own crash nor the executor's leaves a step undone or does one twice.
"""

from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from core.effects import After, Effects, Now, Tell, Write
from core.messages import OrderClosed, PlaceOrder, RaiseAlert, RotateWallets, SettleOperation, Tick, Undelivered
from core.records import OperationSettled, RotationFinished, RotationStarted
from core.state.treasury_steps import (
    GIVE_UP_AFTER,
    FinishRotation,
    Place,
    Settle,
    StartRotation,
    Wait,
    next_step,
    rotation_hindrance,
)
from core.types import Purpose

WORK = "work"
IDLE_S = 30.0
"""A look at the books without cause: nothing that is due waits longer for want of a message."""
WAIT_S = 5.0
LOST_S = 10.0
"""A transfer that the executor took and the books do not know after this long is told again, under the same id."""
RETRY_S = 2.0
RETRY_MOST_S = 60.0


class State(Struct, frozen=True, kw_only=True):
    """`placed`: the transfer told to the executor, until its end is seen."""

    placed: str = ""
    placed_at_s: float = 0.0
    failures: int = 0
    """Of the present step, in a row."""
    retry_at_s: float = 0.0
    given_up: frozenset[str] = frozenset()
    """Restorations that their wallet refused again and again."""
    wished_by: str = ""
    """Who asked for a rotation that is to start at the next turn."""
    waiting: str = ""
    """What the last turn waited for, to show."""


Do = Place | Settle | StartRotation | FinishRotation

TreasurerMessage = SettleOperation | OrderClosed | RotateWallets | Tick | Undelivered


def begin(now: Now) -> tuple[State, Effects]:
    return State(), (_again(0.0),)


def step(state: State, message: TreasurerMessage, now: Now) -> tuple[State, Effects]:
    match message:
        case SettleOperation() | Tick():
            return _turn(state, now)
        case OrderClosed():
            return _closed(state, message, now)
        case RotateWallets():
            return _wish(state, message, now)
        case Undelivered():
            return _undelivered(state, message, now)
        case _:
            assert_never(message)


def _turn(state: State, now: Now) -> tuple[State, Effects]:
    """Do what is due next, and come back."""
    books = now.books
    if state.placed in books.settled_ids:
        state = replace(state, placed="")
    if state.placed and state.placed not in books.orders and now.at_s < state.placed_at_s + LOST_S:
        return state, (_again(LOST_S),)
    if now.at_s < state.retry_at_s:
        return state, (_again(state.retry_at_s - now.at_s),)
    due = next_step(now, given_up=state.given_up, wish=bool(state.wished_by))
    if isinstance(due, Wait):
        return _wait(state, due, now)
    return _do(replace(state, waiting=""), due, now)


def _do(state: State, due: Do | None, now: Now) -> tuple[State, Effects]:
    match due:
        case None:
            return state, (_again(IDLE_S),)
        case Place():
            order = due.order
            state = replace(state, placed=order.id, placed_at_s=now.at_s)
            return state, (Tell("executor", PlaceOrder(order=order, id=order.id)), _again(LOST_S))
        case Settle():
            record = OperationSettled(at_s=now.at_s, operation_id=due.operation_id, tax_lamports=due.tax_lamports)
            return replace(state, failures=0, given_up=frozenset()), (Write(record, durable=True), _again(0.0))
        case StartRotation():
            by = state.wished_by or "rule"
            started = RotationStarted(at_s=now.at_s, to_generation=due.to_generation, by=by)
            return replace(state, wished_by=""), (Write(started, durable=True), _again(0.0))
        case FinishRotation():
            text = f"wallets reincarnated: generation {due.generation}"
            finished = RotationFinished(at_s=now.at_s, generation=due.generation)
            return state, (Write(finished, durable=True), _alert("rotation", "info", text, now), _again(0.0))
        case _:
            assert_never(due)


def _wait(state: State, due: Wait, now: Now) -> tuple[State, Effects]:
    """Wait for what is under way, for time, or for lamports; the last needs a person."""
    again = _again(min(max(due.until_s - now.at_s, WAIT_S), IDLE_S))
    if due.lamports and due.reason != state.waiting:
        return replace(state, waiting=due.reason), (_alert("treasury", "critical", due.reason, now), again)
    return replace(state, waiting=due.reason), (again,)


def _closed(state: State, message: OrderClosed, now: Now) -> tuple[State, Effects]:
    if message.order.id == state.placed:
        state = replace(state, placed="")
    if message.outcome == "filled":
        return _turn(replace(state, failures=0, retry_at_s=0.0), now)
    return _failed(state, message.order.id, message.order.purpose, f"{message.outcome}: {message.error}", now)


def _failed(state: State, order_id: str, purpose: Purpose, reason: str, now: Now) -> tuple[State, Effects]:
    """Try again later, later each time; a restoration is left out in the end, a tax or a sweep never."""
    failures = state.failures + 1
    delay_s = min(RETRY_S * 2 ** (failures - 1), RETRY_MOST_S)
    state = replace(state, failures=failures, retry_at_s=now.at_s + delay_s)
    effects: Effects = (_again(delay_s),)
    if failures < GIVE_UP_AFTER:
        return state, effects
    if failures == GIVE_UP_AFTER:
        effects = (_alert("treasury", "warning", f"transfer {order_id} failed: {reason}", now), *effects)
    if purpose in (Purpose.RESTORATION, Purpose.COLD):
        state = replace(state, failures=0, given_up=state.given_up | {order_id})
    return state, effects


def _wish(state: State, message: RotateWallets, now: Now) -> tuple[State, Effects]:
    """A person asks for a rotation: started now, or refused with the reason."""
    reason, _ = rotation_hindrance(now)
    if reason or state.placed:
        text = f"rotation refused: {reason or 'a transfer is under way'}"
        return state, (_alert("rotation", "warning", text, now),)
    return _turn(replace(state, wished_by=message.by or "operator"), now)


def _undelivered(state: State, message: Undelivered, now: Now) -> tuple[State, Effects]:
    if not isinstance(message.command, PlaceOrder):
        return state, ()
    order = message.command.order
    return _failed(replace(state, placed=""), order.id, Purpose.TAX, "the executor takes no orders now", now)


def _again(delay_s: float) -> After:
    return After(WORK, delay_s, Tick(key=WORK))


def _alert(key: str, severity: str, text: str, now: Now) -> Tell:
    return Tell("notifier", RaiseAlert(key=key, severity=severity, text=text, at_s=now.at_s))
