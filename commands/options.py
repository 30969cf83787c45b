"""What every command takes from its command line."""

import argparse
from pathlib import Path

from actors.adapters.environment import load
from core.errors import Refused
from core.settings import Settings


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
