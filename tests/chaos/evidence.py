"""What a state directory proves, read beside the product or after its end and never written: journal, paper chain."""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from core.ledger.books import Books
from core.ledger.fold import apply
from core.messages import Order, Settlement
from core.records import AnyRecord, EntryDecided, OrderIntended, OrderSettled, OrderSigned
from core.types import Purpose, Role, Side

_record = msgspec.json.Decoder(AnyRecord)
_order = msgspec.json.Decoder(Order)
_settlement = msgspec.json.Decoder(Settlement)


class Journal(Struct):
    """The journal at one moment: its rows as they stand on disk, the records, and what they fold to."""

    rows: list[tuple[int, str, int]]
    """Sequence number, text, checksum."""
    records: list[AnyRecord]
    books: Books


class Follower:
    """Reads a journal that a process is writing."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        self.journal = Journal([], [], Books())

    def look(self) -> Books:
        """The books as they are on disk now."""
        journal = self.journal
        last = journal.rows[-1][0] if journal.rows else 0
        for row in self._db.execute("SELECT seq, body, checksum FROM entry WHERE seq > ? ORDER BY seq", (last,)):
            record = _record.decode(row[1])
            journal.rows.append(row)
            journal.records.append(record)
            journal.books = apply(journal.books, record)
        return journal.books

    def close(self) -> None:
        self._db.close()


def journal_of(state: Path, copy: Path) -> Journal:
    """The journal of a process that is dead, from a copy: looking must not repair what a restart has to find."""
    copy.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal"):
        (copy / f"journal.db{suffix}").unlink(missing_ok=True)
        source = state / f"journal.db{suffix}"
        if source.exists():
            shutil.copy(source, copy / source.name)
    # Once with the right to write: that takes the log beside it into the file, which a reader alone cannot.
    db = sqlite3.connect(copy / "journal.db")
    db.execute("SELECT count(*) FROM entry")
    db.close()
    follower = Follower(copy / "journal.db")
    follower.look()
    follower.close()
    return follower.journal


def landings_of(state: Path) -> list[tuple[Order, Settlement]]:
    """What landed on the paper chain, in order."""
    db = sqlite3.connect(f"file:{state / 'paper.db'}?mode=ro", uri=True)
    try:
        rows = db.execute('SELECT "order", settlement FROM landing ORDER BY seq').fetchall()
    finally:
        db.close()
    return [(_order.decode(order), _settlement.decode(settlement)) for order, settlement in rows]


def faults(journal: Journal, landings: list[tuple[Order, Settlement]]) -> Iterator[str]:
    """Everything that was done twice, lost or made up; nothing when all is well."""
    yield from _order_faults(journal)
    yield from _booking_faults(journal, landings)
    yield from _token_faults(journal.books, landings)


def _order_faults(journal: Journal) -> Iterator[str]:
    intended = Counter(one.order.id for one in journal.records if isinstance(one, OrderIntended))
    signed = Counter(one.order_id for one in journal.records if isinstance(one, OrderSigned))
    settled = Counter(one.order_id for one in journal.records if isinstance(one, OrderSettled))
    admitted = Counter(one.order_id for one in journal.records if isinstance(one, EntryDecided) and one.admitted)
    for name, counted in (("intended", intended), ("signed", signed), ("settled", settled), ("admitted", admitted)):
        yield from (f"order {order_id} was {name} {times} times" for order_id, times in counted.items() if times > 1)
    yield from (f"order {order_id} was settled and never intended" for order_id in settled.keys() - intended.keys())
    entries = {
        one.order.id
        for one in journal.records
        if isinstance(one, OrderIntended) and one.order.purpose in (Purpose.ENTRY, Purpose.REENTRY)
    }
    yield from (f"order {order_id} buys and was never admitted" for order_id in entries - admitted.keys())
    lost = intended.keys() - settled.keys() - journal.books.orders.keys()
    yield from (f"order {order_id} was intended and forgotten" for order_id in lost)


def _booking_faults(journal: Journal, landings: list[tuple[Order, Settlement]]) -> Iterator[str]:
    """Each landing is booked once, each booking landed, and what landed is what was signed."""
    orders = {one.order.id: one.order for one in journal.records if isinstance(one, OrderIntended)}
    booked = [one.settlement for one in journal.records if isinstance(one, OrderSettled) and one.settlement is not None]
    times = Counter(one.signature for one in booked)
    landed = {settlement.signature: (order, settlement) for order, settlement in landings}
    if len(landed) != len(landings):
        yield "a signature landed twice"
    yield from (f"{signature} was booked {count} times" for signature, count in times.items() if count > 1)
    yield from (f"{signature} was booked and never landed" for signature in times.keys() - landed.keys())
    waiting = {one.signature for one in journal.books.orders.values()}
    yield from (f"{signature} landed and was never booked" for signature in landed.keys() - times.keys() - waiting)
    for one in booked:
        order, settlement = landed.get(one.signature, (None, None))
        if settlement is not None and settlement != one:
            yield f"{one.signature} was booked otherwise than it landed"
        if order is not None and orders.get(order.id) != order:
            yield f"{one.signature} landed with another order than was intended"


def _token_faults(books: Books, landings: list[tuple[Order, Settlement]]) -> Iterator[str]:
    held: dict[str, dict[Role, int]] = {}
    filled: Counter[str] = Counter()
    for order, settlement in landings:
        if not settlement.tokens:
            continue
        roles = held.setdefault(order.mint, {})
        roles[order.role] = roles.get(order.role, 0) + settlement.tokens
        if roles[order.role] < 0:
            yield f"{settlement.signature} sold {-roles[order.role]} token units more of {order.mint} than were bought"
        if order.side is Side.BUY and order.purpose is Purpose.ENTRY:
            filled[order.operation_id] += 1
    yield from (f"operation {one} was bought {times} times" for one, times in filled.items() if times > 1)
    chain = {mint: {role: n for role, n in roles.items() if n} for mint, roles in held.items() if any(roles.values())}
    holdings = {left.mint: left.holdings for left in books.remainders.values()}
    holdings |= {op.mint: op.holdings for op in books.operations.values()}
    booked = {mint: {role: n for role, n in roles.items() if n} for mint, roles in holdings.items()}
    if chain != {mint: roles for mint, roles in booked.items() if roles} and not books.orders:
        yield f"the books hold {booked}, the landings leave {chain}"
