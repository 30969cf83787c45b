"""A journal read without a write: for whoever looks at a state directory that another process may be using."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import Struct

from actors.adapters.journal_store import checksum
from core.errors import Refused
from core.records import SCHEMA_VERSION, AnyRecord, Entry


class Reading(Struct, frozen=True):
    """Entries from the first on that are whole, and why the next one is not (empty: there is none)."""

    entries: tuple[Entry, ...]
    damage: str


def read(path: Path) -> Reading:
    """Everything that can be trusted. Raises Refused where the file is missing, no journal, or of a newer version."""
    if not path.exists():
        raise Refused(f"there is no journal {path}")
    entries: list[Entry] = []
    decoder, last = msgspec.json.Decoder(AnyRecord), 0
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT seq, version, body, checksum FROM entry ORDER BY seq")
            for seq, version, body, row_checksum in rows:
                if version > SCHEMA_VERSION:
                    raise Refused(f"{path} was written by a newer version (schema {version}); use that version")
                expected = len(entries) + 1
                if seq != expected:
                    return Reading(tuple(entries), f"entry {expected} is missing")
                if row_checksum != checksum(last, seq, body):
                    return Reading(tuple(entries), f"entry {seq} does not match its checksum")
                entries.append(Entry(seq, version, decoder.decode(body)))
                last = row_checksum
            (state,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except (sqlite3.DatabaseError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Reading(tuple(entries), f"entry {len(entries) + 1} cannot be read: {error}")
    return Reading(tuple(entries), "" if state == "ok" else f"the file is damaged: {state}")
