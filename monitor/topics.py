"""What is told as it changes: one document a topic, made at most once a second for all who listen.

The page is made from the same documents, so it shows the same with scripts and without.
"""

from collections.abc import Callable, Iterator
from threading import Lock
from time import monotonic
from typing import Protocol

import msgspec
from msgspec import Struct

from core.errors import MicroError
from monitor import reading
from monitor.reading import Desk
from monitor.views import actors as actors_view
from monitor.views import alerts as alerts_view
from monitor.views import candidates as candidates_view
from monitor.views import chart as chart_view
from monitor.views import commandments as commandments_view
from monitor.views import equity as equity_view
from monitor.views import health
from monitor.views import operations as operations_view
from monitor.views.operations import Shown
from monitor.views.plain import encoded
from monitor.views.sight import Sight, alerts_of
from monitor.web.problems import Problem

EVERY_S = 1.0
ROWS = 12
REASONS = 3
CROWDS = frozenset({"watcher"})
"""Classes of names with hundreds of actors: counted here, listed under /actors."""


class Frame(Struct, frozen=True):
    """One topic as it is now. `version` is higher each time it differs from before."""

    topic: str
    version: int
    data: bytes


class Source(Protocol):
    """Where frames come from: this process, or an executor elsewhere."""

    def newest(self) -> tuple[Frame, ...]:
        """Every topic, at most `EVERY_S` old where it can be had."""
        ...


class Topics:
    """One per process."""

    def __init__(self, desk: Desk, clock: Callable[[], float] = monotonic) -> None:
        self._desk, self._clock = desk, clock
        self._lock = Lock()
        self._frames: dict[str, Frame] = {}
        self._version = 0
        self._made_s = float("-inf")

    def newest(self) -> tuple[Frame, ...]:
        with self._lock:
            if self._clock() - self._made_s >= EVERY_S:
                self._make()
                self._made_s = self._clock()
            return tuple(self._frames.values())

    def _make(self) -> None:
        for topic, compose in TOPICS.items():
            try:
                shown = compose(self._desk)
            except MicroError as error:
                shown = {"missing": str(error)}
            except Problem as problem:
                shown = {"missing": problem.detail}
            data = encoded(shown)
            old = self._frames.get(topic)
            if old is None or old.data != data:
                self._version += 1
                self._frames[topic] = Frame(topic, self._version, data)
            self._desk.panel.give_way()


def decoded(frames: tuple[Frame, ...]) -> dict[str, Shown]:
    """The documents by topic."""
    return {frame.topic: msgspec.json.decode(frame.data) for frame in frames}


def _health(desk: Desk) -> Shown:
    return health.shown(desk.panel)


def _commandments(desk: Desk) -> Shown:
    desk.tally.catch_up()
    return {"items": commandments_view.shown(Sight(desk.panel), desk.tally.refused)}


def _operations(desk: Desk) -> Shown:
    sight = Sight(desk.panel)
    newest = operations_view.newest_first(sight)[:ROWS]
    return {"items": [operations_view.shown(one, at_s=sight.at_s) for one in newest]}


def _candidates(desk: Desk) -> Shown:
    Sight(desk.panel)  # without books there is no journal to follow either
    newest = candidates_view.newest_first(desk.tally, fate=None, criterion=None, mint="")
    return {"items": [explained(candidates_view.shown(one)) for one in newest[:ROWS]]}


def explained(candidate: Shown) -> Shown:
    """With the reasons that weigh most, what decided first, and how many more there are; without the verdicts."""
    verdicts, gate = candidate["verdicts"], candidate["gate"]
    assert isinstance(verdicts, list)  # noqa: S101 - candidates_view makes it so
    against = sorted(
        (one for one in verdicts if one["outcome"] != "pass"),
        key=lambda one: one["criterion"] != candidate["decided_by"],
    )
    if not against and isinstance(gate, dict):
        against = gate["against"]
    brief = {name: value for name, value in candidate.items() if name != "verdicts"}
    return {**brief, "why": against[:REASONS], "more": len(against[REASONS:])}


def _alerts(desk: Desk) -> Shown:
    view = alerts_of(desk.panel)
    if view is None:
        return {"missing": "the notifier is down"}
    shown = [alerts_view.shown(alert) for alert in view.alerts[:ROWS]]
    return {"items": shown, "unacknowledged": view.unacknowledged}


def _actors(desk: Desk) -> Shown:
    directory = desk.panel.directory
    rest = actors_view.in_tree_order(directory.snapshots(besides=CROWDS))
    crowds = [crowd for name, crowd in directory.crowds().items() if name in CROWDS]
    return {
        "items": [actors_view.brief(depth, actor) for depth, actor in rest],
        "watchers": sum(crowd.actors for crowd in crowds),
        "late_watchers": sum(crowd.late for crowd in crowds),
    }


def _equity(desk: Desk) -> Shown:
    books = desk.panel.books()
    desk.tally.catch_up()
    return equity_view.shown(tuple(desk.tally.equity), books.capital_lamports())


def _charts(desk: Desk) -> Shown:
    sight = Sight(desk.panel)
    return {"items": list(_each_chart(desk, sight))}


def _each_chart(desk: Desk, sight: Sight) -> Iterator[Shown]:
    for operation in sight.books.operations.values():
        try:
            candles = desk.prices.candles(operation)
        except MicroError as error:
            yield {**chart_view.shown(sight, operation, (), desk.prices.period_s), "missing": str(error)}
        else:
            yield chart_view.shown(sight, operation, candles, desk.prices.period_s)


TOPICS: dict[str, Callable[[Desk], Shown]] = {
    "health": _health,
    "status": reading.status,
    "commandments": _commandments,
    "charts": _charts,
    "alerts": _alerts,
    "operations": _operations,
    "candidates": _candidates,
    "equity": _equity,
    "actors": _actors,
}
"""In the order in which they are told."""
