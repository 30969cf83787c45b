"""What the kernel sends between actors and supervisors: ahead of every other message, never counted as traffic."""

from msgspec import Struct


class Control(Struct, frozen=True):
    """Base of all control messages."""


class Stop(Control, frozen=True):
    """End normally now; what waits is handed on or becomes a dead letter."""


class Probe(Control, frozen=True):
    """Answered at once by an actor that is not hung."""


class Failed(Control, frozen=True):
    """A greenlet that the actor spawned crashed; so does the actor."""

    error: BaseException


class Exited(Control, frozen=True):
    """From a child to its supervisor, exactly once per incarnation. No reason: it ended normally."""

    name: str
    urn: str
    reason: BaseException | None


class Began(Control, frozen=True):
    """From a child to its supervisor: its `on_begin` succeeded."""

    name: str
    urn: str


class Due(Control, frozen=True):
    """From a supervisor's timer to itself: the backoff of these children is over."""

    names: tuple[str, ...]
    attempt: int


class Overdue(Control, frozen=True):
    """From a supervisor's timer to itself: this child has been starting for too long."""

    name: str
    urn: str


class Wanted(Control, frozen=True):
    """To a supervisor: a dynamic child of this name was asked for."""

    name: str
