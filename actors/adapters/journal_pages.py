"""Pages of the journal for people: read over a connection of their own in a native thread; the writer goes on."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from core.errors import Retryable
from core.records import AnyRecord, Entry

_decoder = msgspec.json.Decoder(AnyRecord)
BUSY_S = 1.0


def newest(path: Path, kinds: Sequence[str], before_seq: int | None, mint: str, limit: int) -> list[Entry]:
    """The newest entries first; of these kinds and this token only where they are given. Raises Retryable."""
    clauses, values = ["1"], list[object]()
    if kinds:
        clauses.append(f"kind IN ({', '.join('?' * len(kinds))})")
        values += kinds
    if before_seq is not None:
        clauses.append("seq < ?")
        values.append(before_seq)
    if mint:
        clauses.append("json_extract(body, '$.mint') = ?")
        values.append(mint)
    # Only fixed clauses are joined; every value is bound.
    query = f"SELECT seq, version, body FROM entry WHERE {' AND '.join(clauses)} ORDER BY seq DESC LIMIT ?"  # noqa: S608
    return _page(path, query, [*values, limit])


def entries_after(path: Path, seq: int, limit: int) -> list[Entry]:
    """The next entries in order. Raises Retryable."""
    return _page(path, "SELECT seq, version, body FROM entry WHERE seq > ? ORDER BY seq LIMIT ?", [seq, limit])


def _page(path: Path, query: str, values: Sequence[object]) -> list[Entry]:
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_S)
        try:
            rows = db.execute(query, values).fetchall()
        finally:
            db.close()
    except sqlite3.Error as error:
        raise Retryable(f"the journal cannot be read now: {error}") from None
    return [Entry(seq, version, _decoder.decode(body)) for seq, version, body in rows]
