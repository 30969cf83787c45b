"""What each path answers, as plain data. Lists are {"items": […], "next": cursor or null}."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from http import HTTPStatus
from time import monotonic
from typing import Protocol, TypeVar

from flask import request
from msgspec import Raw

from core.ledger.books import Operation
from core.ports import Panel
from core.snapshots import ActorState
from core.state.notifier import SEVERITIES
from monitor.prices import Prices
from monitor.tally import Tally
from monitor.views import actors as actors_view
from monitor.views import alerts as alerts_view
from monitor.views import candidates as candidates_view
from monitor.views import chart as chart_view
from monitor.views import commandments as commandments_view
from monitor.views import emergency as emergency_view
from monitor.views import equity as equity_view
from monitor.views import ledger as ledger_view
from monitor.views import operations as operations_view
from monitor.views import positions as positions_view
from monitor.views import status as status_view
from monitor.views import wallets as wallets_view
from monitor.views.operations import Shown
from monitor.views.performance import Figures
from monitor.views.plain import encoded
from monitor.views.sight import Sight, alerts_of
from monitor.web.problems import Problem
from monitor.web.query import choice, flag, known, mint_filter, number, page, paging

LIVE_S = 0.5
SLICE_S = 0.0005
"""How long a list is made before others go first; an item is made in one go."""
LAST_EMERGENCIES = 20

Item = TypeVar("Item")


class Desk(Protocol):
    """What is read from: the panel, and what the monitor remembers for itself."""

    panel: Panel
    tally: Tally
    figures: Figures
    prices: Prices


def status(desk: Desk) -> Shown:
    return status_view.shown(Sight(desk.panel), desk.figures)


def commandments(desk: Desk) -> Shown:
    known()
    desk.tally.catch_up()
    return whole(desk, commandments_view.shown(Sight(desk.panel), desk.tally.refused))


def wallets(desk: Desk) -> Shown:
    known()
    return whole(desk, wallets_view.shown(Sight(desk.panel)))


def positions(desk: Desk) -> Shown:
    asked = paging("mint")
    mint = mint_filter()
    sight = Sight(desk.panel)
    found = [op for op in sight.books.operations.values() if not mint or op.mint == mint]
    shown, cursor = page(found, asked, lambda op: op.id)
    return listed(desk, (positions_view.shown(sight, op) for op in shown), cursor)


def position(desk: Desk, mint: str) -> Shown:
    known()
    sight = Sight(desk.panel)
    return positions_view.shown(sight, _held(sight, mint))


def chart(desk: Desk, mint: str) -> Shown:
    known()
    sight = Sight(desk.panel)
    operation = _held(sight, mint)
    return chart_view.shown(sight, operation, desk.prices.candles(operation), desk.prices.period_s)


def equity(desk: Desk) -> Shown:
    known()
    books = desk.panel.books()
    desk.tally.catch_up()
    return equity_view.shown(tuple(desk.tally.equity), books.capital_lamports())


def operations(desk: Desk) -> Shown:
    asked = paging("mint", "state")
    mint, state = mint_filter(), choice("state", ("open", "closed"))
    sight = Sight(desk.panel)
    found = [
        op
        for op in operations_view.newest_first(sight)
        if (not mint or op.mint == mint) and (state is None or operations_view.state_of(op) == state)
    ]
    shown, cursor = page(found, asked, lambda op: op.id)
    return listed(desk, (operations_view.shown(op, at_s=sight.at_s) for op in shown), cursor)


def operation(desk: Desk, operation_id: str) -> Shown:
    known()
    sight = Sight(desk.panel)
    found = next((op for op in operations_view.newest_first(sight) if op.id == operation_id), None)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "there is no such operation")
    return operations_view.shown(found, at_s=sight.at_s)


def candidates(desk: Desk) -> Shown:
    asked = paging("mint", "fate", "criterion")
    fate, criterion = choice("fate", candidates_view.FATES), request.args.get("criterion")
    before = number(asked.cursor, "cursor")
    found = [
        one
        for one in candidates_view.newest_first(desk.tally, fate=fate, criterion=criterion, mint=mint_filter())
        if before is None or one.seq < before
    ]
    return cut(desk, found, asked.limit, candidates_view.shown, lambda one: str(one.seq))


def ledger(desk: Desk) -> Shown:
    asked = paging("mint", "kind")
    kind, before = choice("kind", ledger_view.KINDS), number(asked.cursor, "cursor")
    # One more than asked for tells whether there is a next page.
    found = desk.panel.newest((kind,) if kind else (), before_seq=before, mint=mint_filter(), limit=asked.limit + 1)
    return cut(desk, found, asked.limit, ledger_view.shown, lambda entry: str(entry.seq))


def alerts(desk: Desk) -> Shown:
    asked = paging("severity", "key", "acknowledged")
    severity, key, acknowledged = choice("severity", SEVERITIES), request.args.get("key"), flag("acknowledged")
    before = number(asked.cursor, "cursor")
    view = alerts_of(desk.panel)
    if view is None:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "the notifier is down", {"Retry-After": "1"})
    found = [
        alert
        for alert in view.alerts
        if (severity is None or alert.severity == severity)
        and (key is None or alert.key == key)
        and (acknowledged is None or bool(alert.acknowledged_by) == acknowledged)
        and (before is None or alert.id < before)
    ]
    return cut(desk, found, asked.limit, alerts_view.shown, lambda alert: str(alert.id))


def emergencies(desk: Desk) -> Shown:
    known()
    last = desk.panel.newest(("emergency_fired",), limit=LAST_EMERGENCIES)
    return emergency_view.shown(Sight(desk.panel), last)


def actors(desk: Desk) -> Shown:
    asked = paging("live", "state", "class")
    live, state, class_of_names = (
        flag("live"),
        choice("state", [one.value for one in ActorState]),
        request.args.get("class"),
    )
    everybody = desk.panel.directory.snapshots(live=bool(live), timeout_s=LIVE_S)
    found = [
        (depth, actor)
        for depth, actor in actors_view.in_tree_order(everybody)
        if (state is None or actor.state.value == state)
        and (class_of_names is None or actor.name.partition(".")[0] == class_of_names)
    ]
    shown, cursor = page(found, asked, lambda one: one[1].name)
    return listed(desk, (actors_view.shown(depth, actor) for depth, actor in shown), cursor)


def actor(desk: Desk, name: str) -> Shown:
    known("live")
    one = desk.panel.directory.snapshot(name, live=bool(flag("live")), timeout_s=LIVE_S)
    if one is None:
        raise Problem(HTTPStatus.NOT_FOUND, "there is no actor of this name")
    depth = 0
    above = desk.panel.directory.snapshot(one.parent) if one.parent else None
    while above is not None:
        depth += 1
        above = desk.panel.directory.snapshot(above.parent) if above.parent else None
    return actors_view.shown(depth, one, items=200)


def dump(desk: Desk) -> Shown:
    """With `live` each actor is asked, otherwise its last snapshot stands."""
    known("live")
    if flag("live"):
        return desk.panel.dump()
    everybody = actors_view.in_tree_order(desk.panel.directory.snapshots())
    shown = (encoded({one.name: actors_view.shown(depth, one)})[1:-1] for depth, one in everybody)
    return {"actors": Raw(b"{%s}" % b",".join(in_parts(desk, shown)))}


def _held(sight: Sight, mint: str) -> Operation:
    operation = sight.books.operation_of(mint)
    if operation is None:
        raise Problem(HTTPStatus.NOT_FOUND, "there is no open position in this token")
    return operation


def whole(desk: Desk, items: Sequence[Shown]) -> Shown:
    """A short list that is never paged."""
    return listed(desk, items, None)


def listed(desk: Desk, items: Iterable[Shown], cursor: str | None) -> Shown:
    """Each item is made and written by itself; others go first between its parts."""
    return {"items": Raw(b"[%s]" % b",".join(in_parts(desk, map(encoded, items)))), "next": cursor}


def in_parts(desk: Desk, items: Iterable[Item]) -> Iterator[Item]:
    """The same; after each slice of time others go first: what is long to make must not hold up who trades."""
    since_s = monotonic()
    for item in items:
        yield item
        if monotonic() - since_s >= SLICE_S:
            desk.panel.give_way()
            since_s = monotonic()


def cut(
    desk: Desk, found: Sequence[Item], limit: int, show: Callable[[Item], Shown], key: Callable[[Item], str]
) -> Shown:
    """The first `limit`, and the cursor of the last of them when there are more."""
    shown = found[:limit]
    return listed(desk, map(show, shown), key(shown[-1]) if len(found) > limit else None)
