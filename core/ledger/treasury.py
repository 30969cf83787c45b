"""How the treasury's transfers change the books: steps of taxes and restorations, sweeps of a rotation."""

from msgspec.structs import replace

from core.errors import NeedsReconcile
from core.ledger.books import Books, Rotation
from core.messages import Order
from core.records import OperationSettled, RotationFinished, RotationStarted
from core.types import Purpose

STEPS = frozenset({Purpose.TAX, Purpose.RESTORATION, Purpose.COLD, Purpose.ROTATION})
"""Transfers that the treasurer places; each is remembered until what it belongs to is finished."""


def note_transfer(books: Books, order: Order, outcome: str) -> Books:
    """The books after a step of the treasury ended, well or not: a restart goes on from the next one."""
    if order.purpose not in STEPS:
        return books
    books = replace(books, transfers=books.transfers | {order.id: outcome})
    if order.purpose is not Purpose.ROTATION or outcome != "filled" or books.rotation is None:
        return books
    rotation = replace(books.rotation, swept=books.rotation.swept | {order.role})
    retired = f"{order.role}.{order.generation}."
    left = frozenset(name for name in books.accumulators if not name.startswith(retired))
    return replace(books, rotation=rotation, accumulators=left)


def settle_operation(books: Books, record: OperationSettled) -> Books:
    """The books after tax and restorations of a closed operation are done."""
    if not any(operation.id == record.operation_id for operation in books.closed):
        raise NeedsReconcile(f"operation {record.operation_id} was settled but never closed: the journal was altered")
    closed = tuple(
        replace(op, settled=True, tax_lamports=record.tax_lamports) if op.id == record.operation_id else op
        for op in books.closed
    )
    done = tuple(f"{purpose}.{record.operation_id}." for purpose in (Purpose.TAX, Purpose.RESTORATION, Purpose.COLD))
    return replace(books, closed=closed, transfers=_without(books.transfers, done))


def start_rotation(books: Books, record: RotationStarted) -> Books:
    if books.rotation is not None or record.to_generation != books.generation + 1:
        raise NeedsReconcile(f"a rotation to generation {record.to_generation} cannot start: the journal was altered")
    return replace(books, rotation=Rotation(to_generation=record.to_generation, started_at_s=record.at_s))


def finish_rotation(books: Books, record: RotationFinished) -> Books:
    if books.rotation is None or record.generation != books.rotation.to_generation:
        raise NeedsReconcile(f"the rotation to generation {record.generation} never started: the journal was altered")
    return replace(
        books,
        rotation=None,
        generation=record.generation,
        used_in_generation=0,
        rotated_at_s=record.at_s,
        transfers=_without(books.transfers, (f"{Purpose.ROTATION}.",)),
    )


def _without(transfers: dict[str, str], prefixes: tuple[str, ...]) -> dict[str, str]:
    return {order_id: outcome for order_id, outcome in transfers.items() if not order_id.startswith(prefixes)}
