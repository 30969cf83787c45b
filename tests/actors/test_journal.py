"""The journal actor as others see it: what it wrote, what it waits for, why it writes no more."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from msgspec.structs import replace

from actors.adapters.emergency_segment import EmergencySegment
from actors.adapters.journal_store import JournalStore
from actors.journal import JournalActor, JournalView
from actors.services import Services
from actors.system import System
from actors.tree import Branch, Worker
from core.chain.decode import Decoder
from core.errors import Fatal
from core.ledger.books import Books, OpenOrder
from core.market.tape import Tape
from core.messages import Append, Order
from core.records import EntriesPaused, OrderSettled
from core.settings import Settings
from core.state.market_now import MarketNow
from core.types import Purpose, Role, Side

WAIT_S = 10.0
NOBODY: Any = None
EXIT = Order(
    id="exit.op1.lightning.1",
    purpose=Purpose.EXIT,
    role=Role.LIGHTNING,
    payer=Role.LIGHTNING,
    operation_id="op1",
    mint="M",
    side=Side.SELL,
)


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    services = Services(
        settings=Settings(),
        market=MarketNow(),
        feed=NOBODY,
        backend=NOBODY,
        accounts=NOBODY,
        decoder=Decoder(),
        tape=Tape(),
        open_journal=lambda: (JournalStore(tmp_path / "journal.db"), Books()),
        opening=lambda _: (),
        paced=False,
        source_waits=False,
    )
    system = System(services=services)
    system.start(Branch(name="root", children=(Worker(name="journal", actor=JournalActor),)))
    yield system
    system.stop()


@pytest.fixture
def spared(tmp_path: Path) -> Iterator[System]:
    """A journal with an emergency segment and an exit on its way; its file takes nothing."""
    path = tmp_path / "journal.db"
    books = replace(Books(), orders={"exit.op1.lightning.1": OpenOrder(order=EXIT, at_s=1.0)})
    services = Services(
        settings=Settings(),
        market=MarketNow(),
        feed=NOBODY,
        backend=NOBODY,
        accounts=NOBODY,
        decoder=Decoder(),
        tape=Tape(),
        open_journal=lambda: (JournalStore(path, EmergencySegment(tmp_path / "journal.emergency")), books),
        opening=lambda _: (),
        paced=False,
        source_waits=False,
    )
    system = System(services=services)
    system.start(Branch(name="root", children=(Worker(name="journal", actor=JournalActor),)))
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE entry")
    other.close()
    yield system
    system.stop()


def test_while_something_is_held_the_journal_goes_on_apart_and_entries_stop(spared: System):
    append(spared)
    append(spared)

    market = spared.services.market  # type: ignore[attr-defined]  # the services of this test
    assert "exits are set apart" in market.hindrances["journal"]
    assert (incarnation(spared), state(spared)) == (1, "alive")
    assert "no such table" in view(spared).failure


def test_once_nothing_is_held_a_journal_that_takes_nothing_ends(spared: System):
    append(spared)
    settled = OrderSettled(at_s=2.0, order_id=EXIT.id, outcome="expired", error="absent", settlement=None, postings=())

    spared.directory.ask("journal", Append(records=(settled,), durable=True), WAIT_S)

    deadline = gevent.Timeout.start_new(WAIT_S)
    while incarnation(spared) == 1:
        gevent.sleep(0.001)
    deadline.close()
    assert incarnation(spared) > 1


def append(system: System) -> object:
    record = EntriesPaused(at_s=1.0, by="test", why="because")
    return system.directory.ask("journal", Append(records=(record,), durable=True), WAIT_S)


def incarnation(system: System) -> int:
    snapshot = system.directory.snapshot("journal")
    return 0 if snapshot is None else snapshot.incarnation


def state(system: System) -> str:
    snapshot = system.directory.snapshot("journal")
    return "" if snapshot is None else snapshot.state


def view(system: System) -> JournalView:
    snapshot = system.directory.snapshot("journal")
    assert snapshot is not None
    assert isinstance(snapshot.view, JournalView)
    return snapshot.view


def test_a_journal_that_writes_shows_no_failure_and_nothing_that_waits(system: System):
    append(system)

    shown = view(system)

    assert (shown.seq, shown.appends, shown.waiting) == (1, 1, 0)
    assert (shown.failure, shown.oldest_wait_s) == ("", None)


def test_while_the_disk_takes_nothing_the_age_of_the_oldest_durable_append_is_shown(system: System, tmp_path: Path):
    other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    asked = [gevent.spawn(append, system) for _ in range(2)]
    while view(system).waiting < 2:
        gevent.sleep(0.001)
    first = view(system).oldest_wait_s
    gevent.sleep(0.001)
    second = view(system).oldest_wait_s
    other.execute("ROLLBACK")
    other.close()
    gevent.joinall(asked, timeout=WAIT_S, raise_error=True)

    assert first is not None
    assert second is not None
    assert second > first
    assert (view(system).waiting, view(system).oldest_wait_s) == (0, None)
    assert len(view(system).set_aside) == 0
    assert view(system).commit_p99_s is not None


def test_a_journal_that_cannot_write_says_why_and_is_opened_anew_until_it_can(system: System, tmp_path: Path):
    with sqlite3.connect(tmp_path / "journal.db") as other:
        other.execute("DROP TABLE entry")
    other.close()

    with pytest.raises(Fatal, match="cannot write"):
        append(system)
    deadline = gevent.Timeout.start_new(WAIT_S)
    while incarnation(system) == 1 or state(system) != "alive":
        gevent.sleep(0.001)
    deadline.close()

    assert "no such table" in view(system).failure
    assert (view(system).waiting, view(system).oldest_wait_s) == (0, None)

    append(system)

    assert view(system).failure == ""
