"""Addresses of a person by way of Apprise, in a process of its own for each letter.

An address holds passwords: it is never shown, logged or quoted in an error. Nothing goes out unencrypted but to this
machine or a host that the settings list, and no redirect is followed.
"""

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final

import msgspec
from gevent import subprocess
from msgspec import Struct

from actors.adapters.apprise_task import Task
from actors.adapters.keys.secret import Secret
from core.errors import Refused, Retryable
from core.notify.letter import Letter
from core.notify.rule import SEVERITIES

WHAT: Final = "the file of notification addresses"
KINDS: Final = {"info": "info", "warning": "warning", "critical": "failure"}
"""How Apprise calls a severity."""
CHILD: Final = "actors.adapters.apprise_child"
ROOT: Final = Path(__file__).resolve().parents[2]
MOST: Final = 200
"""Characters of what the process says."""


class Address(Struct, frozen=True, kw_only=True):
    """One line of the file. `name` is safe to show."""

    name: str
    severity: str
    url: Secret


def addresses(text: str, severity: str) -> tuple[Address, ...]:
    """The addresses of a file, or of the environment: one Apprise URL a line, the least severity before it unless it is
    `severity`; `#` begins a comment. Raises Refused with the number of a line that is none."""
    found: list[Address] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        least = words.pop(0) if words[0] in SEVERITIES else severity
        scheme, separator, _ = "".join(words).partition("://")
        if len(words) != 1 or not separator or not scheme.isalnum():
            raise Refused(f"line {number} of the notification addresses is not [{'|'.join(SEVERITIES)}] URL")
        found.append(Address(name=f"{len(found) + 1} {scheme.lower()}://***", severity=least, url=Secret(words[0])))
    return tuple(found)


class Messenger:
    """Sends to one address, each letter by a process of its own."""

    def __init__(self, address: Address, timeout_s: float, plain_hosts: Collection[str] = ()) -> None:
        self.name, self.severity = address.name, address.severity
        self._url = address.url
        self._timeout_s = timeout_s
        self._plain_hosts = tuple(plain_hosts)

    def send(self, letter: Letter) -> None:
        """Waits for the process, others go on meanwhile. Raises Retryable with why the letter was not taken."""
        task = Task(
            url=self._url.reveal(),
            title=letter.title,
            text=letter.text,
            kind=KINDS[letter.severity],
            plain_hosts=self._plain_hosts,
        )
        process = subprocess.Popen(
            (sys.executable, "-m", CHILD),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            said, _ = process.communicate(msgspec.json.encode(task), timeout=self._timeout_s)
        except subprocess.TimeoutExpired:
            raise Retryable(f"no answer within {self._timeout_s:g} s") from None
        finally:
            if process.poll() is None:  # too late, or the actor ends
                process.kill()
                process.wait()
        if process.returncode != 0:
            raise Retryable(f"the sending process ended with code {process.returncode}")
        if said:
            raise Retryable(said.decode(errors="replace")[:MOST])
