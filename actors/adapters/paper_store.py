"""The paper chain on disk: its own SQLite file, apart from the journal, so that the equation book = chain can fail.

    paper.db        landed transactions, the state of the paper chain after the last of them, snapshots of the market
    paper.progress  the newest slot that anybody may have seen, two cells of 16 bytes written in turn

A landing is on disk (fsync) before `commit` returns, and so before it is reported. Progress is a plain write: it
survives the end of the process, and after a power failure the landings and the caller's own clock say how far the
market was. All of SQLite runs in one native thread; the hub never waits for the disk.
"""

import os
import sqlite3
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from gevent.threadpool import ThreadPool
from msgspec.structs import replace
from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError

from actors.adapters.pool import call
from actors.adapters.write_ahead import grow
from core.errors import Fatal, NeedsReconcile, Refused
from core.market.paper.chain import PaperChain, digest
from core.market.paper.impact import Impact
from core.market.paper.transaction import SETTLED_KEPT
from core.messages import Order, Reserves, Settlement

SCHEMA_VERSION = 1
SNAPSHOTS_KEPT = 2
"""The newest, and one more should that not be readable."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS origin (version INTEGER NOT NULL, kind TEXT NOT NULL, seed INTEGER NOT NULL, settings BLOB);
CREATE TABLE IF NOT EXISTS landing (
    seq INTEGER PRIMARY KEY, slot INTEGER NOT NULL, signature TEXT NOT NULL UNIQUE,
    "order" TEXT NOT NULL, settlement TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS landing_slot ON landing (slot);
CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), digest TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS snapshot (slot INTEGER PRIMARY KEY, body BLOB NOT NULL);
"""
_FORGET_SNAPSHOTS = "DELETE FROM snapshot WHERE slot NOT IN (SELECT slot FROM snapshot ORDER BY slot DESC LIMIT ?)"
_CELL = struct.Struct("<QII")

T = TypeVar("T")


class Origin(msgspec.Struct, frozen=True):
    """What a paper world was made from. It belongs to the world: later settings do not change it."""

    kind: str
    """market (the embedded one) or feed (beside another)."""
    seed: int
    settings: bytes = b""


class Landed(msgspec.Struct, frozen=True):
    """A transaction that landed."""

    order: Order
    settlement: Settlement


class Saved(msgspec.Struct, frozen=True):
    """The state after the last landing."""

    chain: PaperChain = PaperChain()
    impacts: dict[str, Impact] = {}
    reserves: dict[str, Reserves] = {}
    """What the feed last said of tokens that we hold."""


