"""Ask the running process to let the wallets reincarnate: as soon as they are flat and the rules allow it."""

import argparse

from commands.control import Control
from commands.options import settings_of


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--why", default="asked for on the command line", metavar="TEXT", help="for the journal")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options, MICRO_STATE_DIR=options.state)
    Control(settings).post("/wallets/rotate", {"why": options.why})
    print("Asked for. `wallets show` tells when the next generation is there.")
    return 0
