"""What anybody may see of an actor at any time, without asking it."""

from enum import StrEnum

from msgspec import Struct


class ActorState(StrEnum):
    """Where a name is in its life. Names outlive incarnations."""

    STARTING = "starting"
    ALIVE = "alive"
    RESTARTING = "restarting"
    DEAD = "dead"


class ActorSnapshot(Struct, frozen=True, kw_only=True, gc=False):
    """One actor from outside. Counts are over all incarnations of the name."""

    name: str
    class_name: str
    parent: str
    """Name of its supervisor, empty for the root."""
    state: ActorState
    incarnation: int
    restarts: int
    mailbox_depth: int
    handled: int
    last_message_age_s: float | None
    """Since the last message was begun, real time; None before the first."""
    late: bool
    """It has been handling one message for more than a second, or did not answer a live look in time."""
    view: object
    """What the actor shows of its state: a frozen struct of its own, or None."""


class Crowd(Struct, frozen=True):
    """The actors of one class of names together."""

    waiting: int
    """Messages in their mailboxes."""
    late: int
    """Actors that have been handling one message for more than a second."""
    actors: int


class TrafficCounts(Struct, frozen=True, kw_only=True):
    """Messages of one class of names. sent = handled + refused + dead + conflated + still under way."""

    sent: int
    handled: int
    refused: int
    """The mailbox was full; the sender was told."""
    dead: int
    """Nobody of that name was there, or it ended before the message's turn and did not come back."""
    conflated: int
    """Market data merged into a newer message of the same token."""
    restarts: int
