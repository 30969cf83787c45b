"""One role's wallet: whether an order may take its lamports, and what a person sees of it.

The reservation that survives a crash is `OrderIntended` in the books. The executor journals it right after the grant;
until then the grant lives here, in memory alone.
"""

from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from core.chain.rent import WALLET_LAMPORTS
from core.effects import Effects, Now, Tell
from core.ledger.books import Books
from core.messages import Order, Release, ReservationAnswered, Reserve
from core.rules import psychology
from core.rules.health import fleet_score, wallet_health
from core.rules.network_fee import fee_lamports
from core.types import BASE_FEE_LAMPORTS, Purpose, Role, Side

GRANT_LIFE_S = 10.0
"""A grant whose order never reached the books was lost with a crash of the executor: it ends by itself."""


class Grant(Struct, frozen=True, array_like=True):
    lamports: int
    at_s: float


class State(Struct, frozen=True, kw_only=True):
    role: Role
    granted: dict[str, Grant] = {}
    """By order id: granted, and when last looked at not yet intended."""


class WalletView(Struct, frozen=True, kw_only=True):
    """What is shown of a wallet. `spendable_lamports` keeps rent exemption back; `health` is 0 to 1."""

    role: Role
    generation: int
    balance_lamports: int
    spendable_lamports: int
    reserved_lamports: int
    operations_used: int
    operations_allowed: int
    rent_locked_lamports: int
    age_s: float
    health: float


WalletMessage = Reserve | Release


def begin(role: Role, now: Now) -> tuple[State, Effects]:
    return State(role=role), ()


def step(state: State, message: WalletMessage, now: Now) -> tuple[State, Effects]:
    match message:
        case Reserve():
            return _reserve(state, message.order, now)
        case Release():
            return _without(state, message.order_id), ()
        case _:
            assert_never(message)


def view(state: State, now: Now) -> WalletView:
    """The wallet as the books and its own grants show it now."""
    books, rule = now.books, now.settings.reincarnation
    balance, reserved = books.balance(state.role), reserved_lamports(state, now)
    return WalletView(
        role=state.role,
        generation=books.generation,
        balance_lamports=balance,
        spendable_lamports=max(balance - reserved - WALLET_LAMPORTS, 0),
        reserved_lamports=reserved,
        operations_used=books.used_in_generation,
        operations_allowed=rule.operations,
        rent_locked_lamports=books.rents.get(state.role, 0),
        age_s=max(now.at_s - max(books.rotated_at_s, books.opened_at_s), 0.0),
        health=_health(now, state.role, balance - reserved),
    )


def fleet_health(now: Now) -> float:
    """The score of all five wallets by the books, 0 to 1."""
    books = now.books
    healths = {role: _health(now, role, books.balance(role) - books.reserved(role)) for role in Role}
    return fleet_score(now.settings.capital, healths)


def reserved_lamports(state: State, now: Now) -> int:
    """What unsettled orders and fresh grants may still take from this wallet."""
    return now.books.reserved(state.role) + sum(grant.lamports for grant in _fresh(state, now).values())


def _health(now: Now, role: Role, unreserved_lamports: int) -> float:
    return wallet_health(
        now.settings.restoration,
        now.settings.capital,
        role,
        unreserved_lamports=unreserved_lamports,
        equity_lamports=now.books.flat_equity_lamports() + now.books.open_lamports,
    )


def _reserve(state: State, order: Order, now: Now) -> tuple[State, Effects]:
    state = replace(state, granted=_fresh(state, now))
    reason = refusal(_without(state, order.id), order, now)
    answer = ReservationAnswered(order=order, granted=not reason, reason=reason)
    if not reason:
        grant = Grant(order.reserved_lamports, now.at_s)
        state = replace(state, granted=state.granted | {order.id: grant})
    return state, (Tell("executor", answer),)


def refusal(state: State, order: Order, now: Now) -> str:
    """Why the wallet does not give the order its lamports; empty when it does."""
    books = now.books
    if order.role is not state.role:
        return f"order {order.id} is for {order.role}, not for {state.role}"
    if order.generation != books.generation:
        return f"order {order.id} is for generation {order.generation}, the wallets are of {books.generation}"
    if order.side is Side.BUY and books.rotation is not None:
        return "the wallets are being rotated"
    if order.role is Role.PSYCHOLOGY and order.purpose not in (Purpose.ROTATION, Purpose.COLD):
        return "psychology pays nothing"
    cold = psychology.cold_address(now.settings.runtime.cold_address, now.books.cold_address)
    if order.to_address != (cold if order.purpose is Purpose.COLD else ""):
        return f"order {order.id} pays an address that is not the confirmed one of the settings"
    if order.reserved_lamports < order.lamports + (fee_lamports(order) if order.payer is order.role else 0):
        return f"order {order.id} reserves less than it takes"
    return _payer_refusal(order, books) or _balance_refusal(state, order, now)


def _payer_refusal(order: Order, books: Books) -> str:
    """A fee that another wallet pays must leave that one its rent exemption."""
    if order.payer is order.role:
        return ""
    if order.payer is Role.PSYCHOLOGY:
        return "psychology pays nothing"
    left = books.balance(order.payer) - books.reserved(order.payer) - fee_lamports(order)
    if left < WALLET_LAMPORTS:
        return f"{order.payer} cannot pay the fee: {left} lamports would be left of {WALLET_LAMPORTS} it must keep"
    return ""


def _balance_refusal(state: State, order: Order, now: Now) -> str:
    free = now.books.balance(state.role) - reserved_lamports(state, now)
    left = free - order.reserved_lamports
    if order.sweep:
        own_fee = fee_lamports(order) if order.payer is order.role else 0
        exact = free == now.books.balance(state.role) == order.lamports + own_fee
        return "" if exact else f"a sweep moves all of {free} unreserved lamports, not {order.lamports}"
    # After a transfer the wallet must still be able to pay one fee; a buy has kept its fees back by its stake.
    keep = WALLET_LAMPORTS if order.side is Side.BUY else WALLET_LAMPORTS + BASE_FEE_LAMPORTS
    if left < keep:
        return f"{state.role} has {free} unreserved lamports: {left} would be left of {keep} it must keep"
    return ""


def _fresh(state: State, now: Now) -> dict[str, Grant]:
    """Grants that still stand only here: not in the books, not settled, not lost."""
    books = now.books
    return {
        order_id: grant
        for order_id, grant in state.granted.items()
        if order_id not in books.orders and order_id not in books.settled_ids and now.at_s < grant.at_s + GRANT_LIFE_S
    }


def _without(state: State, order_id: str) -> State:
    if order_id not in state.granted:
        return state
    return replace(state, granted={one: grant for one, grant in state.granted.items() if one != order_id})
