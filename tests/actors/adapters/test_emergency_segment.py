"""The second file of the journal: what it takes, what it leaves out, and how a start takes it in."""

import os
import sqlite3
from pathlib import Path

import pytest

from actors.adapters import emergency_segment
from actors.adapters.emergency_segment import EmergencySegment
from actors.adapters.journal_store import JournalStore
from core.records import AnyRecord, EntriesPaused, EquityMarked

WAIT_S = 10.0


def paused(number: int) -> EntriesPaused:
    return EntriesPaused(at_s=float(number), by="test", why=f"number {number}")


def segment(folder: Path) -> EmergencySegment:
    return EmergencySegment(folder / "journal.emergency")


def store(folder: Path) -> JournalStore:
    return JournalStore(folder / "journal.db", segment(folder))


def kept(one: JournalStore) -> list[AnyRecord]:
    return [entry.record for entry in one.entries()]


def break_file(folder: Path) -> None:
    """Every commit from now on fails, as on a disk that gives errors."""
    with sqlite3.connect(folder / "journal.db") as db:
        db.execute("ALTER TABLE entry RENAME TO away")
    db.close()


def mend_file(folder: Path) -> None:
    with sqlite3.connect(folder / "journal.db") as db:
        db.execute("ALTER TABLE away RENAME TO entry")
    db.close()


def test_its_room_is_taken_before_it_is_needed(tmp_path: Path):
    assert segment(tmp_path).fault == ""
    assert (tmp_path / "journal.emergency").stat().st_blocks * 512 >= emergency_segment.BYTES


def test_what_the_journal_does_not_take_goes_there_and_the_next_start_folds_it(tmp_path: Path):
    one = store(tmp_path)
    one.append([paused(1)], durable=True).get(timeout=WAIT_S)
    break_file(tmp_path)

    one.append([paused(2)], durable=True).get(timeout=WAIT_S)
    one.append([paused(3), paused(4)], durable=True).get(timeout=WAIT_S)
    assert "no such table" in one.failure
    assert one.lost == ""
    one.close()
    mend_file(tmp_path)

    again = store(tmp_path)
    assert kept(again) == [paused(1), paused(2), paused(3), paused(4)]
    assert (again.taken_in, again.failure) == (3, "")
    again.append([paused(5)], durable=True).get(timeout=WAIT_S)
    again.close()
    third = store(tmp_path)
    assert kept(third) == [paused(number) for number in range(1, 6)]
    assert third.taken_in == 0
    third.close()


def test_while_the_file_still_takes_nothing_a_start_goes_on_from_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    one = store(tmp_path)
    one.append([paused(1)], durable=True).get(timeout=WAIT_S)
    break_file(tmp_path)
    one.append([paused(2)], durable=True).get(timeout=WAIT_S)
    one.close()
    mend_file(tmp_path)
    lock = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, **{"timeout": 0.01} | kwargs))

    again = store(tmp_path)

    assert kept(again) == [paused(1), paused(2)]
    assert "locked" in again.failure
    again.append([paused(3)], durable=True).get(timeout=WAIT_S)
    again.close()
    lock.close()
    third = store(tmp_path)
    assert kept(third) == [paused(1), paused(2), paused(3)]
    third.close()


def test_a_crash_before_it_was_emptied_takes_nothing_in_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    one = store(tmp_path)
    break_file(tmp_path)
    mark = EquityMarked(at_s=1.0, equity_lamports=1, open_lamports=0)
    one.append([mark, paused(1), mark, paused(2)], durable=True).get(timeout=WAIT_S)
    one.close()
    mend_file(tmp_path)
    monkeypatch.setattr(EmergencySegment, "clear", lambda _: None)
    store(tmp_path).close()
    monkeypatch.undo()

    again = store(tmp_path)

    assert kept(again) == [paused(1), paused(2)]
    again.close()


def test_where_it_takes_nothing_either_records_are_in_memory_and_that_is_said(tmp_path: Path):
    one = store(tmp_path)
    break_file(tmp_path)
    text = "x" * emergency_segment.BYTES
    long = EntriesPaused(at_s=1.0, by="test", why=text)

    one.append([long], durable=True).get(timeout=WAIT_S)

    assert "it is full" in one.lost
    one.close()


def test_a_frame_that_was_torn_ends_it(tmp_path: Path):
    one = segment(tmp_path)
    one.append([(1, 1, "entries_paused", 1.0, "{}", 5)])
    one.append([(2, 1, "entries_paused", 1.0, "{}", 6)])
    content = (tmp_path / "journal.emergency").read_bytes()
    second = content.index(b"[[2")
    os.pwrite(os.open(tmp_path / "journal.emergency", os.O_WRONLY), b"?", second + 2)

    assert [row[0] for row in segment(tmp_path).rows()] == [1]
