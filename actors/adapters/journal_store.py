"""The journal on disk: SQLite in WAL mode, append-only, one native writer thread, group commit.

Each row carries a checksum over its text and the checksum of the row before, so a torn, altered or missing row is found
at the next open. What cannot be trusted is set aside in a file beside the journal and reported; nothing before is lost.
"""

import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import msgspec

from actors.adapters.emergency_segment import EmergencySegment, Row
from actors.adapters.journal_writer import JournalWriter
from actors.outcome import Outcome
from core.errors import Fatal, Refused
from core.records import SCHEMA_VERSION, AnyRecord, Entry

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, kind TEXT NOT NULL, at_s REAL NOT NULL,
    body TEXT NOT NULL, checksum INTEGER NOT NULL
) STRICT
"""
_KINDS = (int, int, str, float, str, int)
COLUMNS = ("seq", "version", "kind", "at_s", "body", "checksum")
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""What only a damaged file, or one that is no database, causes. A lock or a full disk says nothing about the file."""
PRIMARY = 0xFF
"""Lowest byte of SQLite's extended error codes."""
_INSERT = "INSERT INTO entry (seq, version, kind, at_s, body, checksum) VALUES (?, ?, ?, ?, ?, ?)"
_ROWS = "SELECT seq, version, body, checksum FROM entry WHERE seq > ? ORDER BY seq"

Done: TypeAlias = "Outcome[int]"


class SetAside(msgspec.Struct, frozen=True):
    """What opening found and moved away: rows from `seq` on, kept in `path`, because of `reason`."""

    seq: int
    rows: int
    path: str
    reason: str


