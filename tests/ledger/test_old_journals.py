"""A journal of each shape that ever was: written by the program of its day, opened, decoded and folded by this one.

All are of schema version 1: what came later are kinds of records, and fields with a default. The files in `journals`
hold the rows that the programs of their days committed, named by what was new then.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from actors.adapters.journal_reading import read
from actors.adapters.journal_store import COLUMNS, JournalStore
from core.ledger.fold import fold
from core.records import SCHEMA_VERSION, EntryDecided, RunStarted, RunStopped
from core.rules.psychology import PsychologyRule
from core.types import Purpose

JOURNALS = sorted((Path(__file__).parent / "journals").glob("*.jsonl"))
ENTRIES = 22
SCHEMA = """
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, kind TEXT NOT NULL, at_s REAL NOT NULL,
    body TEXT NOT NULL, checksum INTEGER NOT NULL
) STRICT
"""


@pytest.fixture(params=JOURNALS, ids=[file.stem for file in JOURNALS])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The file as it lay in a state directory."""
    path = tmp_path / "journal.db"
    rows = [json.loads(line) for line in request.param.read_text().splitlines()]
    with closing(sqlite3.connect(path)) as db:
        db.execute(SCHEMA)
        db.executemany(f"INSERT INTO entry VALUES ({', '.join('?' * len(COLUMNS))})", rows)  # noqa: S608 - only marks
        db.commit()
    return path


def test_there_is_one_of_every_schema_version():
    versions = {json.loads(file.read_text().splitlines()[0])[1] for file in JOURNALS}

    assert versions == set(range(1, SCHEMA_VERSION + 1))


def test_it_opens_whole_and_goes_on(old: Path):
    store = JournalStore(old)
    try:
        entries = list(store.entries())
        assert store.damage == ""
        assert len(entries) == ENTRIES
        assert (
            store.append((RunStopped(at_s=entries[-1].record.at_s, reason="test"),), durable=True).get() == ENTRIES + 1
        )
    finally:
        store.close()
    assert read(old).damage == ""


def test_it_folds_to_the_same_books_whenever_it_was_written(old: Path):
    entries = read(old).entries
    books = fold(entries)

    (closed,) = books.closed
    (held,) = books.operations.values()
    assert (closed.net_lamports, closed.tax_lamports, closed.settled) == (3_720_000, 372_000, True)
    assert held.tokens == 150_000_000_000
    assert sum(books.accounts.values()) == 0


def test_what_it_did_not_know_yet_has_the_meaning_that_held_then(old: Path):
    records = [entry.record for entry in read(old).entries]

    (began,) = [record for record in records if isinstance(record, RunStarted)]
    assert (began.profile, began.strategy, began.psychology) == ("default", "Micro-Lightning", PsychologyRule())
    assert {record.purpose for record in records if isinstance(record, EntryDecided)} == {Purpose.ENTRY}
