"""The first page: the system at a glance, made on the server, readable without JavaScript and on a phone."""

from http import HTTPStatus

from flask import Response, render_template

from core.errors import MicroError
from core.types import LAMPORTS_PER_SOL
from monitor import reading
from monitor.reading import Desk
from monitor.views import actors as actors_view
from monitor.views import alerts as alerts_view
from monitor.views import candidates as candidates_view
from monitor.views import commandments as commandments_view
from monitor.views import health
from monitor.views import operations as operations_view
from monitor.views.operations import Shown
from monitor.views.sight import Sight, alerts_of

REFRESH_S = 5
ROWS = 12
REASONS = 3
CROWDS = frozenset({"watcher"})
"""Classes of names with hundreds of actors: counted on the page, listed under /actors."""


def answer(desk: Desk) -> Response:
    """The page; 503 while there are no books to show."""
    panel = desk.panel
    reasons = health.reasons(panel)
    shown = {
        "refresh_s": REFRESH_S,
        "mode": panel.mode,
        "reasons": reasons,
        "uptime_s": panel.uptime_s(),
        "tree": _tree(desk),
        "alerts": _alerts(desk),
    }
    try:
        shown |= _booked(desk)
    except MicroError as error:
        shown["missing"] = str(error)
    status = HTTPStatus.SERVICE_UNAVAILABLE if "missing" in shown else HTTPStatus.OK
    text = render_template("page.html", **shown, **FORMATS)
    return Response(text, status=status.value, content_type="text/html; charset=utf-8")


def _booked(desk: Desk) -> Shown:
    sight = Sight(desk.panel)
    candidates = candidates_view.newest_first(desk.tally, fate=None, criterion=None, mint="")
    return {
        "status": reading.status(desk),
        "commandments": commandments_view.shown(sight),
        "operations": [
            operations_view.shown(one, at_s=sight.at_s) for one in operations_view.newest_first(sight)[:ROWS]
        ],
        "candidates": [_explained(candidates_view.shown(one)) for one in candidates[:ROWS]],
    }


def _explained(candidate: Shown) -> Shown:
    """With the reasons that weigh most: what decided first, and how many more there are."""
    verdicts, gate = candidate["verdicts"], candidate["gate"]
    assert isinstance(verdicts, list)  # noqa: S101 - candidates_view makes it so
    against = sorted(
        (one for one in verdicts if one["outcome"] != "pass"),
        key=lambda one: one["criterion"] != candidate["decided_by"],
    )
    if not against and isinstance(gate, dict):
        against = gate["against"]
    return {**candidate, "why": against[:REASONS], "more": len(against[REASONS:])}


def _tree(desk: Desk) -> Shown:
    everybody = actors_view.in_tree_order(desk.panel.directory.snapshots())
    crowd = [actor for _, actor in everybody if actor.name.partition(".")[0] in CROWDS]
    rest = [(depth, actor) for depth, actor in everybody if actor.name.partition(".")[0] not in CROWDS]
    return {"actors": rest, "watchers": len(crowd), "late_watchers": sum(actor.late for actor in crowd)}


def _alerts(desk: Desk) -> list[Shown] | None:
    view = alerts_of(desk.panel)
    return None if view is None else [alerts_view.shown(alert) for alert in view.alerts[:ROWS]]


def sol(lamports: float | None) -> str:
    return "unknown" if lamports is None else f"{lamports / LAMPORTS_PER_SOL:.6f}"


def signed_sol(lamports: float | None) -> str:
    return "unknown" if lamports is None else f"{lamports / LAMPORTS_PER_SOL:+.6f}"


def dollars(usd: float | None) -> str:
    return "unknown" if usd is None else f"${usd:,.2f}"


def share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def percent(bps: int | None) -> str:
    return "–" if bps is None else f"{bps / 100:+.1f} %"


def duration(seconds: float | None) -> str:
    """The two largest units that matter."""
    if seconds is None:
        return "–"
    minutes, rest_s = divmod(int(max(seconds, 0.0)), 60)
    hours, rest_min = divmod(minutes, 60)
    if hours:
        return f"{hours} h {rest_min} min"
    return f"{minutes} min {rest_s} s" if minutes else f"{rest_s} s"


def clock(at: str | None) -> str:
    """The time of day of an ISO moment, UTC, to the second."""
    return "–" if at is None else at.partition("T")[2][:8]


def short(mint: str | None) -> str:
    """Enough of an address to recognise it."""
    if not mint:
        return "–"
    return mint if len(mint) <= 12 else f"{mint[:4]}…{mint[-4:]}"


def label(name: str) -> str:
    """An actor's name, with the address in it short."""
    first, dot, rest = name.partition(".")
    return f"{first}{dot}{short(rest)}" if dot and len(rest) > 20 else name


def figure(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3g}"


FORMATS = {
    format_.__name__: format_
    for format_ in (sol, signed_sol, dollars, share, percent, duration, clock, short, label, figure)
}
