"""What the process that runs Apprise is told. Apart from it: the trading process never reads Apprise in."""

from msgspec import Struct


class Task(Struct, frozen=True, kw_only=True):
    url: str
    title: str
    text: str
    kind: str
    """As Apprise calls a severity."""
    plain_hosts: tuple[str, ...] = ()
