"""How what was found on the chain changes the books: foreign tokens, adopted positions, unjournaled transactions."""

from typing import assert_never

from msgspec.structs import replace

from core.chain_records import CapitalConfirmed, ChainReconciled, ForeignSeen, PositionAdopted, UnjournaledFound
from core.ledger.books import Books
from core.records import ColdAddressConfirmed
from core.types import Role

SIGNATURES_KEPT = 512
"""More than any wallet set signs between two looks at the chain."""

AnyFound = CapitalConfirmed | ColdAddressConfirmed | ForeignSeen | PositionAdopted | UnjournaledFound | ChainReconciled


def note_found(books: Books, record: AnyFound) -> Books:
    """The books once this is known. Postings are booked by the caller."""
    match record:
        case CapitalConfirmed():
            return replace(books, cap_lamports=record.lamports)
        case ColdAddressConfirmed():
            return replace(books, cold_address=record.address)
        case ForeignSeen():
            return replace(books, foreign=_foreign(books.foreign, record))
        case PositionAdopted():
            return _adopt(books, record)
        case UnjournaledFound():
            return _unjournaled(books, record)
        case ChainReconciled():
            slot = max(books.reconciled_slot, record.slot)
            return replace(books, reconciled_slot=slot, slot=max(books.slot, slot))
        case _:
            assert_never(record)


def _foreign(foreign: dict[str, dict[Role, int]], record: ForeignSeen) -> dict[str, dict[Role, int]]:
    roles = {role: tokens for role, tokens in foreign.get(record.mint, {}).items() if role is not record.role}
    if record.tokens:
        roles[record.role] = record.tokens
    others = {mint: held for mint, held in foreign.items() if mint != record.mint}
    return others | {record.mint: roles} if roles else others


def _adopt(books: Books, record: PositionAdopted) -> Books:
    operation = books.operations.get(record.operation_id)
    if operation is None:
        return books
    return replace(books, operations=books.operations | {operation.id: replace(operation, adopted=True)})


def _unjournaled(books: Books, record: UnjournaledFound) -> Books:
    rents = dict(books.rents)
    for role, lamports in record.rents.items():
        rents[role] = rents.get(role, 0) + lamports
    signatures = books.signatures
    if record.signature:
        signatures = (*signatures[-SIGNATURES_KEPT + 1 :], record.signature)
    return replace(
        books,
        rents=rents,
        paused=True,
        paused_why=_why(record),
        # It is known from here on, so that it is found once.
        signatures=signatures,
        slot=max(books.slot, record.slot),
    )


def _why(record: UnjournaledFound) -> str:
    if not record.signature:
        return f"nothing explains {record.what}"
    return f"transaction {record.signature} of our keys was never journaled: {record.what}"
