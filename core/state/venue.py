"""The venue: between the executor and a chain, paper or real. What is signed, sent and known lies in the backend."""

from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from core.effects import Effects, Now, Tell
from core.errors import Refused
from core.messages import (
    FeedBatch,
    Order,
    OrderBuilt,
    OrderExpired,
    OrderLanded,
    Settlement,
    SignOrder,
    SubmitOrder,
    TransactionSettled,
)
from core.ports import VenueBackend
from core.rules import psychology
from core.types import Side

JOURNAL = "journal"
"""The hindrance under which nothing can be written."""


class State(Struct, frozen=True, kw_only=True):
    """Signatures sent and not yet seen to land, with their orders. The executor sends again what a restart forgot."""

    backend: VenueBackend
    sent: dict[str, str] = {}


VenueMessage = SignOrder | SubmitOrder | FeedBatch | TransactionSettled


def begin(backend: VenueBackend, now: Now) -> tuple[State, Effects]:
    return State(backend=backend), ()


def step(state: State, message: VenueMessage, now: Now) -> tuple[State, Effects]:
    match message:
        case FeedBatch():
            return _landings(state, message.landings)
        case TransactionSettled():
            return _landings(state, (message.settlement,))
        case SubmitOrder():
            return _submit(state, message, now)
        case SignOrder():
            return state, (Tell("executor", _built(state.backend, message.order, now)),)
        case _:
            assert_never(message)


def _built(backend: VenueBackend, order: Order, now: Now) -> OrderBuilt:
    cold = psychology.cold_address(now.settings.runtime.cold_address, now.books.cold_address)
    if order.to_address and order.to_address != cold:
        # An order may be older than the settings: nothing of ours leaves for an address they do not name.
        return OrderBuilt(
            order_id=order.id, error=f"{order.to_address} is not the confirmed cold address of the settings"
        )
    try:
        signed = backend.sign(order, now.market.slot)
    except Refused as refusal:
        return OrderBuilt(order_id=order.id, error=str(refusal))
    return OrderBuilt(
        order_id=order.id,
        signature=signed.signature,
        last_valid_slot=signed.last_valid_slot,
        raw=signed.raw,
        last_valid_block_height=signed.last_valid_block_height,
    )


def _submit(state: State, message: SubmitOrder, now: Now) -> tuple[State, Effects]:
    order_id, signature = message.order.id, message.signature
    settlement = state.backend.status(signature)
    if settlement is not None:
        return state, (Tell("executor", OrderLanded(order_id=order_id, settlement=settlement)),)
    if state.backend.is_absent(message, now.market.slot):
        expired = OrderExpired(order_id=order_id, signature=signature, slot=now.market.slot)
        return state, (Tell("executor", expired),)
    # Past its last valid slot no block takes it any more; whether one has taken it is not known yet.
    # Nor is anything bought whose signature no journal holds for sure; exits go out all the same.
    unwritten = message.order.side is Side.BUY and JOURNAL in now.market.hindrances
    if not message.only_look and not unwritten and now.market.slot <= message.last_valid_slot:
        state.backend.submit(message.order, signature, message.last_valid_slot, message.raw)
    return replace(state, sent=state.sent | {signature: order_id}), ()


def _landings(state: State, landings: tuple[Settlement, ...]) -> tuple[State, Effects]:
    landed = [settlement for settlement in landings if settlement.signature in state.sent]
    sent = {s: order_id for s, order_id in state.sent.items() if all(s != one.signature for one in landed)}
    effects = tuple(Tell("executor", OrderLanded(order_id=state.sent[one.signature], settlement=one)) for one in landed)
    return replace(state, sent=sent), effects
