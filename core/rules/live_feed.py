"""The figures by which a live feed keeps its connection, and when it calls a silence one."""

from typing import Literal

from msgspec import Struct


class LiveRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the live feed keeps its connection. Times in real seconds."""

    commitment: Literal["processed", "confirmed"] = "processed"
    """`processed` is half a second earlier; about one slot in twenty never becomes part of the chain."""
    silence_s: float = 15.0
    """Launches come about every 4 s (chain.md): a program silent for so long is a dead subscription."""
    ping_s: float = 10.0
    connect_s: float = 10.0
    backoff_first_s: float = 0.5
    backoff_most_s: float = 30.0
    steady_s: float = 60.0
    """A connection that lived so long was good: the next backoff begins anew."""
    queue_transactions: int = 50_000
    """Beyond it the consumer is too slow: all that waits is dropped and a gap is marked."""
    gap_transactions: int = 200
    """Read at most to fill a gap; a node asked for more would deny the exits their calls."""
    funding_transactions: int = 10
    """Of a creator's latest, read to see whom it paid, when its coin may be entered."""
    funding_again_s: float = 60.0
    poll_after_s: float = 30.0
    """A socket silent for so long while something is held: nodes are asked for its trades (rules.md §7)."""
    poll_every_s: float = 2.0
