"""fold(journal) -> books: one function per record, and nothing else ever changes the books."""

from collections.abc import Iterable

from msgspec.structs import replace

from core.errors import NeedsReconcile
from core.ledger.books import Books, OpenOrder, Rotation
from core.ledger.operations import close_operation, fail_order, fill_order, number_order
from core.ledger.postings import balance_of
from core.records import (
    AnyRecord,
    BreakerSet,
    CapitalOpened,
    CommandmentViolated,
    EmergencyFired,
    EntriesPaused,
    EntriesResumed,
    Entry,
    EquityMarked,
    OperationClosed,
    OperationSettled,
    OrderIntended,
    OrderSettled,
    OrderSigned,
    Posting,
    RotationFinished,
    RotationStarted,
    RunStarted,
    TokenFlagged,
)
from core.types import Purpose, Role

DAY_S = 86_400


def fold(entries: Iterable[Entry], books: Books | None = None) -> Books:
    """The books after these entries, from empty ones or from `books`."""
    books = books if books is not None else Books()
    for entry in entries:
        books = replace(apply(books, entry.record), seq=entry.seq)
    return books


def apply(books: Books, record: AnyRecord) -> Books:
    """The books after one more record. Raises NeedsReconcile when the record does not balance or fit."""
    books = _at(books, record.at_s)
    match record:
        case CapitalOpened():
            return _open_capital(books, record)
        case RunStarted():
            return replace(books, runs=books.runs + 1, militia_rule=record.militia)
        case OrderIntended():
            opened = OpenOrder(order=record.order, at_s=record.at_s)
            books = replace(books, orders=books.orders | {record.order.id: opened}, order_count=books.order_count + 1)
            return number_order(books, record.order)
        case OrderSigned():
            return _sign(books, record)
        case OrderSettled():
            return _settle(books, record)
        case EmergencyFired():
            return _panic(books, record)
        case OperationClosed():
            return close_operation(books, record)
        case OperationSettled():
            closed = tuple(
                replace(op, settled=True, tax_lamports=record.tax_lamports) if op.id == record.operation_id else op
                for op in books.closed
            )
            return replace(books, closed=closed)
        case TokenFlagged():
            return replace(books, flagged=books.flagged | {record.mint: record.reason})
        case BreakerSet():
            return replace(books, breaker_until_s=record.until_s, breaker_why=record.why)
        case EntriesPaused():
            return replace(books, paused=True, paused_why=record.why)
        case EntriesResumed():
            return replace(books, paused=False, paused_why="", equity_peak_lamports=record.equity_lamports)
        case EquityMarked():
            return _mark(books, record)
        case CommandmentViolated():
            return _violate(books, record)
        case RotationStarted():
            return replace(books, rotation=Rotation(to_generation=record.to_generation, started_at_s=record.at_s))
        case RotationFinished():
            return replace(
                books, rotation=None, generation=record.generation, used_in_generation=0, rotated_at_s=record.at_s
            )
        case _:
            return books  # decisions and the operator's acts: remembered by the journal, not by the books


def _at(books: Books, at_s: float) -> Books:
    day = int(at_s // DAY_S)
    if day == books.day:
        return replace(books, at_s=at_s)
    return replace(
        books, at_s=at_s, day=day, realised_today_lamports=0, day_start_equity_lamports=books.equity_lamports
    )


def _post(books: Books, postings: tuple[Posting, ...]) -> Books:
    if off := balance_of(postings):
        raise NeedsReconcile(f"a record's postings sum to {off} lamports instead of 0: the journal was altered")
    accounts = dict(books.accounts)
    for posting in postings:
        accounts[posting.account] = accounts.get(posting.account, 0) + posting.lamports
    return replace(books, accounts=accounts)


def _open_capital(books: Books, record: CapitalOpened) -> Books:
    books = _post(books, record.postings)
    split = {role: books.balance(role) for role in Role}
    total = sum(split.values())
    return replace(
        books,
        mode=record.mode,
        seed=record.seed,
        capital_usd=record.capital_usd,
        sol_usd_start=record.sol_usd,
        start_lamports=split,
        equity_lamports=total,
        equity_peak_lamports=total,
        day_start_equity_lamports=total,
    )


def _sign(books: Books, record: OrderSigned) -> Books:
    opened = books.orders.get(record.order_id)
    if opened is None:
        raise NeedsReconcile(f"order {record.order_id} was signed but never intended: the journal was altered")
    signed = replace(opened, signature=record.signature, last_valid_slot=record.last_valid_slot, raw=record.raw)
    return replace(books, orders=books.orders | {record.order_id: signed})


def _settle(books: Books, record: OrderSettled) -> Books:
    orders = dict(books.orders)
    opened = orders.pop(record.order_id, None)
    if opened is None:
        raise NeedsReconcile(f"order {record.order_id} was settled twice or never intended: the journal was altered")
    settled_ids = (*books.settled_ids, record.order_id)[-512:]
    unlanded = {"expired": books.unlanded + 1, "refused": books.unlanded}.get(record.outcome, 0)
    books = replace(books, orders=orders, settled_ids=settled_ids, unlanded=unlanded)
    books = _post(books, record.postings)
    if record.outcome == "filled" and record.settlement is not None:
        return fill_order(books, opened.order, record)
    return fail_order(books, opened.order, record)


def _panic(books: Books, record: EmergencyFired) -> Books:
    books = replace(books, panics_at_s=(*books.panics_at_s, record.at_s)[-16:])
    operation = books.operations.get(record.operation_id)
    if operation is None:
        return books
    panicking = replace(
        operation,
        panic=record.trigger,
        panic_at_s=record.at_s,
        panic_slippage_bps=record.slippage_bps,
        panic_drop_bps=record.drop_bps,
    )
    return replace(books, operations=books.operations | {operation.id: panicking})


def _violate(books: Books, record: CommandmentViolated) -> Books:
    count = books.violations.get(record.commandment, 0) + 1
    books = replace(books, violations=books.violations | {record.commandment: count})
    operation = books.operations.get(record.operation_id)
    if operation is None or record.commandment != 1:
        return books
    return replace(books, operations=books.operations | {operation.id: replace(operation, violated=True)})


def _mark(books: Books, record: EquityMarked) -> Books:
    return replace(
        books,
        equity_lamports=record.equity_lamports,
        open_lamports=record.open_lamports,
        equity_peak_lamports=max(books.equity_peak_lamports, record.equity_lamports),
    )


def is_treasury(purpose: Purpose) -> bool:
    """True for orders that move lamports between our own wallets."""
    return purpose in (Purpose.TAX, Purpose.RESTORATION, Purpose.PROCEEDS, Purpose.ROTATION)