class JournalStore:
    """Opened once per state directory; `append` may be called from greenlets of one hub only.

    Opening raises Refused when the file is no journal or of a newer schema; a bad tail is set aside, see `set_aside`.
    """

    def __init__(self, path: Path, segment: EmergencySegment | None = None) -> None:
        """`segment`: goes on where the file takes nothing more; what it holds of a former process comes first."""
        self.path = path
        self.set_aside: SetAside | None = None
        self.taken_in = 0
        """Rows of the segment that the opening brought into the journal."""
        self._segment = segment
        self._apart: list[Row] = []
        """What is in the segment alone, because the file takes nothing yet."""
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(AnyRecord)
        self.seq, self._checksum = self._open()
        failure = self._take_in(segment) if segment is not None else None
        self._writer = JournalWriter(path, _INSERT, segment, failure)

    def append(self, records: Sequence[AnyRecord], *, durable: bool) -> Done:
        """Queue records for the next commit. The result is set with the last sequence number: at once, or when durable.

        Once a commit failed every append fails with Fatal, where there is no segment: the disk no longer takes what
        we decide. With one, `failure` and `lost` say how far it is.
        """
        if self._writer.failure is not None and self._segment is None:
            raise Fatal(f"the journal cannot write {self.failure}")
        rows = [self._row(record) for record in records]
        done: Done = Outcome()
        self._writer.put(rows, done if durable else None)
        if not durable:
            done.set(self.seq)
        return done

    @property
    def damage(self) -> str:
        """What opening set aside and why, empty when nothing was."""
        aside = self.set_aside
        return f"{aside.reason}; {aside.rows} entries from {aside.seq} on are kept in {aside.path}" if aside else ""

    @property
    def failure(self) -> str:
        """Why nothing can be written any more, empty while it can."""
        return "" if self._writer.failure is None else f"{self.path}: {self._writer.failure}"

    @property
    def lost(self) -> str:
        """Why not even the segment takes anything, empty while it does."""
        return self._writer.lost

    def entries(self, after_seq: int = 0) -> Iterator[Entry]:
        """Every committed entry after `after_seq`, in order."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as db:
            for seq, version, body, _ in db.execute(_ROWS, (after_seq,)):
                yield Entry(seq, version, self._decoder.decode(body))
        db.close()
        for seq, version, _, _, body, _ in self._apart:
            if seq > after_seq:
                yield Entry(seq, version, self._decoder.decode(body))

    def close(self) -> None:
        """Commit what is queued and end the writer."""
        self._writer.end()
        if self._segment is not None:
            self._segment.close()

    def _row(self, record: AnyRecord) -> Row:
        body = self._encoder.encode(record).decode()
        self.seq += 1
        self._checksum = checksum(self._checksum, self.seq, body)
        kind = str(type(record).__struct_config__.tag)
        return self.seq, SCHEMA_VERSION, kind, record.at_s, body, self._checksum

    def _take_in(self, segment: EmergencySegment) -> Exception | None:
        """Bring what the segment holds into the journal. Why that could not be: then the segment goes on."""
        rows = [row for row in segment.rows() if row[0] > self.seq]
        fresh, seq, last = list[Row](), self.seq, self._checksum
        for _, version, kind, at_s, body, _ in rows:
            seq += 1
            last = checksum(last, seq, body)
            fresh.append((seq, version, kind, at_s, body, last))
        try:
            with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
                newest = db.execute("SELECT body FROM entry ORDER BY seq DESC LIMIT ?", (len(rows),)).fetchall()
                if rows and [body for (body,) in newest] == [row[4] for row in reversed(rows)]:
                    segment.clear()  # they came in before, and a crash kept the segment from being emptied
                    return None
                db.execute("PRAGMA synchronous=FULL")
                db.execute("BEGIN IMMEDIATE")
                db.executemany(_INSERT, fresh)
                db.execute("COMMIT")
        except sqlite3.Error as error:
            if not rows:
                return None  # nothing depends on it: the first commit will tell
            self._apart, self.seq, self._checksum = fresh, seq, last
            return error
        segment.clear()
        self.taken_in, self.seq, self._checksum = len(fresh), seq, last
        return None

    def _open(self) -> tuple[int, int]:
        try:
            with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
                self._refuse_foreign(db)
                db.execute("PRAGMA journal_mode=WAL")
                db.execute(_SCHEMA)
                seq, last, bad = self._verify(db)
                if bad:
                    self._set_rows_aside(db, seq, bad)
                # A page may be bad where no row shows it; then the next commits would fail.
                (state,) = db.execute("PRAGMA quick_check(1)").fetchone()
                if state != "ok" or (bad and self._verify(db) != (seq, last, "")):
                    raise sqlite3.DatabaseError(state)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            # Without a code it is text that is no UTF-8: found by Python, not by SQLite.
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & PRIMARY not in DAMAGE:
                raise Refused(f"the journal {self.path} cannot be opened now: {error}") from None
            return self._salvage(error)
        return seq, last

    def _refuse_foreign(self, db: sqlite3.Connection) -> None:
        """Raises Refused, and has changed nothing, when this is somebody else's database."""
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        columns = tuple(name for (name,) in db.execute("SELECT name FROM pragma_table_info('entry')"))
        if tables and (tables != {"entry"} or columns != COLUMNS):
            raise Refused(f"{self.path} is a database of another program; choose another MICRO_STATE_DIR")

    def _verify(self, db: sqlite3.Connection) -> tuple[int, int, str]:
        """The last good sequence number, its checksum, and why the next row is bad (empty when there is none)."""
        seq = last = 0
        for row_seq, version, body, row_checksum in db.execute(_ROWS, (0,)):
            if not (isinstance(version, int) and isinstance(body, str) and isinstance(row_checksum, int)):
                return seq, last, f"entry {seq + 1} is damaged"
            if version > SCHEMA_VERSION:
                raise Refused(f"{self.path} was written by a newer version (schema {version}); start that version")
            if row_seq != seq + 1:
                return seq, last, f"entry {seq + 1} is missing"
            if row_checksum != checksum(last, row_seq, body):
                return seq, last, f"entry {row_seq} does not match its checksum"
            try:
                self._decoder.decode(body)
            except msgspec.MsgspecError as error:
                return seq, last, f"entry {row_seq} does not decode: {error}"
            seq, last = row_seq, row_checksum
        return seq, last, ""

    def _set_rows_aside(self, db: sqlite3.Connection, seq: int, reason: str) -> None:
        rows = db.execute("SELECT seq, version, kind, at_s, body, checksum FROM entry WHERE seq > ?", (seq,)).fetchall()
        aside = _free_name(self.path.with_name(f"journal.tail-{seq + 1}.jsonl"))
        aside.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
        db.execute("DELETE FROM entry WHERE seq > ?", (seq,))
        self.set_aside = SetAside(seq + 1, len(rows), str(aside), reason)

    def _salvage(self, error: Exception) -> tuple[int, int]:
        """Copy the readable beginning of a damaged file into a new one and set the damaged one aside."""
        good = self._readable_rows()
        if not good:
            raise Refused(
                f"{self.path} is not a readable journal ({error}); restore a backup, or choose another MICRO_STATE_DIR"
            ) from None
        fresh = self.path.with_name(self.path.name + ".fresh")
        fresh.unlink(missing_ok=True)
        with closing(sqlite3.connect(fresh, isolation_level=None)) as db:
            db.execute(_SCHEMA)
            db.execute("BEGIN")
            db.executemany(_INSERT, good)
            db.execute("COMMIT")
        aside = _free_name(self.path.with_name("journal.damaged.db"))
        for suffix in ("", "-wal", "-shm"):
            part = self.path.with_name(self.path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        fresh.rename(self.path)
        with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode=WAL")
        self.set_aside = SetAside(good[-1][0] + 1, 0, str(aside), f"the file is damaged: {error}")
        return good[-1][0], good[-1][5]

    def _readable_rows(self) -> list[Row]:
        good: list[Row] = []
        last = 0
        copy = _padded_copy(self.path)
        try:
            with closing(sqlite3.connect(copy, isolation_level=None)) as db:
                for row in db.execute("SELECT seq, version, kind, at_s, body, checksum FROM entry ORDER BY seq"):
                    is_whole = all(isinstance(value, kind) for value, kind in zip(row, _KINDS, strict=True))
                    if not is_whole or row[0] != len(good) + 1 or row[5] != checksum(last, row[0], row[4]):
                        break
                    self._decoder.decode(row[4])
                    good.append(row)
                    last = row[5]
        except (sqlite3.DatabaseError, msgspec.MsgspecError, UnicodeDecodeError):
            return good  # the damage begins here; what stands before it is what can be saved
        finally:
            for suffix in ("", "-wal", "-shm"):
                copy.with_name(copy.name + suffix).unlink(missing_ok=True)
        return good


def checksum(previous: int, seq: int, body: str) -> int:
    """CRC-32 of the row, chained to the row before it."""
    return zlib.crc32(f"{seq}:{body}".encode(), previous)


def _padded_copy(path: Path) -> Path:
    """A copy as long as its header says: SQLite refuses a cut file whole, though pages before the cut are good."""
    copy = path.with_name(path.name + ".salvage")
    content = path.read_bytes()
    page_size, pages = int.from_bytes(content[16:18], "big"), int.from_bytes(content[28:32], "big")
    if content.startswith(b"SQLite format 3\0") and page_size * pages <= 1 << 34:
        content = content.ljust(page_size * pages, b"\0")
    copy.write_bytes(content)
    wal = path.with_name(path.name + "-wal")
    if wal.exists():
        copy.with_name(copy.name + "-wal").write_bytes(wal.read_bytes())
    return copy


def _free_name(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}.{number}{path.suffix}")
    return free
