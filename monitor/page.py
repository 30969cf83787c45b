"""The page: the system at a glance, made on the server, readable without JavaScript and on a phone.

It is made from the topics that `/events` tells, so that a script only has to keep it fresh.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import groupby

from flask import Response, render_template

from core.types import LAMPORTS_PER_SOL
from monitor.topics import Source, decoded
from monitor.views.operations import Shown

REFRESH_S = 5
"""Without scripts the page loads itself again."""


class Page:
    """One per application. Made anew only when a topic has changed, however many ask."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._made: tuple[int, ...] = ()
        self._text = ""
        self._status = HTTPStatus.OK

    def answer(self) -> Response:
        """The page; 503 while there are no books to show."""
        frames = self._source.newest()
        versions = tuple(frame.version for frame in frames)
        if versions != self._made or not self._text:
            topics = decoded(frames)
            missing = topics["status"].get("missing")
            self._text = render_template("page.html", refresh_s=REFRESH_S, missing=missing, **parts(topics), **FORMATS)
            self._status = HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.OK
            self._made = versions
        return Response(self._text, status=self._status.value, content_type="text/html; charset=utf-8")


def parts(topics: Mapping[str, Shown]) -> dict[str, object]:
    """What the template reads; None for a topic that cannot be had."""
    known = {topic: None if "missing" in shown else shown for topic, shown in topics.items()}
    return {topic: known.get(topic) for topic in (*known, "link")}


def sol(lamports: float | None) -> str:
    return "unknown" if lamports is None else f"{lamports / LAMPORTS_PER_SOL:.6f}"


def signed_sol(lamports: float | None) -> str:
    return "unknown" if lamports is None else f"{lamports / LAMPORTS_PER_SOL:+.6f}".replace("-", "−")


def dollars(usd: float | None) -> str:
    return "unknown" if usd is None else f"${usd:,.2f}"


def share(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f} %"


def percent(bps: int | None) -> str:
    return "–" if bps is None else f"{bps / 100:+.1f} %".replace("-", "−")


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


def rising(value: float | None) -> str:
    """The class of a result."""
    return "" if not value else ("down" if value < 0 else "up")


def told(exits: Sequence[Mapping[str, str]]) -> str:
    """Reasons in order, neighbours that are the same counted."""
    runs = [(reason, len(list(run))) for reason, run in groupby(fill["reason"].replace("_", " ") for fill in exits)]
    return ", ".join(f"{reason} × {count}" if count > 1 else reason for reason, count in runs) or "–"


FORMATS = {
    format_.__name__: format_
    for format_ in (sol, signed_sol, dollars, share, percent, duration, clock, short, label, figure, rising, told)
}
