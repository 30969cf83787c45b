"""Write the state of every actor of the running process: what it holds, waits for, and where it stands.

It asks the control API of the process that uses this state directory, so it takes a process that still answers; one
that ended by itself has left its last picture in dump.json there.
"""

import argparse
import sys
from pathlib import Path

from actors.adapters.keys import private_file
from commands.control import Control
from commands.options import settings_of


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="FILE", help="instead of standard output; an existing file is not overwritten")
    parser.add_argument("--state", metavar="DIR", help="state directory (MICRO_STATE_DIR)")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options, MICRO_STATE_DIR=options.state)
    picture = Control(settings).get("/actors/dump?live=1")
    if options.out:
        private_file.write(Path(options.out), picture, "the dump")
        print(f"{options.out}: {len(picture)} bytes")
    else:
        sys.stdout.write(picture.decode() + "\n")
    return 0
