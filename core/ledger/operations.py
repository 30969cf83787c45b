"""How settled orders change operations: a first fill opens one, later buys add, sells take, a close ends it."""

from msgspec.structs import replace

from core.chain.rent import token_account_lamports
from core.errors import NeedsReconcile
from core.ledger.books import Books, ClosedOperation, ExitFill, Operation, Remainder
from core.ledger.postings import net_of
from core.messages import Order, Settlement
from core.records import InsiderSeen, OperationClosed, OrderSettled
from core.rules.militia import after_operation
from core.rules.stake import accumulator
from core.types import ExitReason, Purpose, Role, Side

MARKET_FEES = ("protocol", "creator", "lp")
"""Part of a trade's price: in the average cost and in the sale price. Landing fees are not."""


TREASURY = frozenset({Purpose.TAX, Purpose.RESTORATION, Purpose.PROCEEDS, Purpose.ROTATION, Purpose.COLD})
"""Transfers of our own lamports: a cost of the treasury, in no operation's net."""


def fill_order(books: Books, order: Order, record: OrderSettled, settlement: Settlement) -> Books:
    """The books after a transaction that succeeded."""
    if order.side is Side.BUY:
        return _bought(books, order, record, settlement)
    if order.side is Side.SELL:
        return _sold(books, order, record, settlement)
    books = _charge(books, order, record)
    return _moved(books, order) if order.purpose is Purpose.PROCEEDS else books


def fail_order(books: Books, order: Order, record: OrderSettled) -> Books:
    """The books after a transaction that failed, expired or was never sent: fees count, exits escalate."""
    books = _charge(books, order, record)
    operation = books.operations.get(order.operation_id)
    if order.purpose is not Purpose.EXIT or operation is None:
        return books
    failed = replace(operation, failed_exits=operation.failed_exits + 1, failed=operation.failed | {order.role: order})
    return replace(books, operations=books.operations | {operation.id: failed})


def note_insider(books: Books, record: InsiderSeen) -> Books:
    """The books once the creator was seen to fund a wallet while we hold its token."""
    operation = books.operations.get(record.operation_id)
    if operation is None:
        return books
    known = replace(operation, insiders=operation.insiders | {record.wallet})
    return replace(books, operations=books.operations | {operation.id: known})


def number_order(books: Books, order: Order) -> Books:
    """The books after an order of an operation was intended: numbers of its exits and transfers are used up."""
    operation = books.operations.get(order.operation_id)
    number = order.id.rpartition(".")[2]
    remainder = books.remainders.get(order.operation_id)
    if remainder is not None and number.isdecimal():
        remainder = replace(remainder, number=max(remainder.number, int(number)))
        return replace(books, remainders=books.remainders | {remainder.operation_id: remainder})
    if operation is None or order.side is Side.BUY or not number.isdecimal():
        return books
    highest = max(operation.numbers.get(order.role, 0), int(number))
    numbered = replace(operation, numbers=operation.numbers | {order.role: highest})
    return replace(books, operations=books.operations | {operation.id: numbered})


def _moved(books: Books, order: Order) -> Books:
    operation = books.operations.get(order.operation_id)
    if operation is None:
        return books
    moved = operation.moved | {order.role: operation.moved.get(order.role, 0) + order.lamports}
    return replace(books, operations=books.operations | {operation.id: replace(operation, moved=moved)})


def _charge(books: Books, order: Order, record: OrderSettled) -> Books:
    """Count what the order cost in its operation, if it has one that is open."""
    operation = books.operations.get(order.operation_id)
    if operation is None or order.purpose in TREASURY:
        return books
    charged = replace(
        operation,
        net_lamports=operation.net_lamports + net_of(record.postings),
        fees=_add_fees(operation.fees, record.settlement),
    )
    return replace(books, operations=books.operations | {operation.id: charged})


def _add_fees(fees: dict[str, int], settlement: Settlement | None) -> dict[str, int]:
    if settlement is None:
        return fees
    return fees | {kind: fees.get(kind, 0) + lamports for kind, lamports in settlement.fees.items()}


def _bought(books: Books, order: Order, record: OrderSettled, settlement: Settlement) -> Books:
    reserves = settlement.reserves
    price = reserves.price if reserves else -settlement.quote_lamports / settlement.tokens
    operation = books.operations.get(order.operation_id)
    first = operation is None
    cost = -settlement.quote_lamports + sum(settlement.fees.get(kind, 0) for kind in MARKET_FEES)
    if operation is None:
        operation = Operation(
            id=order.operation_id,
            mint=order.mint,
            symbol=order.symbol,
            opened_at_s=settlement.at_s,
            entry_price=price,
            token_2022=order.token_2022,
            creator=order.creator,
            insiders=frozenset(order.insiders),
            entry_lamports=cost,
            reentry_start_lamports=books.balance(Role.REENTRY),
        )
    bought = replace(
        operation,
        holdings=_hold(operation.holdings, order.role, settlement.tokens),
        bought_tokens=operation.bought_tokens + settlement.tokens,
        cost_lamports=operation.cost_lamports + cost,
        net_lamports=operation.net_lamports + net_of(record.postings),
        fees=_add_fees(operation.fees, settlement),
        rent_lamports=operation.rent_lamports + settlement.rent_lamports,
        entries=(*operation.entries, (settlement.at_s, price, settlement.tokens)),
        reserves=reserves or operation.reserves,
    )
    books = replace(books, operations=books.operations | {operation.id: bought})
    if order.venue is not None:
        made = accumulator(order.role, order.generation, order.venue)
        books = replace(books, accumulators=books.accumulators | {made})
    return replace(books, used_in_generation=books.used_in_generation + 1) if first else books


