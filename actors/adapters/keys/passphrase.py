"""Where the passphrase comes from: a file, the environment, or a person at a terminal. Never the command line."""

import os
import sys
from collections.abc import Callable
from getpass import getpass
from pathlib import Path

from actors.adapters.keys import private_file
from actors.adapters.keys.secret import Secret
from core.errors import Refused

FILE_NAME = "MICRO_PASSPHRASE_FILE"
NAME = "MICRO_PASSPHRASE"


def passphrase(file: str, *, twice: bool = False, ask: Callable[[str], str] = getpass) -> Secret:
    """From `file` when it names one, else from the environment, else from a prompt. Raises Refused.

    `twice`: a new one; a person types it two times. What the environment held is taken out of it: no child sees it.
    """
    if file:
        return _from_file(Path(file))
    if NAME in os.environ:
        return _filled(Secret(os.environ.pop(NAME)), NAME)
    if not sys.stdin.isatty():
        raise Refused(
            f"the keystore needs its passphrase: set {FILE_NAME} to a file of mode 0600, or start it in a terminal"
        )
    given = _filled(Secret(ask("Passphrase of the keystore: ")), "the prompt")
    if twice and Secret(ask("The same again: ")) != given:
        raise Refused("the two passphrases differ; nothing was changed")
    return given


def _from_file(path: Path) -> Secret:
    what = f"the passphrase file ({FILE_NAME})"
    content = private_file.secret(path, what, most_bytes=4096)
    return _filled(Secret(content.decode("utf-8", "surrogateescape").rstrip("\r\n")), f"{what} {path}")


def _filled(given: Secret, source: str) -> Secret:
    if not given:
        raise Refused(f"{source} gives an empty passphrase")
    return given
