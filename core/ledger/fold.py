"""fold(journal) -> books: one function per record, and nothing else ever changes the books."""

from collections.abc import Iterable

from msgspec.structs import replace

from core.chain_records import CapitalConfirmed, ChainReconciled, ForeignSeen, PositionAdopted, UnjournaledFound
from core.errors import NeedsReconcile
from core.ledger.books import Admission, Books, OpenOrder
from core.ledger.found import SIGNATURES_KEPT, note_found
from core.ledger.operations import close_operation, fail_order, fill_order, note_insider, number_order
from core.ledger.postings import balance_of
from core.ledger.treasury import finish_rotation, note_transfer, settle_operation, start_rotation
from core.records import (
    AnyRecord,
    BreakerSet,
    CandidateFollowed,
    CandidateJudged,
    CapitalOpened,
    ColdAddressConfirmed,
    CommandmentViolated,
    EmergencyFired,
    EntriesPaused,
    EntriesResumed,
    Entry,
    EntryDecided,
    EquityMarked,
    ExternalReceived,
    InsiderSeen,
    OperationClosed,
    OperationSettled,
    OrderIntended,
    OrderSettled,
    OrderSigned,
    Posting,
    RiskLimitReached,
    RotationFinished,
    RotationStarted,
    RunStarted,
    TokenFlagged,
)
from core.rules.breaker import Panic
from core.types import Purpose, Role

DAY_S = 86_400
LIFE_LIMIT = 1
ADMITTED_KEPT = 8
"""More than can be on their way at once: at most three positions are open."""
PANICS_KEPT = 32
DAILY_LOSS = "daily_loss"
DRAWDOWN = "drawdown"


def fold(entries: Iterable[Entry], books: Books | None = None) -> Books:
    """The books after these entries, from empty ones or from `books`."""
    books = books if books is not None else Books()
    for entry in entries:
        books = replace(apply(books, entry.record), seq=entry.seq)
    return books


def apply(books: Books, record: AnyRecord) -> Books:
    """The books after one more record. Raises NeedsReconcile when the record does not balance or fit."""
    books = _at(books, record.at_s)
    # What is judged and followed of tokens is nearly every record, and nothing that the books remember.
    return books if isinstance(record, CandidateJudged | CandidateFollowed) else _changed(books, record)


def _changed(books: Books, record: AnyRecord) -> Books:
    match record:
        case CapitalOpened():
            return _open_capital(books, record)
        case RunStarted():
            return replace(books, runs=books.runs + 1, militia_rule=record.militia)
        case EntryDecided():
            return _admit(books, record)
        case OrderIntended():
            return _intend(books, record)
        case OrderSigned():
            return _sign(books, record)
        case OrderSettled():
            return _settle(books, record)
        case EmergencyFired():
            return _panic(books, record)
        case OperationClosed():
            return close_operation(_post(books, record.postings), record)
        case OperationSettled():
            return settle_operation(books, record)
        case TokenFlagged():
            return replace(books, flagged=books.flagged | {record.mint: record.reason})
        case BreakerSet():
            return _set_breaker(books, record)
        case EntriesPaused() | EntriesResumed():
            return _pause_or_resume(books, record)
        case EquityMarked():
            return _mark(books, record)
        case CommandmentViolated():
            return _violate(books, record)
        case RiskLimitReached():
            return _reach(books, record)
        case RotationStarted() | RotationFinished():
            return _rotate(books, record)
        case InsiderSeen():
            return note_insider(books, record)
        case ExternalReceived() | UnjournaledFound():
            return _receive(books, record)
        case ForeignSeen() | PositionAdopted() | ChainReconciled() | CapitalConfirmed() | ColdAddressConfirmed():
            return note_found(books, record)
        case _:
            return books  # decisions and the operator's acts: remembered by the journal, not by the books


def _at(books: Books, at_s: float) -> Books:
    # Writers differ by fractions of a second; the books' time and day never go back.
    at_s = max(at_s, books.at_s)
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
    if books.accounts:
        raise NeedsReconcile("capital was opened twice: the journal was altered")
    books = _post(books, record.postings)
    split = {role: books.balance(role) for role in Role}
    total = sum(split.values())
    return replace(
        books,
        opened_at_s=record.at_s,
        mode=record.mode,
        seed=record.seed,
        capital_usd=record.capital_usd,
        sol_usd_start=record.sol_usd,
        start_lamports=split,
        equity_lamports=total,
        equity_peak_lamports=total,
        day_start_equity_lamports=total,
    )


def _admit(books: Books, record: EntryDecided) -> Books:
    if not record.admitted:
        return books
    newest = list(books.admitted.items())[1 - ADMITTED_KEPT :]
    admission = Admission(mint=record.mint, at_s=record.at_s)
    admitted = dict(newest) | {record.order_id: admission}
    return replace(books, admissions=books.admissions + 1, admitted=admitted)


