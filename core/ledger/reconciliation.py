"""Book and chain brought together: what the books must still learn of the chain, as records in the order they apply.

Asked at a start, before the first command, and again while nothing is under way. Decides nothing that needs a person:
what only another process can have done, and what nothing explains, stops entries until the operator resumes. Exits
need none of this and go on.
"""

from msgspec import Struct

from core.chain_records import ChainReconciled, ForeignSeen, UnjournaledFound
from core.ledger.books import Books, OpenOrder
from core.ledger.chain_view import ChainView, FoundTransaction
from core.ledger.fold import apply
from core.ledger.postings import of_settlement
from core.ledger.receipts import receipt_record
from core.ledger.unjournaled import adopted, booked_sale, moved
from core.messages import Settlement
from core.record import Posting
from core.records import AnyRecord, EntriesPaused, OrderSettled, RotationFinished, RotationStarted
from core.types import Role, Side

BY = "reconciliation"


class Reconciled(Struct, frozen=True, kw_only=True):
    """`books` are those after `records`."""

    records: tuple[AnyRecord, ...]
    books: Books
    findings: tuple[str, ...]
    """What nothing explains, or only another process with our keys; each stops entries."""

    @property
    def ok(self) -> bool:
        return not self.findings


class _Pen:
    """Writes records and keeps the books that they make."""

    def __init__(self, books: Books, at_s: float) -> None:
        self.books = books
        self.at_s = max(at_s, books.at_s)
        self.records: list[AnyRecord] = []
        self.findings: list[str] = []

    def write(self, *records: AnyRecord) -> None:
        for record in records:
            self.books = apply(self.books, record)
            self.records.append(record)


def reconcile(books: Books, view: ChainView) -> Reconciled:
    """What the books lack. Raises ValueError where a settlement does not add up: then nothing may be booked."""
    pen = _Pen(books, view.at_s)
    for opened in tuple(books.orders.values()):
        settlement = view.outcomes.get(opened.signature) if opened.signature else None
        if settlement is not None:
            pen.write(settled(opened, settlement, at_s=pen.at_s))
    _generations(pen, view)
    known = frozenset(books.signatures)
    for found in view.transactions:
        if found.signed and found.settlement.signature not in known:
            _unjournaled(pen, found)
    _tokens(pen, view)
    _lamports(pen, view)
    if pen.findings and not pen.books.paused:
        pen.write(EntriesPaused(at_s=pen.at_s, by=BY, why="; ".join(pen.findings)))
    if pen.records or view.slot > books.reconciled_slot:
        pen.write(ChainReconciled(at_s=pen.at_s, slot=view.slot, findings=tuple(pen.findings)))
    return Reconciled(records=tuple(pen.records), books=pen.books, findings=tuple(pen.findings))


def settled(opened: OpenOrder, settlement: Settlement, *, at_s: float) -> OrderSettled:
    """The end of an order whose transaction is in a block: filled or failed by the chain's own error alone."""
    return OrderSettled(
        at_s=at_s,
        order_id=opened.order.id,
        outcome="failed" if settlement.error else "filled",
        error=settlement.error,
        settlement=settlement,
        postings=of_settlement(opened.order, settlement),
    )


def rent_of_ours(books: Books, view: ChainView) -> dict[Role, int]:
    """Refundable rent by role; accounts that others made for tokens we never bought are theirs."""
    rents = dict(view.accumulators)
    ours = our_mints(books)
    for one in view.held:
        if one.mint in ours:
            rents[one.role] = rents.get(one.role, 0) + one.rent_lamports
    return {role: lamports for role, lamports in rents.items() if lamports}


def our_mints(books: Books) -> frozenset[str]:
    """Tokens that we hold or ever held."""
    held = {op.mint for op in books.operations.values()} | {left.mint for left in books.remainders.values()}
    buying = {opened.order.mint for opened in books.orders.values() if opened.order.mint}
    return frozenset(held | buying | books.held_until_s.keys())


def booked_tokens(books: Books) -> dict[str, dict[Role, int]]:
    """What the books say we hold, without what others sent."""
    held: dict[str, dict[Role, int]] = {}
    for mint, holdings in (
        *((left.mint, left.holdings) for left in books.remainders.values()),
        *((op.mint, op.holdings) for op in books.operations.values()),
    ):
        roles = held.setdefault(mint, {})
        for role, tokens in holdings.items():
            roles[role] = roles.get(role, 0) + tokens
    return held


