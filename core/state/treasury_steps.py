"""What the treasury owes next, derived from the books alone: so a crash at any point goes on where the chain is.

    operation closed → tax → restorations (lightning, reentry, emergency_gas) → surplus to the cold address → settled
    rotation started → one sweep per wallet → finished

An order's id follows from its step and from how often the books saw that step fail: placed twice it is done once.
"""

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from core.chain.rent import WALLET_LAMPORTS
from core.effects import Now
from core.ledger.books import ClosedOperation
from core.messages import Order
from core.rules import psychology, restoration
from core.rules.network_fee import fee_lamports
from core.rules.reincarnation import earliest_s
from core.rules.stake import free_lamports
from core.types import BASE_FEE_LAMPORTS, Purpose, Role

GIVE_UP_AFTER = 3
"""Restorations that their wallet refused this often are left out: they wait for the next operation, entries do not."""
TRIES = 12
"""Restorations that the chain failed so often are left out. Fewer would strand capital: of transactions 15 % fail and
half in congestion, and without a stake no next operation comes to restore it."""


class Place(Struct, frozen=True, array_like=True):
    """This transfer is due."""

    order: Order


class Settle(Struct, frozen=True, array_like=True):
    """Everything due for this operation is done."""

    operation_id: str
    tax_lamports: int


class StartRotation(Struct, frozen=True, array_like=True):
    to_generation: int


class FinishRotation(Struct, frozen=True, array_like=True):
    generation: int


class Wait(Struct, frozen=True, array_like=True):
    """Something is due and cannot be done now. `until_s` 0: until something else happens."""

    reason: str
    until_s: float = 0.0
    lamports: bool = False
    """It is for want of lamports: only a person can help."""


Step = Place | Settle | StartRotation | FinishRotation | Wait


def next_step(now: Now, *, given_up: Collection[str] = frozenset(), wish: bool = False) -> Step | None:
    """The next thing to do, None when nothing is due.

    `given_up`: ids of transfers that a wallet refused for good. `wish`: a person asked for a rotation.
    """
    books = now.books
    under_way = [order_id for order_id, opened in books.orders.items() if opened.order.side is None]
    if under_way:
        return Wait(f"{', '.join(under_way)} under way")
    unsettled = books.unsettled()
    if unsettled:
        return _settling(unsettled[0], now, given_up)
    if books.rotation is not None:
        return _rotating(now)
    if books.used_in_generation >= now.settings.reincarnation.operations or wish:
        reason, until_s = rotation_hindrance(now)
        return Wait(reason, until_s) if reason else StartRotation(books.generation + 1)
    return None


def rotation_hindrance(now: Now) -> tuple[str, float]:
    """What stands against a rotation now and until when, if that is known; empty when nothing does."""
    books = now.books
    if books.rotation is not None:
        return "a rotation is under way", 0.0
    next_s = earliest_s(now.settings.reincarnation, rotated_at_s=books.rotated_at_s)
    if now.at_s < next_s:
        return "too soon after the last rotation", next_s
    return _not_flat(now), 0.0


def _not_flat(now: Now) -> str:
    books = now.books
    if books.operations:
        return "an operation is open"
    if books.orders:
        return "an order is under way"
    if books.unsettled():
        return "a closed operation is not settled"
    life_s = now.settings.shield.entry_deadline_s
    if any(now.at_s <= admission.at_s + life_s for admission in books.admitted.values()):
        return "an entry is on its way"
    return ""


def _attempts(now: Now, prefix: str) -> list[str]:
    """Outcomes so far of one step's transfers."""
    return [outcome for order_id, outcome in now.books.transfers.items() if order_id.startswith(prefix)]


def _settling(operation: ClosedOperation, now: Now, given_up: Collection[str]) -> Step:
    tax = psychology.tax_lamports(now.settings.psychology, operation.net_lamports)
    outcomes = _attempts(now, f"{Purpose.TAX}.{operation.id}.")
    if tax and "filled" not in outcomes:
        return _tax(operation, tax, len(outcomes) + 1, now)
    return _restoration(operation, now, given_up) or _cold(operation, now, given_up) or Settle(operation.id, tax)


def _tax(operation: ClosedOperation, tax: int, attempt: int, now: Now) -> Step:
    """From the wallet holding most proceeds; where that cannot pay, its proceeds gone on, from the richest that can."""
    for role in _payers(operation.proceeds_role, now):
        order = _transfer(
            Purpose.TAX, operation.id, now, role=role, to_role=Role.PSYCHOLOGY, lamports=tax, attempt=attempt
        )
        if free_lamports(now.books, role) - order.reserved_lamports >= WALLET_LAMPORTS + BASE_FEE_LAMPORTS:
            return Place(order)
    return Wait(f"no wallet can pay the tax of {tax} lamports on {operation.id}", lamports=True)


def _payers(first: Role, now: Now) -> list[Role]:
    others = [role for role in Role if role not in (first, Role.PSYCHOLOGY)]
    return [first, *sorted(others, key=lambda role: free_lamports(now.books, role), reverse=True)]


