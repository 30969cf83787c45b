"""The end of an operation: flat, all orders settled, panic proceeds moved, closed in the books (rules.md §1, §7)."""

from core.chain.rent import token_account_lamports
from core.effects import Effect, Effects, Finish, Now, Tell, Write
from core.ledger.books import Operation
from core.messages import Order, PositionValued, RaiseAlert, SettleOperation
from core.records import BreakerSet, OperationClosed, Posting, TokenFlagged
from core.rules import breaker
from core.state.position import recovery
from core.state.position.orders import place, transfer_order
from core.state.position.state import Position, buy_expected, waits
from core.types import ExitReason, Role

TRANSFER_TRIES = 3
"""Then the proceeds stay with the wallet that sold: nothing flat is kept open, with its room, for a transfer."""


def close(state: Position, operation: Operation, now: Now) -> tuple[Position, Effects]:
    """What is left to do once nothing is held. Waits for every order on its way: their fees belong to the net.

    The operation is flat with its last exit, so moving the proceeds is a transfer between our wallets and its fee a
    cost of the treasury; it comes before the close, so that the tax finds them in tactical_exit.
    """
    if state.sent or buy_expected(state, now):
        return state, ()
    transfers = _transfers(state, operation, now)
    if any(waits(state, order.role, now) for order in transfers):
        return state, ()
    if transfers:
        effects = list[Effect]()
        for order in transfers:
            state, told = place(state, operation, order, now)
            effects.append(told)
        return state, tuple(effects)
    return state, (*_after_panic(operation, now), *_closed(operation, now), *_ended(operation, now))


def _ended(operation: Operation, now: Now) -> Effects:
    """The position's work is done, unless something unsellable is left to look after."""
    return recovery.first_tick(now) if operation.holdings else (Finish(),)


def proceeds_due(operation: Operation) -> dict[Role, int]:
    """Lamports that panic sales brought to each wallet and that it has not passed on."""
    due: dict[Role, int] = {}
    for fill in operation.exits:
        if fill.reason is operation.panic and fill.role not in operation.moved:
            due[fill.role] = due.get(fill.role, 0) + fill.proceeds_lamports
    return dict(sorted(due.items()))


def rent_lost(operation: Operation) -> int:
    """Rent of the accounts that keep an unsellable remainder; 0 when everything is sold."""
    return len(operation.holdings) * token_account_lamports(token_2022=operation.token_2022)


def _transfers(state: Position, operation: Operation, now: Now) -> tuple[Order, ...]:
    if state.transfer_failures >= TRANSFER_TRIES:
        return ()
    orders = [
        transfer_order(operation, now, role=role, lamports=lamports)
        for role, lamports in proceeds_due(operation).items()
    ]
    return tuple(order for order in orders if order is not None)


def _after_panic(operation: Operation, now: Now) -> Effects:
    """Flag the token, notify, and open the breaker where the panic asks for it."""
    if operation.panic is None:
        return ()
    seconds = round(operation.exits[-1].at_s - operation.panic_at_s) if operation.exits else 0
    alert = RaiseAlert(
        key="panic_exit_done",
        severity="warning",
        text=f"{operation.symbol or operation.mint}: {_ending(operation, seconds)}, "
        f"net {operation.net_lamports - rent_lost(operation)} lamports",
        at_s=now.at_s,
        mint=operation.mint,
    )
    flagged = Write(TokenFlagged(at_s=now.at_s, mint=operation.mint, reason=operation.panic))
    return (flagged, Tell("notifier", alert), *_breaker(operation, now))


def _ending(operation: Operation, seconds: int) -> str:
    if operation.tokens:
        return f"{operation.tokens} tokens are unsellable after {operation.panic}"
    return f"sold {seconds} s after {operation.panic}"


def _breaker(operation: Operation, now: Now) -> Effects:
    until_s, why = breaker.opened_by(now.settings.breaker, now.books.panics)
    if until_s <= max(now.at_s, now.books.breaker_until_s):
        return ()
    return (Write(BreakerSet(at_s=now.at_s, until_s=until_s, why=why, by=f"position.{operation.mint}")),)


def _closed(operation: Operation, now: Now) -> Effects:
    # What was sold at the last price of a recording is no result: nobody was there to buy it.
    outside = any(fill.reason is ExitReason.DATA_END for fill in operation.exits)
    lost = rent_lost(operation)
    record = OperationClosed(
        at_s=now.at_s,
        operation_id=operation.id,
        mint=operation.mint,
        symbol=operation.symbol,
        opened_at_s=operation.opened_at_s,
        net_lamports=operation.net_lamports - lost,
        cost_lamports=operation.cost_lamports,
        proceeds_lamports=sum(fill.proceeds_lamports for fill in operation.exits),
        reason=operation.exits[-1].reason if operation.exits else operation.panic or ExitReason.OPERATOR,
        outside_statistics=outside,
        postings=(Posting("rent", -lost), Posting("rent_lost", lost)) if lost else (),
        unsellable_tokens=operation.tokens,
    )
    settle = SettleOperation(id=f"settle.{operation.id}", cause=operation.id, operation_id=operation.id)
    return (
        Write(record, durable=True),
        Tell("commandments", PositionValued(mint=operation.mint, sale_lamports=0)),
        *(() if outside else (Tell("treasurer", settle),)),
    )
