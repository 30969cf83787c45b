"""Renew the tokens of the HTTP doors: whoever holds an old one is shut out at once, without a restart.

`rotate` writes new ones for operating, for reading and for signing mentions into the state directory, mode 0600.
"""

import argparse
from pathlib import Path

from actors.adapters.state_directory import renew, secret_files
from commands.options import settings_of
from core.errors import Refused


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("rotate",), help="make new ones")
    parser.add_argument("--state", metavar="DIR", help="state directory (MICRO_STATE_DIR)")


def run(options: argparse.Namespace) -> int:
    directory = Path(settings_of(options, MICRO_STATE_DIR=options.state).runtime.state_dir)
    if not directory.is_dir():
        raise Refused(f"there is no state directory {directory}; name it with --state or MICRO_STATE_DIR")
    for path in secret_files(directory):
        renew(path)
        print(f"new: {path}")
    print("Who uses one reads it anew: Prometheus, Alertmanager, a separate monitor, open pages.")
    return 0
