"""The two applications: the monitor, which mostly looks, and the executor's control, which changes.

Both read the same paths from the same desk; each is served by an actor of its own.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus

import msgspec
from flask import Flask, Response, request

from core.ports import Panel
from monitor import reading
from monitor.desk import Desk
from monitor.metrics.exposition import Exposition
from monitor.openapi import document
from monitor.page import answer as show_page
from monitor.topics import TOPICS
from monitor.views import health
from monitor.views.operations import Shown
from monitor.views.plain import escaped
from monitor.web import access, changes, mentions, problems, query, webhook
from monitor.web.access import BODY_BYTES, Door, is_loopback
from monitor.web.events import Streams

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": CSP,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
BUCKETS = {"emergency": "exit", "leave": "exit", "webhook": "machine", "mentions": "machine"}
"""What has a rate limit of its own: nothing else may use up the exits, nor machines a person's changes."""

Reader = Callable[..., Shown]


def monitor_app(desk: Desk) -> Flask:
    """Port 8081. Reading is open on loopback; from elsewhere it needs the read token, `/health` excepted."""
    door = Door(reading_needs_token=not is_loopback(desk.panel.settings.runtime.bind))
    app = _bare(desk.panel, door, pages=True)
    _readings(app, desk, document.monitor(reading_is_open=not door.reading_needs_token))
    app.add_url_rule("/", "page", lambda: show_page(desk.topics), methods=["GET"])
    _change(app, "/alerts", "webhook", lambda: webhook.receive(desk.panel, query.body(webhook.Webhook)))
    _change(app, "/emergency", "emergency", lambda: changes.emergency(desk.panel, query.body(changes.Emergency)))
    _change(
        app,
        "/alerts/<int:alert_id>/acknowledge",
        "acknowledge",
        lambda alert_id: changes.acknowledge(desk.panel, alert_id, query.body(changes.Reason)),
    )
    return app


def control_app(desk: Desk) -> Flask:
    """Port 8080. Everything but `/health` needs a token, every change the operate token."""
    panel = desk.panel
    app = _bare(panel, Door(reading_needs_token=True), pages=False)
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
    return app


def _bare(panel: Panel, door: Door, *, pages: bool) -> Flask:
    app = Flask("monitor", static_folder="static" if pages else None)
    app.config.update(
        PROVIDE_AUTOMATIC_OPTIONS=False, MAX_CONTENT_LENGTH=BODY_BYTES, BUCKETS=BUCKETS, PROPAGATE_EXCEPTIONS=False
    )
    # No redirects: a path is known with and without its last slash, and a doubled slash is another path.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    problems.install(app)
    access.guard(app, panel, door)
    app.after_request(_secured)
    return app


def _readings(app: Flask, desk: Desk, described: Shown) -> None:
    streams = Streams(desk.topics, TOPICS)
    exposition = Exposition(desk.panel, desk.tally)

    def read(path: str, reader: Reader) -> None:
        app.add_url_rule(path, f"read {path}", lambda **names: answer(reader(desk, **names)), methods=["GET"])

    app.add_url_rule("/openapi.json", "openapi", lambda: _described(described), methods=["GET"])
    app.add_url_rule("/events", "events", streams.answer, methods=["GET"])
    app.add_url_rule("/health", "health", lambda: _health(desk.panel), methods=["GET"])
    app.add_url_rule("/metrics", "metrics", lambda: _metrics(exposition), methods=["GET"])
    app.add_url_rule("/status", "status", lambda: _status(desk), methods=["GET"])
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


def answer(shown: Mapping[str, object], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """JSON."""
    text = escaped(msgspec.json.encode(shown, enc_hook=repr).decode())
    return Response(text, status=status.value, content_type="application/json")


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


def _status(desk: Desk) -> Response:
    """JSON, or for whoever prefers to read it (a browser) the same as a plain page."""
    query.known()
    wanted = request.accept_mimetypes.best_match(["application/json", "text/html"], "application/json")
    return show_page(desk.topics) if wanted == "text/html" else answer(reading.status(desk))


def _secured(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
