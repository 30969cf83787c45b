"""What an actor is born with, whose greenlet runs, what it can die of, and how it is ended from outside."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import gevent
from gevent import Greenlet
from gevent.hub import getcurrent
from msgspec import Struct

from actors.mailbox import Bounds
from actors.turns import Rank
from core.supervision import WORKER_SHUTDOWN_S

if TYPE_CHECKING:
    from actors.base import Actor
    from actors.system import System

    Base = Greenlet[[], None]
else:
    Base = Greenlet

KILL_S = 1.0
"""How long a killed greenlet may take to unwind before it is disowned."""
KILLS = 3
"""A handler may swallow the first, with a careless except."""


class Crash(Exception):
    """A `gevent.Timeout`, `GreenletExit`, `SystemExit` or the like left an actor's code. It ends that actor alone."""


def as_crash(error: BaseException) -> Exception:
    """The error itself, or a Crash for one that must not travel: raised again in an asker it would end that too."""
    if isinstance(error, Exception):
        return error
    crash = Crash(f"{type(error).__name__}: {error}")
    crash.__cause__ = error
    return crash


class Context(Struct, frozen=True, kw_only=True):
    """All an actor is born with."""

    name: str
    parent: str
    """Name of the supervisor, empty for the root."""
    system: "System"
    args: Any = None
    bounds: Bounds = Bounds()
    rank: Rank = Rank.CROWD
    shutdown_s: float = WORKER_SHUTDOWN_S
    """How long `on_end` may take, and how long the supervisor waits before it kills."""


class ActorGreenlet(Base):
    """The greenlet of one actor; tells code that runs in it whose it is."""

    def __init__(self, actor: "Actor[Any]") -> None:
        super().__init__(actor.live)
        self.actor: Actor[Any] | None = actor


def current_actor() -> "Actor[Any] | None":
    """The actor in whose greenlet the caller runs."""
    return cast("Actor[Any] | None", getattr(getcurrent(), "actor", None))


def await_end(actors: "Iterable[Actor[Any]]", timeout_s: float) -> None:
    """Wait until all have ended, or the time is over."""
    gevent.joinall([actor.greenlet for actor in actors if actor.greenlet is not None], timeout=timeout_s)


def kill_all(actors: "Iterable[Actor[Any]]", timeout_s: float) -> None:
    """End these from outside, together, after they did not stop in time. Those that will not die are disowned."""
    left = [(actor, actor.greenlet) for actor in actors if actor.greenlet is not None]
    for attempt in range(KILLS):
        left = [(actor, greenlet) for actor, greenlet in left if not greenlet.dead]
        for actor, greenlet in left:
            actor.killed = True
            # A supervisor that was killed is busy killing its own: a second kill would stop it in that.
            if attempt == 0 or not actor.supervises:
                greenlet.kill(block=False)
        gevent.joinall([greenlet for _, greenlet in left], timeout=timeout_s / KILLS)
    for actor, greenlet in left:
        if not greenlet.dead:
            actor.disown()


def rank_of(asker: "Actor[Any] | None") -> Rank:
    """Whoever waits for an answer on the way to an order is in the middle of it: nobody begins anything before that."""
    return Rank.CROWD if asker is None or asker.context.rank is Rank.CROWD else Rank.ORDER
