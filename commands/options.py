"""What every command takes from its command line."""

import argparse
from pathlib import Path

from actors.adapters.environment import load
from core.errors import Refused
from core.settings import Settings

BOTH, EXECUTOR, MONITOR = "both", "executor", "monitor"


def role(parser: argparse.ArgumentParser) -> None:
    """The option `--role`, of every command that serves HTTP."""
    parser.add_argument(
        "--role",
        choices=(BOTH, EXECUTOR, MONITOR),
        default=BOTH,
        help="what runs in this process: the executor with its control, the monitor that watches one elsewhere "
        "(MICRO_EXECUTOR_URL), or both",
    )


def settings_of(options: argparse.Namespace, **given: str | None) -> Settings:
    """Settings from file, environment, `--set`, and the command's own options where they are given. Raises Refused."""
    texts: dict[str, str] = {}
    for item in options.set:
        name, equals, value = item.partition("=")
        if not equals:
            raise Refused(f"--set takes NAME=VALUE, not {item!r}")
        texts[name] = value
    file = Path(options.settings_file) if options.settings_file else None
    return load(texts | {name: value for name, value in given.items() if value is not None}, file=file)
