"""Every message between actors: frozen, tagged, units in the names.

Commands are imperative and may be refused; events are past tense; queries begin with `Get`. `MarketData` conflates
per token when a mailbox falls behind. Times `at_s` are market time (block time) in epoch seconds.
"""

from typing import Self

from msgspec import Struct


class Message(Struct, frozen=True, kw_only=True, tag=True):
    """Base of all messages."""


class Command(Message, frozen=True, kw_only=True):
    """Asks for something to be done once. A full mailbox refuses it to the sender.

    `id` is unique per run (from seed and sequence); `deadline_s` in market time, 0 for none; `cause` is the id of what
    led to it.
    """

    id: str = ""
    deadline_s: float = 0.0
    cause: str = ""


class Event(Message, frozen=True, kw_only=True):
    """Something that happened."""


class Query(Message, frozen=True, kw_only=True):
    """Asks for an answer and changes nothing. Used with `Directory.ask`, which always has a timeout."""


class MarketData(Event, frozen=True, kw_only=True):
    """Something a feed saw about one token. Conflates: when a mailbox falls behind, older ones are merged."""

    mint: str
    at_s: float
    slot: int
    skipped: int = 0
    """Messages that were merged into this one. Above 0 the receiver's counts (holders) have a gap."""

    def after(self, older: "MarketData") -> "Self | None":
        """This message with `older` merged into it, or None where the two must stay apart."""
        return None


class Tick(Event, frozen=True, kw_only=True, gc=False):
    """A market-time timer of the receiver's own."""

    key: str


class Undelivered(Event, frozen=True, kw_only=True):
    """A command one told came back: its receiver is dead (`full` False) or its mailbox is full. It was not done."""

    to: str
    command: Command
    full: bool