class PaperStore:
    """One per state directory, used by one greenlet at a time. Refused where the files are not ours to read."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "paper.db"
        self._encoder = msgspec.json.Encoder()
        self._pool = ThreadPool(1)
        try:
            self._db = self._run(self._open)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            self._pool.kill()
            raise Refused(
                f"{self.path} is no paper chain ({error}); restore a backup, or choose another MICRO_STATE_DIR"
            ) from None
        self._progress = os.open(directory / "paper.progress", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._cell = 0
        self.snapshot_error = ""

    def origin(self, made: Origin) -> Origin:
        """What this world was made from; `made` where there is none yet. Refused when it is of another kind."""
        found = self._read(lambda: self._db.execute("SELECT version, kind, seed, settings FROM origin").fetchone())
        if found is None:
            row = (SCHEMA_VERSION, made.kind, made.seed, made.settings)
            self._write(lambda: self._db.execute("INSERT INTO origin VALUES (?, ?, ?, ?)", row))
            return made
        version, kind, seed, settings = found
        if version != SCHEMA_VERSION:
            raise Refused(f"{self.path} has schema version {version}, this program reads {SCHEMA_VERSION}")
        if kind != made.kind:
            raise Refused(f"{self.path} belongs to a paper run on a {kind}; choose another state directory")
        return Origin(kind, seed, settings)

    def load(self) -> Saved:
        """The state after the last landing. NeedsReconcile when it is not what was written."""
        row = self._read(lambda: self._db.execute("SELECT digest, body FROM state").fetchone())
        if row is None:
            return Saved()
        try:
            saved = msgspec.json.decode(row[1], type=Saved)
        except msgspec.DecodeError as error:
            raise NeedsReconcile(f"the paper chain in {self.path} cannot be read: {error}") from None
        if digest(saved.chain) != row[0]:
            raise NeedsReconcile(f"the paper chain in {self.path} was altered: its digest differs")
        newest = 'SELECT "order", settlement FROM landing ORDER BY seq DESC LIMIT ?'
        rows = self._read(lambda: self._db.execute(newest, (SETTLED_KEPT,)).fetchall())
        settled = [_landed(row).settlement for row in reversed(rows)]
        return replace(saved, chain=replace(saved.chain, settled={one.signature: one for one in settled}))

    def commit(self, saved: Saved, landed: Sequence[Landed] = ()) -> None:
        """Make these landings and the state after them durable, together. Fatal when the disk does not take them."""
        chain = replace(saved.chain, settled={})
        body = self._encoder.encode(replace(saved, chain=chain)).decode()
        rows = [
            (
                one.settlement.slot,
                one.settlement.signature,
                *(self._encoder.encode(part).decode() for part in (one.order, one.settlement)),
            )
            for one in landed
        ]

        def write() -> None:
            self._db.executemany('INSERT INTO landing (slot, signature, "order", settlement) VALUES (?, ?, ?, ?)', rows)
            self._db.execute("INSERT OR REPLACE INTO state VALUES (1, ?, ?)", (digest(chain), body))

        self._write(write)

    def landings(self, after_slot: int) -> Iterator[Landed]:
        """What landed after this slot, in order."""
        query = 'SELECT "order", settlement FROM landing WHERE slot > ? ORDER BY seq'
        rows = self._read(lambda: self._db.execute(query, (after_slot,)).fetchall())
        return map(_landed, rows)

    def settlement(self, signature: str) -> Settlement | None:
        """What this transaction did, however long ago."""
        query = 'SELECT "order", settlement FROM landing WHERE signature = ?'
        row = self._read(lambda: self._db.execute(query, (signature,)).fetchone())
        return None if row is None else _landed(row).settlement

    def keep_snapshot(self, slot: int, snapshot: bytes) -> None:
        """Store a snapshot of the market, without waiting. A failure is in `snapshot_error`: the older one stays."""
        self._pool.spawn(self._try_snapshot, slot, snapshot)

    def snapshots(self) -> list[tuple[int, bytes]]:
        """(slot, bytes), newest first; those that cannot be unpacked are left out."""
        query = "SELECT slot, body FROM snapshot ORDER BY slot DESC"
        rows = self._read(lambda: self._db.execute(query).fetchall())
        return [(slot, snapshot) for slot, body in rows if (snapshot := _unpacked(body))]

    def advance(self, slot: int) -> None:
        """This slot is about to be seen: a restart must not go back behind it."""
        number = slot.to_bytes(8, "little")
        os.pwrite(self._progress, _CELL.pack(slot, zlib.crc32(number), 0), self._cell * _CELL.size)
        self._cell ^= 1

    def newest_slot(self) -> int:
        """The newest slot that anybody may have seen; 0 for a new world."""
        landed = self._read(lambda: self._db.execute("SELECT coalesce(max(slot), 0) FROM landing").fetchone())[0]
        cells = [os.pread(self._progress, _CELL.size, place * _CELL.size) for place in (0, 1)]
        slots = [_CELL.unpack(cell)[:2] for cell in cells if len(cell) == _CELL.size]
        written = [slot for slot, check in slots if zlib.crc32(slot.to_bytes(8, "little")) == check]
        return int(max([landed, *written]))

    def close(self) -> None:
        """Finish what is queued, and let go of the files."""
        self._run(self._db.close)
        self._pool.kill()
        os.close(self._progress)

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.executescript(_SCHEMA)
        (state,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise sqlite3.DatabaseError(state)
        grow(db)
        return db

    def _run(self, work: Callable[[], T]) -> T:
        return call(self._pool, work)

    def _read(self, work: Callable[[], T]) -> T:
        try:
            return self._run(work)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise NeedsReconcile(f"the paper chain in {self.path} cannot be read: {error}") from None

    def _write(self, work: Callable[[], object]) -> None:
        try:
            self._run(lambda: self._transact(work))
        except sqlite3.Error as error:
            raise Fatal(f"the paper chain cannot write {self.path}: {error}") from error

    def _transact(self, work: Callable[[], object]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            work()
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _try_snapshot(self, slot: int, snapshot: bytes) -> None:
        body = ZstdCompressor(level=3, write_checksum=True).compress(snapshot)

        def write() -> None:
            self._db.execute("INSERT OR REPLACE INTO snapshot VALUES (?, ?)", (slot, body))
            self._db.execute(_FORGET_SNAPSHOTS, (SNAPSHOTS_KEPT,))

        try:
            self._transact(write)
            self.snapshot_error = ""
        except sqlite3.Error as error:
            self.snapshot_error = f"no snapshot at slot {slot}: {error}"


def _landed(row: tuple[str, str]) -> Landed:
    try:
        return Landed(msgspec.json.decode(row[0], type=Order), msgspec.json.decode(row[1], type=Settlement))
    except msgspec.MsgspecError as error:
        raise NeedsReconcile(f"a landing of the paper chain cannot be read: {error}") from None


def _unpacked(body: bytes) -> bytes:
    try:
        return ZstdDecompressor().decompress(body)
    except ZstdError:
        return b""  # the older snapshot serves, or the beginning of the world
