from gevent import monkey

monkey.patch_all()  # before every other import: locks and sockets made earlier would stay native

"""Micro-Lightning: the one entry. Parses the command line, runs one command, exits with its code."""

import argparse
import logging
import signal
import sys
from typing import NoReturn

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while the program is still being read ends it without a word

from typing_extensions import override

from actors.adapters.log import Calm
from commands import (
    audit,
    backup,
    demo,
    doctor,
    dump,
    examples,
    exit_all,
    live,
    localnet,
    paper,
    process,
    record,
    replay,
    restore,
    simulate,
    tokens,
    wallets,
)
from core.errors import MicroError, NeedsReconcile, Refused

COMMANDS = (
    paper,
    replay,
    simulate,
    live,
    exit_all,
    record,
    demo,
    audit,
    doctor,
    wallets,
    tokens,
    dump,
    backup,
    restore,
    localnet,
)
"""In the order in which `--help` lists them."""
BAD_INPUT = 2
"""Exit code of a start that was refused; nothing was changed."""
CRASHED = 1
INTERRUPTED = 130
"""As shells give it for Ctrl-C, from a command that has nothing to drain."""


class OneLine(argparse.ArgumentParser):
    """Says in one line what is wrong with a command line."""

    @override
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"micro-lightning: {message}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """The command line. Without a command, paper trading starts."""
    root = OneLine(
        prog="run.py",
        description="Small-stake memecoin trading with five commandments and hard exits. Paper trading by default.",
        epilog="Settings come from .env.micro-lightning, the environment (MICRO_…), then --set NAME=VALUE.",
    )
    common = OneLine(add_help=False)
    common.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="one setting; may be repeated")
    common.add_argument("--settings-file", metavar="FILE", help="instead of .env.micro-lightning")
    commands = root.add_subparsers(dest="command", metavar="COMMAND")
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2].replace("_", "-")
        about = (module.__doc__ or "").splitlines()[0]
        sub = commands.add_parser(
            name, parents=[common], help=about, description=module.__doc__, epilog=examples.epilog(name)
        )
        module.arguments(sub)
        sub.set_defaults(run=module.run)
    return root


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    handler = logging.StreamHandler()
    handler.addFilter(Calm())
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s", handlers=[handler]
    )
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help")):
        arguments = ["paper", *arguments]
    process.set_up()
    options = parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (Refused, NeedsReconcile) as refusal:
        print(f"micro-lightning: {refusal}", file=sys.stderr)
        return BAD_INPUT
    except MicroError as error:
        print(f"micro-lightning: {error}", file=sys.stderr)
        return CRASHED
    except KeyboardInterrupt:
        print("micro-lightning: interrupted", file=sys.stderr)
        return INTERRUPTED
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
