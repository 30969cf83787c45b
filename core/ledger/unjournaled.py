"""Transactions of our keys that the books never heard of, as the records that they would have left.

A buy becomes an operation that is marked as adopted, a sale an exit of the operation that it emptied. Ids follow those
of our own orders, so that whatever comes after them is numbered above them.
"""

from core.chain_records import PositionAdopted
from core.ledger.books import Books, Operation
from core.ledger.chain_view import FoundTransaction
from core.ledger.postings import balance_of, of_settlement
from core.messages import Order
from core.record import Posting
from core.records import AnyRecord, EntryDecided, OrderIntended, OrderSettled, OrderSigned
from core.types import ExitReason, Purpose, Role, Side

BY = "reconciliation"


def adopted(books: Books, found: FoundTransaction, *, at_s: float, why: str) -> tuple[AnyRecord, ...]:
    """The operation that the buy began, or the re-entry into the one that holds the token already."""
    operation = books.operation_of(found.mint)
    number = books.admissions + 1
    purpose = Purpose.ENTRY if operation is None else Purpose.REENTRY
    operation_id = f"op{number}" if operation is None else operation.id
    order = Order(
        id=f"{purpose}.{operation_id}.{1 if operation is None else number}",
        purpose=purpose,
        role=found.role,
        payer=found.role,
        operation_id=operation_id,
        mint=found.mint,
        symbol=found.symbol,
        creator=found.creator,
        side=Side.BUY,
        venue=found.settlement.reserves.venue if found.settlement.reserves is not None else None,
        lamports=-found.settlement.quote_lamports,
        token_2022=found.token_2022,
        generation=found.generation,
    )
    decided = EntryDecided(
        at_s=at_s,
        mint=found.mint,
        symbol=found.symbol,
        by=BY,
        admitted=True,
        order_id=order.id,
        stake_lamports=order.lamports,
        verdicts=(),
        purpose=purpose,
    )
    mark = PositionAdopted(
        at_s=at_s, operation_id=operation_id, mint=found.mint, signature=found.settlement.signature, why=why
    )
    return decided, *_order_records(order, found, at_s), mark


def booked_sale(books: Books, operation: Operation, found: FoundTransaction, *, at_s: float) -> tuple[AnyRecord, ...]:
    """The exit that explains why the operation's tokens are gone."""
    number = operation.numbers.get(found.role, 0) + 1
    order = Order(
        id=f"{Purpose.EXIT}.{operation.id}.{found.role}.{number}",
        purpose=Purpose.EXIT,
        role=found.role,
        payer=found.role,
        operation_id=operation.id,
        mint=found.mint,
        symbol=operation.symbol,
        side=Side.SELL,
        venue=found.settlement.reserves.venue if found.settlement.reserves is not None else None,
        tokens=-found.settlement.tokens,
        reason=ExitReason.OPERATOR,
        token_2022=operation.token_2022,
        generation=books.generation,
    )
    return _order_records(order, found, at_s)


def moved(found: FoundTransaction) -> tuple[Posting, ...]:
    """What it did to our wallets and rent, against `unjournaled`."""
    settlement = found.settlement
    lines = [Posting(f"wallet:{Role(role)}", change) for role, change in settlement.changes.items() if change]
    if settlement.rent_lamports:
        lines.append(Posting("rent", settlement.rent_lamports))
    if total := balance_of(lines):
        lines.append(Posting("unjournaled", -total))
    return tuple(lines)


def _order_records(order: Order, found: FoundTransaction, at_s: float) -> tuple[AnyRecord, ...]:
    settlement = found.settlement
    return (
        OrderIntended(at_s=at_s, order=order),
        OrderSigned(at_s=at_s, order_id=order.id, signature=settlement.signature, last_valid_slot=settlement.slot),
        OrderSettled(
            at_s=at_s,
            order_id=order.id,
            outcome="filled",
            error="",
            settlement=settlement,
            postings=of_settlement(order, settlement),
        ),
    )
