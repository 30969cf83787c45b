"""What every command takes from its command line."""

import argparse
from pathlib import Path

from actors.adapters.environment import load
from core.errors import Refused
from core.settings import Settings


def settings_of(options: argparse.Namespace, **fixed: str) -> Settings:
    """Settings from file, environment, `--set`, and what the command itself fixes. Raises Refused."""
    texts: dict[str, str] = {}
    for item in options.set:
        name, equals, value = item.partition("=")
        if not equals:
            raise Refused(f"--set takes NAME=VALUE, not {item!r}")
        texts[name] = value
    file = Path(options.settings_file) if options.settings_file else None
    return load(texts | fixed, file=file)
