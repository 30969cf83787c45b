"""The supervision tree as data: who is under whom, in start order, and how each is restarted and stopped."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from actors.base import Actor
from actors.entry import KEEP
from actors.life import KILL_S
from actors.mailbox import Bounds
from actors.turns import Rank
from core.supervision import SUPERVISOR_SHUTDOWN_S, WORKER_SHUTDOWN_S, Restart, RestartRule

if TYPE_CHECKING:
    from actors.system import System

START_S = 30.0
"""How long `on_begin` of one worker may take, real time, before it counts as crashed."""


class Worker(Struct, frozen=True, kw_only=True):
    """One actor that is no supervisor; as a template, every child of its class of names."""

    name: str
    actor: type[Actor[Any]]
    args: Any = None
    restart: Restart = Restart.PERMANENT
    shutdown_s: float = WORKER_SHUTDOWN_S
    start_s: float = START_S
    bounds: Bounds = Bounds()
    rank: Rank = Rank.CROWD
    """Whose turn comes first on the way from an event to an order."""
    keep: int = KEEP
    """Messages kept while it is down. 0: nothing told to it then is done later, it is a dead letter at once."""


class Child(Struct, frozen=True):
    """A dynamic child: its name, whose class names its template, and what it is born with."""

    name: str
    args: Any = None


class Branch(Struct, frozen=True, kw_only=True):
    """A supervisor and what is under it, in start order."""

    name: str
    children: "tuple[Worker | Branch, ...]" = ()
    rule: RestartRule = RestartRule()
    restart: Restart = Restart.PERMANENT
    shutdown_s: float = SUPERVISOR_SHUTDOWN_S
    rank: Rank = Rank.CROWD
    """Of the supervisor: no child of it starts before it has a turn."""
    templates: tuple[Worker, ...] = ()
    """For dynamic children; `name` is the class of names each is for."""
    rebuild: "Callable[[System], Sequence[Child]] | None" = None
    """The dynamic children to start with, asked at each (re)start: positions from the journal."""


def walk(tree: Branch, parent: str = "") -> "Iterator[tuple[Worker | Branch, str]]":
    """Everything in the tree with the name of its supervisor, parents before children, in start order."""
    yield tree, parent
    for child in tree.children:
        if isinstance(child, Branch):
            yield from walk(child, tree.name)
        else:
            yield child, tree.name


def check(tree: Branch) -> None:
    """Raises ValueError when a name or a template stands twice: the second would never start."""
    seen: set[str] = set()
    for spec, _ in walk(tree):
        if spec.name in seen:
            raise ValueError(f"two actors are called {spec.name}")
        seen.add(spec.name)
        templates = [template.name for template in spec.templates] if isinstance(spec, Branch) else []
        if len(templates) != len(set(templates)):
            raise ValueError(f"{spec.name} has two templates for one class of names")


def kill_s(spec: Worker | Branch) -> float:
    """How long a kill may take: a killed supervisor first kills what is under it."""
    if isinstance(spec, Worker):
        return KILL_S
    return KILL_S + max(map(kill_s, (*spec.children, *spec.templates)), default=0.0)
