"""When the journal's thread is woken, how little it asks of the interpreter then, and who waits for it how."""

import sqlite3
from _queue import SimpleQueue
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import gevent
import pytest
from gevent.monkey import get_original

from actors.adapters import journal_writer as module
from actors.adapters.journal_store import JournalStore
from actors.adapters.journal_writer import GATHERED
from actors.adapters.write_ahead import WriteAhead
from core.errors import Fatal
from core.records import EntriesPaused

native_sleep = get_original("time", "sleep")
native_lock: Callable[[], Any] = get_original("_thread", "allocate_lock")
WAIT_S = 10.0


class Reports:
    """What the thread reports, and how often the hub itself waited for that."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Any] = SimpleQueue()
        self.waits = 0
        self.put, self.get_nowait = self.queue.put, self.queue.get_nowait

    def get(self, timeout: float) -> Any:
        self.waits += 1
        return self.queue.get(timeout=timeout)


class Disk:
    """Lets a commit go on when it may. `reports` of the store that writes to it."""

    def __init__(self, store: JournalStore) -> None:
        self.store = store
        self.gate = native_lock()
        self.reports = store._writer._reports = Reports()  # type: ignore[assignment]  # the same three calls

    def insert(self, insert: Callable[..., None], *given: Any, **named: Any) -> None:
        with self.gate:
            insert(*given, **named)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """With all the patience that a loaded machine may want."""
    monkeypatch.setattr(module, "PATIENCE_S", WAIT_S)
    disk = Disk(JournalStore(tmp_path / "journal.db"))
    insert = WriteAhead.insert
    monkeypatch.setattr(WriteAhead, "insert", lambda *given, **named: disk.insert(insert, *given, **named))
    yield disk
    disk.store.close()


def paused(number: int) -> EntriesPaused:
    return EntriesPaused(at_s=float(number), by="test", why="because")


def rows(path: Path) -> int:
    with sqlite3.connect(path) as other:
        (count,) = other.execute("SELECT count(*) FROM entry").fetchone()
    other.close()
    return int(count)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What SQLite is asked to do from here on, by whatever connection."""
    seen: list[str] = []
    connect = sqlite3.connect

    def traced(*args: Any, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*args, **options)
        db.set_trace_callback(seen.append)
        return db

    monkeypatch.setattr(sqlite3, "connect", traced)
    return seen


def test_what_nobody_waits_for_is_committed_all_the_same(tmp_path: Path):
    store = JournalStore(tmp_path / "journal.db")
    store.append([paused(1)], durable=False)

    until_s = monotonic() + WAIT_S
    while rows(store.path) == 0 and monotonic() < until_s:
        gevent.sleep(0.001)

    assert rows(store.path) == 1
    store.close()


def test_a_hub_that_has_no_time_for_timers_hands_over_what_has_gathered(tmp_path: Path):
    store = JournalStore(tmp_path / "journal.db")
    for number in range(GATHERED):
        store.append([paused(number)], durable=False)

    until_s = monotonic() + WAIT_S
    while rows(store.path) == 0 and monotonic() < until_s:
        native_sleep(0.001)  # the hub gets no turn

    assert rows(store.path) == GATHERED
    store.close()


def test_what_somebody_waits_for_takes_along_what_has_gathered_in_one_statement(tmp_path: Path, statements: list[str]):
    store = JournalStore(tmp_path / "journal.db")
    store.append([paused(0)], durable=True).get(timeout=WAIT_S)
    del statements[:]

    for number in range(1, 10):
        store.append([paused(number)], durable=False)
    store.append([paused(10)], durable=True).get(timeout=WAIT_S)
    for number in range(11, 20):
        store.append([paused(number)], durable=False)
    store.append([paused(20)], durable=True).get(timeout=WAIT_S)

    assert [statement.split(" VALUES ")[0].split(" (")[0] for statement in statements] == ["INSERT INTO entry"] * 2
    store.close()


def test_on_a_disk_that_is_quick_it_is_written_when_the_call_returns(disk: Disk):
    done = disk.store.append([paused(1)], durable=True)

    assert done.is_set
    assert done.get() == 1
    assert rows(disk.store.path) == 1


def test_what_nobody_waits_for_is_not_waited_for_by_the_hub(disk: Disk):
    disk.store.append([paused(1)], durable=False)

    assert disk.reports.waits == 0


def test_a_disk_that_is_not_gets_a_moment_and_the_loop_tells_of_it_later(disk: Disk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "PATIENCE_S", 0.01)
    with disk.gate:
        done = disk.store.append([paused(1)], durable=True)
        assert not done.is_set
        assert disk.reports.waits == 1

    assert done.get(timeout=WAIT_S) == 1


def test_where_somebody_waits_already_the_hub_does_not(disk: Disk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "PATIENCE_S", 0.01)
    with disk.gate:
        first = disk.store.append([paused(1)], durable=True)
        second = disk.store.append([paused(2)], durable=True)
        assert disk.reports.waits == 1

    assert (first.get(timeout=WAIT_S), second.get(timeout=WAIT_S)) == (1, 2)


def test_a_commit_that_fails_while_the_hub_waits_says_so(disk: Disk, monkeypatch: pytest.MonkeyPatch):
    def full(*_: Any, **__: Any) -> None:
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(WriteAhead, "insert", full)
    done = disk.store.append([paused(1)], durable=True)

    assert done.is_set
    with pytest.raises(Fatal, match="disk full"):
        done.get()
