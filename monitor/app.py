"""The two applications: the monitor, which mostly looks, and the executor's control, which changes.

Both read the same paths from the same desk; each is served by an actor of its own.
"""

from collections.abc import Callable
from http import HTTPStatus

from flask import Flask, Response, request

from core.ports import Panel
from monitor import reading
from monitor.desk import Desk
from monitor.metrics.exposition import Exposition
from monitor.openapi import document
from monitor.page import Page
from monitor.topics import TOPICS
from monitor.views import health
from monitor.views.operations import Shown
from monitor.views.plain import encoded
from monitor.web import changes, mentions, query, webhook
from monitor.web.access import Door, is_loopback
from monitor.web.events import Streams
from monitor.web.shell import answer, bare, written

Reader = Callable[..., Shown]


def monitor_app(desk: Desk) -> Flask:
    """Port 8081. Reading is open on loopback; from elsewhere it needs the read token, `/health` excepted."""
    door = Door(reading_needs_token=not is_loopback(desk.panel.settings.runtime.bind))
    app = bare(desk.panel, door, pages=True)
    _readings(app, desk, document.monitor(reading_is_open=not door.reading_needs_token))
    app.add_url_rule("/", "page", Page(desk.topics).answer, methods=["GET"])
    _watching(app, desk.panel)
    return app


def control_app(desk: Desk) -> Flask:
    """Port 8080. Everything but `/health` needs a token, every change the operate token."""
    panel = desk.panel
    app = bare(panel, Door(reading_needs_token=True), pages=False)
    _readings(app, desk, document.control())
    for name, change in (
        ("start", changes.start),
        ("pause", changes.pause),
        ("resume", changes.resume),
        ("settings", changes.reread),
    ):
        _change(app, f"/{name}", name, _with_reason(panel, change))
    _change(app, "/wallets/rotate", "rotate", _with_reason(panel, changes.rotate))
    _change(app, "/operations", "enter", lambda: changes.enter(panel, query.body(changes.Entering)))
    _change(app, "/positions/<mint>/exit", "leave", lambda mint: changes.leave(panel, mint, query.body(changes.Reason)))
    _change(app, "/sentiment", "mentions", mentions.Intake(panel).take)
    _watching(app, panel)
    return app


def _watching(app: Flask, panel: Panel) -> None:
    """What whoever watches may change: on the monitor, and on control for a monitor that runs elsewhere."""
    _change(app, "/alerts", "webhook", lambda: webhook.receive(panel, query.body(webhook.Webhook)))
    _change(app, "/emergency", "emergency", lambda: changes.emergency(panel, query.body(changes.Emergency)))
    _change(
        app,
        "/alerts/<int:alert_id>/acknowledge",
        "acknowledge",
        lambda alert_id: changes.acknowledge(panel, alert_id, query.body(changes.Reason)),
    )


def _readings(app: Flask, desk: Desk, described: Shown) -> None:
    streams = Streams(desk.topics, TOPICS)
    exposition = Exposition(desk.panel, desk.tally)

    def read(path: str, reader: Reader) -> None:
        def view(**names: object) -> Response:
            return _made(desk, lambda: reader(desk, **names))

        app.add_url_rule(path, f"read {path}", view, methods=["GET"])

    app.add_url_rule("/openapi.json", "openapi", lambda: _described(described), methods=["GET"])
    app.add_url_rule("/events", "events", streams.answer, methods=["GET"])
    app.add_url_rule("/health", "health", lambda: _health(desk.panel), methods=["GET"])
    app.add_url_rule("/metrics", "metrics", lambda: _metrics(exposition), methods=["GET"])
    page = Page(desk.topics)
    app.add_url_rule("/status", "status", lambda: _status(desk, page), methods=["GET"])
    read("/commandments", reading.commandments)
    read("/alerts", reading.alerts)
    read("/emergency", reading.emergencies)
    read("/actors", reading.actors)
    read("/actors/dump", reading.dump)
    read("/actors/<name>", reading.actor)
    read("/positions", reading.positions)
    read("/positions/<mint>", reading.position)
    read("/positions/<mint>/chart", reading.chart)
    read("/equity", reading.equity)
    read("/operations", reading.operations)
    read("/operations/<operation_id>", reading.operation)
    read("/candidates", reading.candidates)
    read("/ledger", reading.ledger)
    read("/wallets", reading.wallets)


def _change(app: Flask, path: str, endpoint: str, change: Callable[..., Shown | tuple[Shown, HTTPStatus]]) -> None:
    def view(**names: object) -> Response:
        query.known()
        done = change(**names)
        return answer(done, HTTPStatus.ACCEPTED) if isinstance(done, dict) else answer(*done)

    app.add_url_rule(path, endpoint, view, methods=["POST"])


def _with_reason(panel: Panel, change: Callable[[Panel, changes.Reason], Shown]) -> Callable[[], Shown]:
    return lambda: change(panel, query.body(changes.Reason))


def _health(panel: Panel) -> Response:
    query.known()
    shown = health.shown(panel)
    return answer(shown, HTTPStatus.SERVICE_UNAVAILABLE if shown["reasons"] else HTTPStatus.OK)


def _described(described: Shown) -> Response:
    query.known()
    return answer(described)


def _metrics(exposition: Exposition) -> Response:
    query.known()
    text, content_type = exposition.render(request.headers.get("Accept", ""))
    return Response(text, content_type=content_type)


def _status(desk: Desk, page: Page) -> Response:
    """JSON, or for whoever prefers to read it (a browser) the same as a plain page."""
    query.known()
    wanted = request.accept_mimetypes.best_match(["application/json", "text/html"], "application/json")
    if wanted == "text/html":
        return page.answer()
    return _made(desk, lambda: reading.status(desk))


def _made(desk: Desk, reader: Callable[[], Shown]) -> Response:
    """The answer to this request, made in its turn."""
    return written(desk.lane.answer(request.full_path, lambda: encoded(reader())))
