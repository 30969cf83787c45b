"""When the journal's thread is woken, and how little it asks of the interpreter then."""

import sqlite3
from pathlib import Path
from time import monotonic
from typing import Any

import gevent
import pytest
from gevent.monkey import get_original

from actors.adapters.journal_store import JournalStore
from actors.adapters.journal_writer import GATHERED
from core.records import EntriesPaused

native_sleep = get_original("time", "sleep")
WAIT_S = 10.0


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
