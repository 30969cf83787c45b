"""Bring a backup back into an empty state directory, over nothing. Trading goes on at the next start.

The passphrase is the one that it was made with: MICRO_PASSPHRASE_FILE, MICRO_PASSPHRASE, or a prompt.
"""

import argparse
from pathlib import Path

from actors.adapters import backup_file, journal_reading
from actors.adapters.keys import private_file
from actors.adapters.state_copy import JOURNAL, NAMES, SETTINGS, TOKENS
from actors.adapters.state_directory import StateDirectory
from commands.keys import asked_passphrase
from commands.options import settings_of
from core.errors import NeedsReconcile, Refused
from core.ledger.fold import fold
from core.records import SCHEMA_VERSION


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="what `backup` wrote")
    parser.add_argument("--state", metavar="DIR", help="state directory to restore into (MICRO_STATE_DIR)")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options, MICRO_STATE_DIR=options.state)
    file, place = Path(options.file), Path(settings.runtime.state_dir)
    taken = sorted(name for name in NAMES - TOKENS if (place / name).exists())
    if taken:
        raise Refused(
            f"{place} holds {', '.join(taken)} already; a restore overwrites nothing: move it away, or give --state DIR"
        )
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Refused(f"the backup {file} cannot be read: {error.strerror}") from None
    manifest, files = backup_file.opened(content, asked_passphrase(options.settings_file), str(file))
    if manifest.schema > SCHEMA_VERSION or not files.keys() <= NAMES or JOURNAL not in files:
        raise Refused(f"{file} was made by version {manifest.program}, which knows more than this; use that version")
    files = {name: held for name, held in files.items() if not (name in TOKENS and (place / name).exists())}
    state = StateDirectory(place)
    state.lock()
    try:
        _write(state, files)
        told = _told(state.journal)
    finally:
        state.unlock()
    print(f"{state.path}: {', '.join(sorted(files))} of {manifest.made_at}")
    print(told)
    if SETTINGS in files:
        print(f"The settings of then are in {state.path / SETTINGS}; --settings-file uses them as they were")
    return 0


def _write(state: StateDirectory, files: dict[str, bytes]) -> None:
    """All of them or none; the journal last, for nothing starts without it."""
    written: list[Path] = []
    try:
        for name in sorted(files, key=lambda name: name == JOURNAL):
            private_file.write(state.path / name, files[name], "the restored file")
            written.append(state.path / name)
    except Refused:
        for path in written:
            path.unlink()
        raise


def _told(journal: Path) -> str:
    """What the restored books say. Raises Refused where they do not add up."""
    found = journal_reading.read(journal)
    try:
        books = fold(found.entries)
    except (NeedsReconcile, KeyError) as error:
        raise Refused(f"the restored journal does not add up: {error}; take another backup") from None
    if found.damage:
        raise Refused(f"the restored journal is damaged: {found.damage}; take another backup")
    return (
        f"{len(found.entries)} entries, {len(books.closed)} operations closed, {len(books.operations)} open, "
        f"equity {books.equity_lamports / 1e9:.6f} SOL. The next start goes on from there."
    )