def _sold(books: Books, order: Order, record: OrderSettled, settlement: Settlement) -> Books:
    operation = books.operations.get(order.operation_id)
    if operation is None:
        return _recovered(books, order, settlement)
    market_fees = sum(settlement.fees.get(kind, 0) for kind in MARKET_FEES)
    fill = ExitFill(
        at_s=settlement.at_s,
        reason=order.reason or ExitReason.OPERATOR,
        role=order.role,
        tokens=-settlement.tokens,
        proceeds_lamports=settlement.quote_lamports - market_fees,
        price=settlement.reserves.price if settlement.reserves else settlement.quote_lamports / -settlement.tokens,
    )
    sold = replace(
        operation,
        holdings=_hold(operation.holdings, order.role, settlement.tokens),
        net_lamports=operation.net_lamports + net_of(record.postings),
        fees=_add_fees(operation.fees, settlement),
        rent_lamports=operation.rent_lamports + settlement.rent_lamports,
        exits=(*operation.exits, fill),
        levels_done=tuple(sorted({*operation.levels_done, *order.levels})),
        failed_exits=0,
        failed={role: failed for role, failed in operation.failed.items() if role is not order.role},
        reserves=settlement.reserves or operation.reserves,
    )
    return replace(books, operations=books.operations | {operation.id: sold})


def _recovered(books: Books, order: Order, settlement: Settlement) -> Books:
    """What was unsellable is sold at last; nothing of it is left to try when its last wallet is empty."""
    remainder = books.remainders.get(order.operation_id)
    if remainder is None:
        return books  # a sale of something nobody kept in mind: postings alone
    holdings = _hold(remainder.holdings, order.role, settlement.tokens)
    others = {key: one for key, one in books.remainders.items() if key != remainder.operation_id}
    if not holdings:
        return replace(books, remainders=others)
    return replace(books, remainders=others | {remainder.operation_id: replace(remainder, holdings=holdings)})


def _hold(holdings: dict[Role, int], role: Role, change: int) -> dict[Role, int]:
    # A sale takes the whole live balance, dust that others sent included: nothing less than nothing is held.
    held = max(holdings.get(role, 0) + change, 0)
    rest = {r: tokens for r, tokens in holdings.items() if r is not role}
    return rest | {role: held} if held else rest


def close_operation(books: Books, record: OperationClosed) -> Books:
    """The books after an operation became flat: militia, day's result, memories. Tax is due until it is settled."""
    operations = dict(books.operations)
    operation = operations.pop(record.operation_id, None)
    if operation is None:
        raise NeedsReconcile(f"operation {record.operation_id} was closed but is not open: the journal was altered")
    books = replace(
        books,
        operations=operations,
        closed=(*books.closed, _closed(operation, record)),
        held_until_s=books.held_until_s | {operation.mint: record.at_s},
        realised_today_lamports=books.realised_today_lamports + record.net_lamports,
        open_lamports=books.open_lamports if operations else 0,
        rents=_rents_after(books, operation, record),
        remainders=_remainders_after(books, operation, record),
    )
    if record.outside_statistics:
        return books
    militia = after_operation(books.militia_rule, books.militia, net_lamports=record.net_lamports, now_s=record.at_s)
    return replace(books, militia=militia)


def _remainders_after(books: Books, operation: Operation, record: OperationClosed) -> dict[str, Remainder]:
    if not operation.holdings:
        return books.remainders
    remainder = Remainder(
        operation_id=operation.id,
        mint=operation.mint,
        symbol=operation.symbol,
        left_at_s=record.at_s,
        generation=books.generation,
        token_2022=operation.token_2022,
        holdings=operation.holdings,
        rent_lamports=token_account_lamports(token_2022=operation.token_2022),
        reserves=operation.reserves,
        number=max(operation.numbers.values(), default=0),
    )
    return books.remainders | {operation.id: remainder}


def _rents_after(books: Books, operation: Operation, record: OperationClosed) -> dict[Role, int]:
    """Refundable rent by role once the accounts of an unsellable remainder are given up; each has the same rent."""
    lost = -sum(posting.lamports for posting in record.postings if posting.account == "rent")
    roles = sorted(operation.holdings)
    if not lost or not roles:
        return books.rents
    each, rest = divmod(lost, len(roles))
    shares = {role: each + (index < rest) for index, role in enumerate(roles)}
    return books.rents | {role: books.rents.get(role, 0) - lamports for role, lamports in shares.items()}


def _closed(operation: Operation, record: OperationClosed) -> ClosedOperation:
    return ClosedOperation(
        id=operation.id,
        mint=operation.mint,
        symbol=operation.symbol,
        opened_at_s=operation.opened_at_s,
        closed_at_s=record.at_s,
        net_lamports=record.net_lamports,
        cost_lamports=record.cost_lamports,
        proceeds_lamports=record.proceeds_lamports,
        reason=record.reason,
        fees=operation.fees,
        exits=operation.exits,
        entries=operation.entries,
        panic=operation.panic,
        proceeds_role=_proceeds_role(operation),
        settled=record.outside_statistics,
        outside_statistics=record.outside_statistics,
    )


def _proceeds_role(operation: Operation) -> Role:
    """The wallet holding most proceeds at the close; after a panic they were moved to tactical_exit."""
    if operation.panic is not None:
        return Role.TACTICAL_EXIT
    proceeds: dict[Role, int] = {}
    for fill in operation.exits:
        proceeds[fill.role] = proceeds.get(fill.role, 0) + fill.proceeds_lamports
    return max(proceeds, key=lambda role: proceeds[role]) if proceeds else Role.LIGHTNING
