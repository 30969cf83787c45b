"""Are the books right? Every record balances, every tax is exact, and the books equal the chain, lamport by lamport."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from msgspec import Struct

from core.errors import NeedsReconcile
from core.ledger.books import Books
from core.ledger.fold import apply
from core.ledger.postings import balance_of
from core.messages import Settlement
from core.records import (
    AnyRecord,
    CapitalOpened,
    Entry,
    ExternalReceived,
    OperationClosed,
    OperationSettled,
    OrderIntended,
    OrderSettled,
    RunStarted,
)
from core.rules.psychology import PsychologyRule
from core.types import Purpose, Role, Side

MOVES = (CapitalOpened, OperationClosed, OrderSettled, ExternalReceived)
"""Records that carry postings."""


class Finding(NamedTuple):
    """One thing that is wrong: where, and by how much."""

    where: str
    what: str


class ChainState(Struct, frozen=True, kw_only=True):
    """What a chain, paper or real, says of us."""

    accounts: Mapping[str, int]
    """Lamports by the books' account names: `wallet:<role>` and `rent`."""
    holdings: Mapping[str, Mapping[Role, int]]
    """Tokens by mint and role."""
    landed: Mapping[str, Settlement] = {}
    """What became of the orders that the books have not settled, by signature: a crash fell between the two."""


class Audit(Struct, frozen=True, kw_only=True):
    books: Books
    entries: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.findings


def audit(entries: Iterable[Entry], chain: ChainState | None) -> Audit:
    """Fold the journal and compare. Without a chain only the journal itself is checked."""
    books, count, findings = Books(), 0, list[Finding]()
    taxes = Taxes()
    booked: set[str] = set()
    for entry in entries:
        count += 1
        findings += _check_entry(entry)
        taxes.see(books, entry.record)
        if isinstance(entry.record, OrderSettled):
            findings += _check_order(books, entry.seq, entry.record, booked)
        try:
            books = apply(books, entry.record)
        except (NeedsReconcile, KeyError) as error:
            findings.append(Finding(f"entry {entry.seq}", str(error)))
            break
    findings += taxes.findings(books)
    if total := sum(books.accounts.values()):
        findings.append(Finding("books", f"all accounts together hold {total} lamports instead of 0"))
    if chain is not None:
        findings += differences(books, chain)
    return Audit(books=books, entries=count, findings=tuple(findings))


def _check_entry(entry: Entry) -> Iterator[Finding]:
    record = entry.record
    if isinstance(record, MOVES) and (off := balance_of(record.postings)):
        yield Finding(f"entry {entry.seq}", f"the postings sum to {off} lamports instead of 0")


def _check_order(books: Books, seq: int, record: OrderSettled, booked: set[str]) -> Iterator[Finding]:
    opened = books.orders.get(record.order_id)
    if opened is None or record.settlement is None:
        return
    order = opened.order
    if record.settlement.signature in booked:
        yield Finding(f"entry {seq}", f"signature {record.settlement.signature} was booked twice")
    booked.add(record.settlement.signature)
    if record.outcome != "filled":
        return
    if order.side is Side.SELL and -record.settlement.tokens > order.tokens:
        yield Finding(f"entry {seq}", f"order {order.id} sold more than it was to sell")


class Taxes:
    """What psychology got for each operation, and by which share: that of the run in which the transfer was intended.

    Counted in fractions, apart from `core.rules.psychology`, whose transfers it is to check.
    """

    def __init__(self) -> None:
        self._share = Fraction(str(PsychologyRule().tax_share))
        self._paid: dict[str, int] = {}
        self._shares: dict[str, Fraction] = {}

    def see(self, books: Books, record: AnyRecord) -> None:
        """One more record; `books` as they were before it."""
        match record:
            case RunStarted():
                self._share = Fraction(str(record.psychology.tax_share))
            case OrderIntended(order=order) if order.purpose is Purpose.TAX:
                self._shares[order.operation_id] = self._share
            case OperationSettled():
                self._shares.setdefault(record.operation_id, self._share)
            case OrderSettled(outcome="filled", settlement=Settlement() as done):
                opened = books.orders.get(record.order_id)
                if opened is not None and opened.order.purpose is Purpose.TAX:
                    operation_id = opened.order.operation_id
                    gain = done.changes.get(Role.PSYCHOLOGY, 0)
                    self._paid[operation_id] = self._paid.get(operation_id, 0) + gain
            case _:
                pass

    def findings(self, books: Books) -> Iterator[Finding]:
        """Settled operations whose tax is not what it should be."""
        for op in books.closed:
            if not op.settled or op.outside_statistics:
                continue
            paid, due = self._paid.get(op.id, 0), ceil(max(op.net_lamports, 0) * self._shares[op.id])
            if paid != due:
                yield Finding(op.id, f"psychology got {paid} lamports of a net of {op.net_lamports}, due {due}")


def differences(books: Books, chain: ChainState) -> Iterator[Finding]:
    """What the books and the chain say otherwise: lamports by account, tokens by mint and role."""
    accounts, held = _expected(books, chain)
    for account in [*(f"wallet:{role}" for role in Role), "rent"]:
        book, real = accounts.get(account, 0), chain.accounts.get(account, 0)
        if book != real:
            yield Finding(account, f"the books say {book} lamports, the chain {real}: {real - book:+d}")
    for mint in sorted({*held, *chain.holdings}):
        ours, theirs = held.get(mint, {}), dict(chain.holdings.get(mint, {}))
        if ours != theirs:
            yield Finding(f"token {mint}", f"the books say {ours}, the chain {theirs}")


def _expected(books: Books, chain: ChainState) -> tuple[dict[str, int], dict[str, dict[Role, int]]]:
    """Lamports and tokens that the chain should show: the books, and what landed before they could write it."""
    accounts = dict(books.accounts)
    held = {left.mint: dict(left.holdings) for left in books.remainders.values()}
    held |= {op.mint: dict(op.holdings) for op in books.operations.values()}
    # What is booked as lost is locked on the chain for as long as the unsellable tokens lie there.
    written_off = sum(one.rent_lamports * len(one.holdings) for one in books.remainders.values())
    accounts["rent"] = accounts.get("rent", 0) + written_off
    for opened in books.orders.values():
        settlement = chain.landed.get(opened.signature)
        if settlement is None:
            continue
        order = opened.order
        accounts["rent"] = accounts.get("rent", 0) + settlement.rent_lamports
        for role, change in settlement.changes.items():
            accounts[f"wallet:{role}"] = accounts.get(f"wallet:{role}", 0) + change
        if settlement.tokens:
            roles = held.setdefault(order.mint, {})
            roles[order.role] = roles.get(order.role, 0) + settlement.tokens
    return accounts, {m: {r: t for r, t in roles.items() if t} for m, roles in held.items() if any(roles.values())}