def _intend(books: Books, record: OrderIntended) -> Books:
    order = record.order
    if order.id in books.orders or order.id in books.settled_ids:
        raise NeedsReconcile(f"order {order.id} was intended twice: the journal was altered")
    opened = OpenOrder(order=order, at_s=record.at_s)
    admitted = {order_id: one for order_id, one in books.admitted.items() if order_id != order.id}
    books = replace(
        books,
        orders=books.orders | {order.id: opened},
        order_count=books.order_count + 1,
        admitted=admitted,
    )
    return number_order(books, order)


def _sign(books: Books, record: OrderSigned) -> Books:
    opened = books.orders.get(record.order_id)
    if opened is None:
        raise NeedsReconcile(f"order {record.order_id} was signed but never intended: the journal was altered")
    signed = replace(
        opened,
        signature=record.signature,
        last_valid_slot=record.last_valid_slot,
        raw=record.raw,
        last_valid_block_height=record.last_valid_block_height,
    )
    signatures = (*books.signatures[-SIGNATURES_KEPT + 1 :], record.signature)
    return replace(books, orders=books.orders | {record.order_id: signed}, signatures=signatures)


def _settle(books: Books, record: OrderSettled) -> Books:
    orders = dict(books.orders)
    opened = orders.pop(record.order_id, None)
    if opened is None:
        raise NeedsReconcile(f"order {record.order_id} was settled twice or never intended: the journal was altered")
    settled_ids = (*books.settled_ids, record.order_id)[-512:]
    unlanded = {"expired": books.unlanded + 1, "refused": books.unlanded}.get(record.outcome, 0)
    slot = max(books.slot, record.settlement.slot) if record.settlement is not None else books.slot
    books = replace(books, orders=orders, settled_ids=settled_ids, unlanded=unlanded, slot=slot)
    books = note_transfer(_post(books, record.postings), opened.order, record.outcome)
    recovers = opened.order.purpose is Purpose.RECOVERY  # its rent was given up when the operation closed
    if record.settlement is not None and record.settlement.rent_lamports and not recovers:
        locked = books.rents.get(opened.order.role, 0) + record.settlement.rent_lamports
        books = replace(books, rents=books.rents | {opened.order.role: locked})
    lost = sum(posting.lamports for posting in record.postings if posting.account == "failed_entries")
    if lost:
        books = replace(books, realised_today_lamports=books.realised_today_lamports - lost)
    if record.outcome == "filled" and record.settlement is not None:
        return fill_order(books, opened.order, record, record.settlement)
    return fail_order(books, opened.order, record)


def _panic(books: Books, record: EmergencyFired) -> Books:
    panic = Panic(record.at_s, record.operation_id, record.trigger, record.drop_bps)
    books = replace(books, panics=(*books.panics, panic)[-PANICS_KEPT:])
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
    operation = books.operations.get(record.operation_id)
    if operation is not None and operation.violated and record.commandment == LIFE_LIMIT:
        return books  # the position and the gate both watch; it is one violation
    count = books.violations.get(record.commandment, 0) + 1
    books = replace(books, violations=books.violations | {record.commandment: count})
    if operation is None or record.commandment != LIFE_LIMIT:
        return books
    return replace(books, operations=books.operations | {operation.id: replace(operation, violated=True)})


def _reach(books: Books, record: RiskLimitReached) -> Books:
    daily = record.limit == DAILY_LOSS
    return replace(books, loss_day=books.day) if daily else replace(books, drawdown_halted=True)


def _rotate(books: Books, record: RotationStarted | RotationFinished) -> Books:
    if isinstance(record, RotationStarted):
        return start_rotation(books, record)
    return finish_rotation(books, record)


def _receive(books: Books, record: ExternalReceived | UnjournaledFound) -> Books:
    if isinstance(record, UnjournaledFound):
        return note_found(_post(books, record.postings), record)
    if any(posting.lamports < 0 for posting in record.postings if posting.account != "external"):
        raise NeedsReconcile("a receipt takes lamports away: the journal was altered")
    return _post(books, record.postings)


def _mark(books: Books, record: EquityMarked) -> Books:
    return replace(
        books,
        equity_lamports=record.equity_lamports,
        open_lamports=record.open_lamports,
        equity_peak_lamports=max(books.equity_peak_lamports, record.equity_lamports),
    )


def _set_breaker(books: Books, record: BreakerSet) -> Books:
    books = replace(books, breaker_until_s=record.until_s, breaker_why=record.why)
    # Whoever closes it by hand means the panic exits that would open it again as well.
    return books if record.until_s else replace(books, panics=())


def _pause_or_resume(books: Books, record: EntriesPaused | EntriesResumed) -> Books:
    if isinstance(record, EntriesPaused):
        return replace(books, paused=True, paused_why=record.why)
    return replace(
        books,
        paused=False,
        paused_why="",
        drawdown_halted=False,
        equity_lamports=record.equity_lamports,
        equity_peak_lamports=record.equity_lamports,
    )
