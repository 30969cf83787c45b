"""The journal actor as others see it: what it wrote, what it waits for, why it writes no more."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from actors.adapters.journal_store import JournalStore
from actors.journal import JournalActor, JournalView
from actors.services import Services
from actors.system import System
from actors.tree import Branch, Worker
from core.chain.decode import Decoder
from core.errors import Fatal
from core.ledger.books import Books
from core.market.tape import Tape
from core.messages import Append
from core.records import EntriesPaused
from core.settings import Settings
from core.state.market_now import MarketNow

WAIT_S = 10.0
NOBODY: Any = None


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
