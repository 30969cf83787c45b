"""Copy journal, paper chain, keystore and settings to one encrypted file, also while another process trades on them.

The passphrase comes from the file that MICRO_PASSPHRASE_FILE names, from MICRO_PASSPHRASE, or from a prompt. Without
any of them it is the one in the state directory's `backup-passphrase`, made now where there is none: keep a copy of
that elsewhere, or the backup opens nowhere but here. `restore FILE` brings everything back.
"""

import argparse
import os
import sys
from pathlib import Path

from actors.adapters.environment import FILE, passphrase_file
from actors.adapters.keys.passphrase import NAME
from actors.adapters.state_copy import JOURNAL
from commands.backups import GENERATED, folder_of, generated, save, thinned
from commands.keys import asked_passphrase
from commands.options import settings_of
from core.errors import Refused


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="a new file, best on another disk; otherwise one in MICRO_BACKUP_FOLDER, where the newest "
        "MICRO_BACKUP_KEEP stay",
    )
    parser.add_argument("--state", metavar="DIR", help="state directory (MICRO_STATE_DIR)")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options, MICRO_STATE_DIR=options.state)
    state, own = Path(settings.runtime.state_dir), options.settings_file
    file = Path(own) if own else None
    if not (state / JOURNAL).exists():
        raise Refused(f"{state} holds no journal: there is nothing to back up; name another with --state")
    if passphrase_file(file=file) or NAME in os.environ or sys.stdin.isatty():
        secret, whose = asked_passphrase(own, twice=True), "your passphrase"
    else:
        secret, whose = generated(state), f"the passphrase in {state / GENERATED}; keep a copy of it elsewhere"
    out = Path(options.out) if options.out else None
    saved = save(state, secret, settings, settings_file=file if file is not None else Path(FILE), out=out)
    print(f"{saved.path}: {saved.length} bytes, the journal up to entry {saved.last_seq}, read back and whole")
    print(f"It opens with {whose}. Restore it with: run.py restore {saved.path}")
    if out is None:
        for name in thinned(folder_of(settings), settings.backup.keep):
            print(f"Deleted {name}, for {settings.backup.keep} copies are kept (MICRO_BACKUP_KEEP)")
    return 0
