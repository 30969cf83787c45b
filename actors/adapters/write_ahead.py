"""A SQLite database in WAL mode, written by one native thread that others wait for.

An fsync of a file that grows waits for the file system's own journal too, several times as long as for the data. So the
log is grown once, when it is opened, and overwritten from then on; checkpoints, which start it anew, are made when
nobody waits.
"""

import sqlite3
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from actors.adapters.head_start import HeadStart

LOG_BYTES = 4 << 20
"""SQLite's own measure of a log: a thousand pages."""
COMMITS = 400
"""Commits between checkpoints: what fills the log, some pages each."""
AT_ONCE = 32
"""Rows of one statement, which is one call that the interpreter waits for."""


class WriteAhead:
    """For one thread. Every method raises sqlite3.Error when the disk does not do its part.

    Two connections, so that none changes between durable and not: each call of one lets the interpreter go and waits
    for it anew, up to a millisecond where others are busy. They take turns in one thread, checkpoints included: of two
    threads one must not write while the other checkpoints (sqlite.org/wal.html, the WAL-reset bug, before 3.51.3).
    """

    def __init__(self, path: Path) -> None:
        self._durable, self._plain = _opened(path, "FULL"), _opened(path, "NORMAL")
        grow(self._plain)
        self._head_start = HeadStart(path.with_name(path.name + "-wal"))
        self._commits = 0

    def insert(self, statement: str, rows: Sequence[tuple[Any, ...]], *, durable: bool) -> None:
        """Commit these rows together; on disk before this returns, if `durable`. `statement` ends with its VALUES."""
        # Only what somebody waits for pays an fsync; it covers everything before it, for the log is one file.
        db = self._durable if durable else self._plain
        one, _, marks = statement.rpartition(" VALUES ")
        if len(rows) <= AT_ONCE:
            # A statement of its own is a transaction of its own.
            _insert(db, one, marks, rows)
        else:
            db.execute("BEGIN IMMEDIATE")
            for start in range(0, len(rows), AT_ONCE):
                _insert(db, one, marks, rows[start : start + AT_ONCE])
            db.execute("COMMIT")
        self._commits += 1
        if not durable:
            self._head_start.give()

    def rest(self) -> None:
        """Nobody waits: move what the log holds into the database, if there is much of it."""
        if self._commits >= COMMITS:
            self._commits = 0
            self._plain.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        self._head_start.close()
        self._durable.close()
        self._plain.close()


def _opened(path: Path, synchronous: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.execute(f"PRAGMA synchronous={synchronous}")
    return db


def _insert(db: sqlite3.Connection, one: str, marks: str, rows: Sequence[tuple[Any, ...]]) -> None:
    db.execute(f"{one} VALUES {', '.join([marks] * len(rows))}", tuple(chain.from_iterable(rows)))


def grow(db: sqlite3.Connection) -> None:
    """Make the log as long as it will be, by a transaction that is too big for the cache and is rolled back."""
    try:
        db.execute("PRAGMA cache_size=-64")
        db.execute("BEGIN IMMEDIATE")
        db.execute("CREATE TABLE growing (bytes BLOB)")
        db.execute("INSERT INTO growing VALUES (zeroblob(?))", (LOG_BYTES,))
    except sqlite3.OperationalError:
        pass  # no room for it: the log grows as it is written, more slowly, and what does not fit is told then
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
        db.execute("PRAGMA cache_size=-2000")
