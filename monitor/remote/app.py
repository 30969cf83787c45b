"""The monitor of an executor that runs in another process, perhaps another container: the same paths, asked from it.

It lives when the executor does not, and says so: `/health` fails, the page shows how long ago it heard something.
Changes go on with the token that came with them, so the executor judges and journals them itself.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPException
from json import JSONDecodeError, loads
from urllib.parse import quote

from flask import Flask, Response, request

from monitor.openapi import document
from monitor.openapi.changes import MONITORS
from monitor.page import Page
from monitor.remote.link import TOPIC, Answer, Life, Link
from monitor.remote.scrapes import Scrapes
from monitor.topics import TOPICS
from monitor.views.operations import Shown
from monitor.web import query
from monitor.web.access import Door, is_loopback
from monitor.web.events import Streams
from monitor.web.problems import Problem
from monitor.web.shell import answer, bare

ENDPOINTS = {"/emergency": "emergency", "/alerts": "webhook", "/alerts/{alert_id}/acknowledge": "acknowledge"}


def remote_monitor_app(link: Link) -> Flask:
    """Port 8081 with `--role monitor`."""
    door = Door(reading_needs_token=not is_loopback(link.settings.runtime.bind))
    app = bare(link, door, pages=True)
    described = document.monitor(reading_is_open=not door.reading_needs_token)
    streams = Streams(link, (*TOPICS, TOPIC))
    page = Page(link)
    scrapes = Scrapes(link)
    app.add_url_rule("/", "page", page.answer, methods=["GET"])
    app.add_url_rule("/openapi.json", "openapi", lambda: _described(described), methods=["GET"])
    app.add_url_rule("/events", "events", streams.answer, methods=["GET"])
    app.add_url_rule("/health", "health", lambda: _health(link), methods=["GET"])
    app.add_url_rule("/metrics", "metrics", lambda: _metrics(scrapes), methods=["GET"])
    app.add_url_rule("/status", "status", lambda: _status(link, page), methods=["GET"])
    for path in document.READINGS:
        if path not in {"/health", "/status"}:
            app.add_url_rule(_rule(path), f"read {path}", lambda **_: _passed_on(link), methods=["GET"])
    for path in MONITORS:
        app.add_url_rule(_rule(path), ENDPOINTS[path], lambda **_: _passed_on(link), methods=["POST"])
    return app


def _rule(path: str) -> str:
    return re.sub(r"{(\w+)}", r"<\1>", path)


def _described(described: Shown) -> Response:
    query.known()
    return answer(described)


def _status(link: Link, page: Page) -> Response:
    wanted = request.accept_mimetypes.best_match(["application/json", "text/html"], "application/json")
    return page.answer() if wanted == "text/html" else _passed_on(link)


def _health(link: Link) -> Response:
    query.known()
    if link.life() in {Life.DEAD, Life.HUNG}:
        return answer(link.health(), HTTPStatus.SERVICE_UNAVAILABLE)
    try:
        return _response(_asked(link, "GET", "/health"))
    except Problem:
        return answer(link.health(), HTTPStatus.SERVICE_UNAVAILABLE)


def _metrics(scrapes: Scrapes) -> Response:
    query.known()
    text, content_type = scrapes.text(request.headers.get("Accept", ""))
    return Response(text, content_type=content_type)


def _passed_on(link: Link) -> Response:
    """The executor's answer to the same request."""
    path = quote(request.path)
    if request.query_string:
        path += "?" + quote(request.query_string, safe="%&=+")
    if request.method != "POST":
        return _response(_asked(link, "GET", path))
    headers = {name: value for name in ("Authorization", "Content-Type") if (value := request.headers.get(name))}
    return _response(_asked(link, "POST", path, headers, request.get_data(cache=False)))


def _asked(
    link: Link, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """Raises Problem 503 when the executor does not answer, or does not know our own token."""
    try:
        found = link.ask(method, path, body, headers)
    except (OSError, HTTPException) as error:
        detail = link.detail() or f"the executor does not answer: {str(error) or type(error).__name__}"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "1"}) from None
    if found.status == HTTPStatus.UNAUTHORIZED and method == "GET":
        detail = "the executor does not know this monitor's token; both must see the same api-token-read"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)
    return found


def _response(found: Answer) -> Response:
    if found.headers.get("Content-Type", "").startswith("application/json"):
        try:
            loads(found.body)
        except JSONDecodeError:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "the executor's answer was cut off") from None
    return Response(found.body, status=found.status, headers=found.headers)
