"""The log is long before it is needed, stays as long, and what was committed durably is there."""

import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from actors.adapters.head_start import HeadStart
from actors.adapters.write_ahead import AT_ONCE, COMMITS, LOG_BYTES, WriteAhead

INSERT = "INSERT INTO line (number, text) VALUES (?, ?)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "lines.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("CREATE TABLE line (number INTEGER PRIMARY KEY, text TEXT)")
    db.close()
    return path


def log_bytes(path: Path) -> int:
    return path.with_name(path.name + "-wal").stat().st_size


def lines(path: Path) -> list[int]:
    with sqlite3.connect(path) as db:
        found = [number for (number,) in db.execute("SELECT number FROM line ORDER BY number")]
    db.close()
    return found


def test_the_log_has_its_length_before_the_first_row_and_holds_nothing_else(path: Path):
    log = WriteAhead(path)

    assert log_bytes(path) > 0.9 * LOG_BYTES
    assert lines(path) == []
    with sqlite3.connect(path) as db:
        assert [name for (name,) in db.execute("SELECT name FROM sqlite_master")] == ["line"]
    log.close()


def test_many_commits_with_rests_between_them_do_not_lengthen_it(path: Path):
    log = WriteAhead(path)
    before = log_bytes(path)
    for number in range(3 * COMMITS):
        log.insert(INSERT, [(number, "x" * 700)], durable=False)
        log.rest()

    assert log_bytes(path) == before
    assert lines(path) == list(range(3 * COMMITS))
    log.close()


@pytest.mark.parametrize("count", [1, AT_ONCE, AT_ONCE + 1])
def test_rows_are_committed_together_or_not_at_all(path: Path, count: int):
    log = WriteAhead(path)
    log.insert(INSERT, [(number, "") for number in range(count)], durable=True)

    with pytest.raises(sqlite3.IntegrityError):
        log.insert(INSERT, [(number, "") for number in range(2 * count - 1, count - 2, -1)], durable=True)

    assert lines(path) == list(range(count))
    log.close()


def test_only_what_somebody_waits_for_is_synced_and_nothing_is_switched_for_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    connect = sqlite3.connect
    seen: list[tuple[int, str]] = []

    def traced(path: Path, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(path, **options)
        db.set_trace_callback(lambda statement: seen.append((id(db), statement)))
        return db

    monkeypatch.setattr(sqlite3, "connect", traced)
    log = WriteAhead(path)
    levels = {one: statement[-4:] for one, statement in seen if statement.startswith("PRAGMA synchronous")}
    del seen[:]
    for number, durable in enumerate((True, False, False, True, False)):
        log.insert(INSERT, [(number, "")], durable=durable)

    assert [levels[one] for one, _ in seen] == ["FULL", "RMAL", "RMAL", "FULL", "RMAL"]
    assert all(statement.startswith("INSERT") for _, statement in seen)
    assert lines(path) == list(range(5))
    log.close()


def test_without_room_for_its_length_it_works_all_the_same(path: Path, monkeypatch: pytest.MonkeyPatch):
    connect = sqlite3.connect

    def on_a_full_disk(path: Path, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(path, **options)
        db.execute("PRAGMA max_page_count=20")
        return db

    monkeypatch.setattr(sqlite3, "connect", on_a_full_disk)
    log = WriteAhead(path)
    log.insert(INSERT, [(1, "")], durable=True)

    assert lines(path) == [1]
    log.close()


def test_what_nobody_waits_for_is_on_its_way_to_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch):
    given: list[bool] = []
    give = HeadStart.give
    monkeypatch.setattr(HeadStart, "give", lambda one: given.append(give(one)))
    log = WriteAhead(path)
    log.insert(INSERT, [(1, "")], durable=False)
    log.insert(INSERT, [(2, "")], durable=True)
    log.close()

    assert given == [sys.platform == "linux"]
    assert lines(path) == [1, 2]


def test_a_file_that_is_not_there_yet_or_cannot_be_begun_is_no_fault(tmp_path: Path):
    path = tmp_path / "late"
    head_start = HeadStart(path)
    assert not head_start.give()
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)
    assert not head_start.give()  # a pipe has no place on the disk
    os.close(writer)
    path.unlink()
    path.write_bytes(b"x")
    assert not head_start.give()
    head_start.close()
    head_start.close()
