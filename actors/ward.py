"""A child as its supervisor sees it."""

from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from gevent.hub import get_hub
from msgspec import Struct

from actors.base import Actor, Context
from actors.control import Overdue
from actors.mailbox import Bounds, Mailbox
from actors.tree import Branch, Worker

if TYPE_CHECKING:
    from actors.system import System


class Phase(Enum):
    DOWN = auto()
    """Waits for its backoff."""
    DUE = auto()
    """To be started as soon as those before it have begun."""
    STARTING = auto()
    ALIVE = auto()
    STOPPED = auto()
    """Ended normally and stays so; a static child that may be started again with its supervisor only."""


class Ward:
    """Written by its supervisor only."""

    __slots__ = ("actor", "args", "attempt", "dynamic", "name", "phase", "spec", "timer", "urn")

    def __init__(self, name: str, spec: Worker | Branch, args: Any, *, dynamic: bool) -> None:
        self.name, self.spec, self.args, self.dynamic = name, spec, args, dynamic
        self.phase = Phase.DUE
        self.actor: Actor[Any] | None = None
        self.urn = ""
        self.attempt = 0
        self.timer: Any = None

    def start(self, system: "System", parent: str, of_branches: type[Actor[Any]]) -> Actor[Any]:
        """A new incarnation. Raises what its constructor raises, and Refused when the name is somebody else's."""
        spec = self.spec
        if isinstance(spec, Worker):
            actor_class, args, bounds, keep = spec.actor, self.args, spec.bounds, spec.keep
        else:
            actor_class, args, bounds, keep = of_branches, spec, Bounds(), 0
        system.directory.expect(self.name, parent, keep=keep, dynamic=self.dynamic)
        actor_class.start(
            Context(
                name=self.name,
                parent=parent,
                system=system,
                args=args,
                bounds=bounds,
                rank=spec.rank,
                shutdown_s=spec.shutdown_s,
            )
        )
        return system.directory.present(self.name)

    def start_timer(self, inbox: Mailbox) -> None:
        """Tell the supervisor when this worker has been starting for too long. A branch's workers have their own."""
        if isinstance(self.spec, Worker):
            self.timer = get_hub().loop.timer(self.spec.start_s)
            self.timer.start(inbox.control, Overdue(self.name, self.urn))

    def end_timer(self) -> None:
        if self.timer is not None:
            self.timer.stop()
            self.timer.close()
            self.timer = None


class SupervisorView(Struct, frozen=True, kw_only=True):
    """What a supervisor shows of itself."""

    strategy: str
    children: int
    restarts_within_period: int
    intensity: int
    last_crash: str
