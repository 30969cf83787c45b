"""A copy of a state directory as it was at one moment, while another process trades on it. Changes nothing there.

Journal and paper chain are two files. They belong together when the chain has no transaction that the journal has
never heard of: the journal is copied first, and when an order was signed until the chain was copied too, both are
copied again. A landing that is not booked yet is no difference; every start looks for it.
"""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from core.errors import Refused, Retryable

JOURNAL, PAPER = "journal.db", "paper.db"
PLAIN = (
    "paper.progress",
    "journal.emergency",
    "keystore.json",
    "wallets.json",
    "api-token",
    "api-token-read",
    "mention-secret",
)
"""Copied as they are, where they are there."""
SETTINGS = "settings.env"
"""The settings file, under this name."""
TOKENS = frozenset({"api-token", "api-token-read", "mention-secret"})
"""Made anew, or mounted, wherever they are missing: a restore keeps those that it finds."""
NAMES = frozenset({JOURNAL, PAPER, SETTINGS, *PLAIN})
"""All that a backup may hold and a restore may write."""
TRIES = 20
BUSY_S = 5.0
_SIGNED_SINCE = "SELECT count(*) FROM entry WHERE seq > ? AND kind = 'order_signed'"


class Copy(Struct, frozen=True):
    files: dict[str, bytes]
    last_seq: int
    """Of the journal's last entry."""


def copied(state: Path, settings_file: Path | None) -> Copy:
    """Refused where there is no journal; Retryable while orders are signed faster than two files can be copied."""
    if not (state / JOURNAL).exists():
        raise Refused(f"{state} holds no journal: there is nothing to back up")
    try:
        with tempfile.TemporaryDirectory(prefix="micro-lightning-backup-") as folder:
            files, last_seq = _databases(state, Path(folder))
    except sqlite3.Error as error:
        raise Retryable(f"{state} cannot be copied now: {error}") from None
    for name in PLAIN:
        if (state / name).is_file():
            files[name] = (state / name).read_bytes()
    if settings_file is not None and settings_file.is_file():
        files[SETTINGS] = settings_file.read_bytes()
    return Copy(files, last_seq)


def _databases(state: Path, folder: Path) -> tuple[dict[str, bytes], int]:
    for _ in range(TRIES):
        files = {JOURNAL: _database(state / JOURNAL, folder / JOURNAL)}
        with closing(sqlite3.connect(folder / JOURNAL)) as db:
            (last_seq,) = db.execute("SELECT coalesce(max(seq), 0) FROM entry").fetchone()
        if (state / PAPER).exists():
            files[PAPER] = _database(state / PAPER, folder / PAPER)
        with closing(_reading(state / JOURNAL)) as db:
            (signed,) = db.execute(_SIGNED_SINCE, (last_seq,)).fetchone()
        if not signed:
            return files, last_seq
    raise Retryable(f"orders are signed in {state} faster than it can be copied; try again in a quieter moment")


def _database(source: Path, copy: Path) -> bytes:
    """SQLite's online backup: one consistent moment, writers go on."""
    copy.unlink(missing_ok=True)
    with closing(_reading(source)) as db, closing(sqlite3.connect(copy)) as into:
        db.backup(into)
        into.execute("PRAGMA journal_mode=DELETE")
    return copy.read_bytes()


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_S)