def _restoration(operation: ClosedOperation, now: Now, given_up: Collection[str]) -> Place | None:
    books, settings = now.books, now.settings
    done: set[Role] = set()
    attempts: dict[Role, int] = {}
    for role in restoration.ORDER:
        prefix = f"{Purpose.RESTORATION}.{operation.id}.{role}."
        outcomes = _attempts(now, prefix)
        attempts[role] = len(outcomes) + 1
        if "filled" in outcomes or len(outcomes) >= TRIES or f"{prefix}{attempts[role]}" in given_up:
            done.add(role)
    fee = _fee_lamports(max(attempts.values()), now)
    found = restoration.next_restoration(
        settings.restoration,
        settings.capital,
        equity_lamports=books.flat_equity_lamports() + books.open_lamports,
        spendable={role: free_lamports(books, role) - WALLET_LAMPORTS for role in Role},
        available_lamports=restoration.available_lamports(free_lamports(books, restoration.SOURCE), fee),
        done=frozenset(done),
    )
    if found is None:
        return None
    role, lamports = found
    order = _transfer(
        Purpose.RESTORATION,
        f"{operation.id}.{role}",
        now,
        role=restoration.SOURCE,
        to_role=role,
        lamports=lamports,
        attempt=attempts[role],
    )
    return Place(order)


def _cold(operation: ClosedOperation, now: Now, given_up: Collection[str]) -> Place | None:
    """Psychology's surplus to the operator. tactical_exit pays the fee: psychology pays nothing."""
    books, rule = now.books, now.settings.psychology
    address = psychology.cold_address(now.settings.runtime.cold_address, books.cold_address)
    prefix = f"{Purpose.COLD}.{operation.id}."
    outcomes = _attempts(now, prefix)
    attempt = len(outcomes) + 1
    if not (rule.cold and address) or "filled" in outcomes or attempt > TRIES or f"{prefix}{attempt}" in given_up:
        return None
    order = Order(
        id=f"{prefix}{attempt}",
        purpose=Purpose.COLD,
        role=Role.PSYCHOLOGY,
        payer=restoration.SOURCE,
        operation_id=operation.id,
        to_address=address,
        priority_lamports=_priority_lamports(attempt, now),
        generation=books.generation,
    )
    fee = fee_lamports(order)
    lamports = psychology.surplus_lamports(
        rule,
        fund_lamports=free_lamports(books, Role.PSYCHOLOGY),
        start_lamports=books.start_lamports[Role.PSYCHOLOGY],
        fee_lamports=fee,
    )
    payable = restoration.available_lamports(free_lamports(books, restoration.SOURCE), fee) >= 0
    if not lamports or not payable:
        return None
    return Place(replace(order, lamports=lamports, reserved_lamports=lamports))


def _priority_lamports(attempt: int, now: Now) -> int:
    """Nothing at first; a transfer that did not get through pays the entries' floor."""
    return 0 if attempt == 1 else now.settings.mining.priority_floor_lamports


def _fee_lamports(attempt: int, now: Now) -> int:
    return BASE_FEE_LAMPORTS + _priority_lamports(attempt, now)


def _transfer(
    purpose: Purpose, step: str, now: Now, *, role: Role, to_role: Role, lamports: int, attempt: int
) -> Order:
    """A transfer that its own wallet pays for. `step` begins with the operation's id."""
    fee = _fee_lamports(attempt, now)
    return Order(
        id=f"{purpose}.{step}.{attempt}",
        purpose=purpose,
        role=role,
        payer=role,
        operation_id=step.partition(".")[0],
        lamports=lamports,
        to_role=to_role,
        priority_lamports=fee - BASE_FEE_LAMPORTS,
        reserved_lamports=lamports + fee,
        generation=now.books.generation,
    )


def _rotating(now: Now) -> Step:
    """One sweep after the other, the payer's own last; nothing moves until all is flat."""
    books = now.books
    if books.rotation is None or (reason := _not_flat(now)):
        return Wait(f"the rotation waits: {reason}")
    left = [role for role in Role if role not in books.rotation.swept and books.balance(role)]
    if not left:
        return FinishRotation(books.rotation.to_generation)
    payer = _sweeps_payer(left, now)
    role = next((role for role in left if role is not payer), payer)
    step = f"{books.rotation.to_generation}.{role}"
    attempt = len(_attempts(now, f"{Purpose.ROTATION}.{step}.")) + 1
    return _sweep(role, payer, f"{Purpose.ROTATION}.{step}.{attempt}", attempt, now)


def _sweeps_payer(left: list[Role], now: Now) -> Role:
    """emergency_gas while it can pay for all that are left, itself included; otherwise the richest that may pay."""
    books = now.books
    needed = WALLET_LAMPORTS + (2 * len(left) - 1) * BASE_FEE_LAMPORTS
    if Role.EMERGENCY_GAS in left and books.balance(Role.EMERGENCY_GAS) >= needed:
        return Role.EMERGENCY_GAS
    may_pay = [role for role in left if role is not Role.PSYCHOLOGY] or left
    return max(may_pay, key=books.balance)


def _sweep(role: Role, payer: Role, order_id: str, attempt: int, now: Now) -> Step:
    books = now.books
    order = Order(
        id=order_id,
        purpose=Purpose.ROTATION,
        role=role,
        payer=payer,
        lamports=books.balance(role),
        to_role=role,
        priority_lamports=_priority_lamports(attempt, now),
        reserved_lamports=books.balance(role),
        generation=books.generation,
        close_account=books.rents.get(role, 0) > 0,
        sweep=True,
    )
    fee = fee_lamports(order)
    if books.balance(payer) - fee < WALLET_LAMPORTS:
        return Wait(f"no wallet can pay for the sweep of {role}", lamports=True)
    return Place(order if payer is not role else replace(order, lamports=order.lamports - fee))