def _generations(pen: _Pen, view: ChainView) -> None:
    """Our wallets live in a generation that the books have not heard of: its rotation is booked as done."""
    while pen.books.rotation is None and pen.books.generation < view.generation:
        following = pen.books.generation + 1
        pen.write(
            RotationStarted(at_s=pen.at_s, to_generation=following, by=BY),
            RotationFinished(at_s=pen.at_s, generation=following),
        )
        pen.findings.append(f"the wallets are of generation {following}, whose rotation was never journaled")


def _unjournaled(pen: _Pen, found: FoundTransaction) -> None:
    """Book what it did, by orders of its own where it traded a token, and stop entries."""
    settlement, operation = found.settlement, pen.books.operation_of(found.mint)
    what, postings, rents = "", moved(found), _rents(found)
    if not settlement.error and found.side is Side.BUY and settlement.tokens > 0:
        what = f"bought {settlement.tokens} of {found.mint}: adopted, to be sold"
        pen.write(*adopted(pen.books, found, at_s=pen.at_s, why=what))
        postings, rents = (), {}
    elif not settlement.error and found.side is Side.SELL and operation is not None:
        what = f"sold {-settlement.tokens} of {found.mint}"
        pen.write(*booked_sale(pen.books, operation, found, at_s=pen.at_s))
        postings, rents = (), {}
    else:
        changes = ", ".join(f"{role} {change:+d}" for role, change in sorted(settlement.changes.items()) if change)
        what = f"moved {changes or 'no'} lamports"
    pen.write(
        UnjournaledFound(
            at_s=pen.at_s,
            signature=settlement.signature,
            slot=settlement.slot,
            error=settlement.error,
            what=what,
            postings=postings,
            rents=rents,
        )
    )
    pen.findings.append(f"transaction {settlement.signature} of our keys was never journaled: it {what}")


def _rents(found: FoundTransaction) -> dict[Role, int]:
    rent = found.settlement.rent_lamports
    return {found.role: rent} if rent else {}


def _tokens(pen: _Pen, view: ChainView) -> None:
    """Tokens that nobody bought are foreign; booked ones that are gone without a transaction are a finding."""
    books, chain, booked = pen.books, view.tokens(), booked_tokens(pen.books)
    moving = {opened.order.mint for opened in books.orders.values()}
    for mint in sorted(({*chain, *booked, *books.foreign}) - moving):
        for role in Role:
            held = chain.get(mint, {}).get(role, 0)
            ours = booked.get(mint, {}).get(role, 0)
            foreign = max(held - ours, 0)
            if foreign != books.foreign.get(mint, {}).get(role, 0):
                pen.write(ForeignSeen(at_s=pen.at_s, mint=mint, role=role, tokens=foreign))
            if held < ours:
                pen.findings.append(f"token {mint}: the books say {role} holds {ours}, the chain {held}")


def _lamports(pen: _Pen, view: ChainView) -> None:
    """What others sent is booked to `external`. Nothing is said while an order's outcome may be the reason."""
    books = pen.books
    if books.orders:
        return
    receipt = receipt_record(books, view.lamports, at_s=pen.at_s)
    if receipt is not None:
        pen.write(receipt)
    for role in Role:
        booked, real = pen.books.balance(role), view.lamports.get(role, 0)
        if real < booked:
            _unexplained(pen, view, f"wallet:{role}", booked, real)
    rents, written_off = rent_of_ours(pen.books, view), written_off_lamports(pen.books)
    for role in Role:
        booked = pen.books.rents.get(role, 0) + written_off.get(role, 0)
        if booked != rents.get(role, 0):
            _unexplained(pen, view, f"rent of {role}", booked, rents.get(role, 0), role=role)


def _unexplained(pen: _Pen, view: ChainView, where: str, booked: int, real: int, *, role: Role | None = None) -> None:
    """Book what nothing explains, so that the books equal the chain again, and stop entries over it."""
    what = f"{where}: the books say {booked} lamports, the chain {real}: {real - booked:+d}"
    account, change = where if role is None else "rent", real - booked
    pen.write(
        UnjournaledFound(
            at_s=pen.at_s,
            signature="",
            slot=view.slot,
            error="",
            what=what,
            postings=(Posting(account, change), Posting("unjournaled", -change)),
            rents={} if role is None else {role: change},
        )
    )
    pen.findings.append(what)


def written_off_lamports(books: Books) -> dict[Role, int]:
    """Rent that is booked as lost and locked on the chain for as long as the unsellable tokens lie there, by role."""
    lost: dict[Role, int] = {}
    for one in books.remainders.values():
        for role in one.holdings:
            lost[role] = lost.get(role, 0) + one.rent_lamports
    return lost
