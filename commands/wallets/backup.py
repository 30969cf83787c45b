"""Copy the encrypted keystore to a file and read it back. It opens with the same passphrase, and only with it."""

import argparse
from pathlib import Path

from commands.keys import vault_of
from commands.options import settings_of


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a new file, best on another disk")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options, MICRO_STATE_DIR=options.state)
    to = Path(options.file)
    checksum = vault_of(settings).export(to)
    print(f"{to} written and read back, checksum {checksum}")
    print(f"Restore it with: wallets init --from-backup {to}")
    return 0
