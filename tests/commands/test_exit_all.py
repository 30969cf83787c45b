"""Everything that we bought is sold with nothing but keys and a node; what others sent is left alone."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from actors.adapters import journal_reading
from actors.adapters.journal_store import JournalStore
from commands.carrying import Ledger
from commands.exit_all import Sale, Seller
from core.chain.rent import TOKEN_2022_ACCOUNT_LAMPORTS
from core.ledger.books import Books
from core.ledger.fold import fold
from core.ledger.reconciliation import reconcile
from core.records import OperationClosed, Posting
from core.settings import Settings
from core.types import ExitReason, Role
from tests.actors.adapters.onchain.street import SOL, Street, buy


@pytest.fixture
def street() -> Iterator[Street]:
    made = Street()
    yield made
    made.close()


def sales(street: Street, ledger: Ledger | None = None) -> list[Sale]:
    """As the command does it, while slots pass."""

    def tick() -> None:
        while True:
            gevent.sleep(0.02)
            street.pass_slots()

    seller = Seller(Settings(), street.rpc, street.wallets, 0, ledger)
    ticking = gevent.spawn(tick)
    try:
        return list(seller.sales())
    finally:
        ticking.kill()


def sold(street: Street, ledger: Ledger | None = None) -> list[tuple[Role, bool]]:
    return [(sale.held.role, sale.is_sold) for sale in sales(street, ledger)]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def ledger_of(street: Street, journal: Path) -> Ledger:
    """What the street's executor would have written, as a journal on disk."""
    store = JournalStore(journal)
    store.append(street.records, durable=True).get()
    return Ledger((store, street.books))


def refolded(ledger: Ledger, journal: Path) -> Books:
    ledger.close()
    return fold(journal_reading.read(journal).entries)


def test_what_we_bought_is_sold(street: Street):
    street.done(buy(street, lamports=SOL // 20))
    street.pass_slots(6)

    assert sold(street) == [(Role.LIGHTNING, True)]
    assert street.tokens_of(Role.LIGHTNING) == 0


def test_with_the_live_journal_the_sale_is_an_order_as_ever(street: Street, journal: Path):
    """So that neither the audit nor the next start meets a transaction of our keys that nobody journaled."""
    street.done(buy(street, lamports=SOL // 20))
    street.pass_slots(6)
    ledger = ledger_of(street, journal)

    (sale,) = sales(street, ledger)
    street.pass_slots(6)
    books = refolded(ledger, journal)

    assert (sale.is_sold, sale.is_journaled) == (True, True)
    assert books.operations["op1"].holdings == {}
    assert [fill.reason for fill in books.operations["op1"].exits] == [ExitReason.OPERATOR]
    found = reconcile(books, street.view())
    assert (found.ok, found.findings) == (True, ())


def test_what_was_written_off_is_recovered_by_it(street: Street, journal: Path):
    street.done(buy(street, lamports=SOL // 20))
    rent = TOKEN_2022_ACCOUNT_LAMPORTS
    operation = street.books.operations["op1"]
    street.write(
        OperationClosed(
            at_s=4.0,
            operation_id="op1",
            mint=street.mint,
            symbol="TINY",
            opened_at_s=operation.opened_at_s,
            net_lamports=operation.net_lamports - rent,
            cost_lamports=operation.cost_lamports,
            proceeds_lamports=0,
            reason=ExitReason.HONEYPOT,
            postings=(Posting("rent", -rent), Posting("rent_lost", rent)),
            unsellable_tokens=operation.tokens,
        )
    )
    street.pass_slots(6)
    ledger = ledger_of(street, journal)

    assert sold(street, ledger) == [(Role.LIGHTNING, True)]
    street.pass_slots(6)
    books = refolded(ledger, journal)

    assert books.remainders == {}
    assert books.accounts["recovered"] < 0
    assert books.accounts["rent_lost"] == 0
    assert reconcile(books, street.view()).ok


def test_a_disk_that_takes_nothing_keeps_nobody_from_selling(street: Street, journal: Path):
    street.done(buy(street, lamports=SOL // 20))
    street.pass_slots(6)
    ledger = ledger_of(street, journal)
    full = sqlite3.OperationalError("database or disk is full")
    assert ledger._store is not None
    ledger._store._writer.failure = full  # as after a commit that failed

    (sale,) = sales(street, ledger)

    assert (sale.is_sold, sale.is_journaled) == (True, False)
    assert street.tokens_of(Role.LIGHTNING) == 0
    ledger.close()


def test_what_others_sent_is_left_alone(street: Street):
    street.dusts(Role.REENTRY, 1_000_000)
    street.pass_slots(6)

    assert sold(street) == []
    assert street.tokens_of(Role.REENTRY) == 1_000_000


def test_an_airdropped_token_is_foreign_and_changes_nothing_else(street: Street):
    street.dusts(Role.REENTRY, 7)

    found = street.compared()

    assert found.ok
    assert found.books.foreign == {street.mint: {Role.REENTRY: 7}}
    assert found.books.operations == {}
    assert found.books.flat_equity_lamports() == sum(found.books.start_lamports.values())
