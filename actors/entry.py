"""One name of the directory: who is behind it, in which state, and what waits for it."""

from collections import deque
from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any

from msgspec import Struct

from actors.base import Actor
from actors.flow import Counts
from actors.mailbox import Letter, Mailbox
from core.snapshots import ActorSnapshot, ActorState

STARTING, ALIVE, RESTARTING, DEAD = ActorState.STARTING, ActorState.ALIVE, ActorState.RESTARTING, ActorState.DEAD
CHANGING = (STARTING, RESTARTING)

KEEP = 1_000
"""Messages kept for a name that is starting or restarting, unless its spec says otherwise."""
LATE_S = 1.0


class DeadLetter(Struct, frozen=True):
    """A message that nobody will handle."""

    name: str
    message: object


class Entry:
    """Written by the directory only; its fields change together."""

    __slots__ = (
        "_held",
        "actor",
        "again",
        "class_name",
        "counts",
        "dynamic",
        "handled_before",
        "incarnation",
        "keep",
        "name",
        "open",
        "parent",
        "queued",
        "request",
        "state",
        "supervises",
    )

    def __init__(self, name: str, parent: str, counts: Counts) -> None:
        self.name, self.parent, self.counts = name, parent, counts
        self.class_name = ""
        self.state = DEAD
        self.actor: Actor[Any] | None = None
        self.open: Mailbox | None = None
        """The mailbox to tell, while the name is alive."""
        self._held: deque[Letter] | None = None  # made when it is needed: an empty one is 0.6 KB for each of a thousand
        self.keep = KEEP
        self.dynamic = self.supervises = self.again = False
        """`again`: a new child of the name was asked for while the last one was ending."""
        self.queued = False
        """The wish for it stands in the ordered queue: starting, but nothing is under way yet."""
        self.request: object = None
        self.incarnation = self.handled_before = 0

    def ending(self) -> bool:
        """Whether this is a dynamic child on its way out; it may still turn out that it comes back by itself."""
        finishing = self.actor is not None and self.actor.finishing
        return self.dynamic and (self.state is RESTARTING or (self.state is ALIVE and finishing))

    def held(self) -> int:
        """How many letters wait for the next incarnation."""
        return len(self._held) if self._held is not None else 0

    def hold(self, letters: Sequence[Letter], *, first: bool = False) -> None:
        """Keep them for the next incarnation, in their order; `first`: before those that wait already."""
        if self._held is None:
            self._held = deque(letters)
        elif first:
            self._held.extendleft(reversed(letters))
        else:
            self._held.extend(letters)

    def let_go(self) -> Iterable[Letter]:
        """Everything that waited, in order; from now on it does not."""
        held, self._held = self._held, None
        return held if held is not None else ()

    def waiting(self) -> int:
        """How many letters wait, for this incarnation or the next."""
        return self.held() + (0 if self.actor is None else len(self.actor.inbox))

    def hung(self) -> bool:
        """Whether it has been handling one message for too long."""
        actor = self.actor
        if actor is None or not actor.handling or actor.since_s is None:
            return False
        return monotonic() - actor.since_s > LATE_S

    def snapshot(self, *, late: bool = False) -> ActorSnapshot:
        """What can be seen from outside now; `late` when the looker knows that it is."""
        actor = self.actor
        age_s = None if actor is None or actor.since_s is None else monotonic() - actor.since_s
        return ActorSnapshot(
            name=self.name,
            class_name=self.class_name,
            parent=self.parent,
            state=self.state,
            incarnation=self.incarnation,
            restarts=max(self.incarnation - 1, 0),
            mailbox_depth=self.waiting(),
            handled=self.handled_before + (0 if actor is None else actor.handled),
            last_message_age_s=age_s,
            late=late or self.hung(),
            view=None if actor is None else shown(actor),
        )


def shown(actor: Actor[Any]) -> object:
    """The actor's own picture of its state, or what is wrong with that: looking must not fail."""
    try:
        return actor.view()
    except Exception as error:  # noqa: BLE001 - whatever a view raises, the looker sees it in place of the view
        return f"cannot be shown: {error!r}"
