"""What every application here has in common: the door, problem documents, security headers, JSON."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Flask, Response

from monitor.views.plain import encoded
from monitor.web import access, problems
from monitor.web.access import BODY_BYTES, Door, Keeper
from monitor.web.routes import App

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


def bare(keeper: Keeper, door: Door, *, pages: bool) -> Flask:
    """An application without paths yet, behind its door. `pages`: with the files of the page."""
    app = App("monitor", static_folder="static" if pages else None)
    app.config.update(
        PROVIDE_AUTOMATIC_OPTIONS=False, MAX_CONTENT_LENGTH=BODY_BYTES, BUCKETS=BUCKETS, PROPAGATE_EXCEPTIONS=False
    )
    # No redirects: a path is known with and without its last slash, and a doubled slash is another path.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    problems.install(app)
    access.guard(app, keeper, door)
    app.after_request(_secured)
    return app


def answer(shown: Mapping[str, object], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """JSON."""
    return written(encoded(shown), status)


def written(data: bytes, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """JSON that is bytes already."""
    return Response(data, status=status.value, content_type="application/json")


def _secured(response: Response) -> Response:
    headers = response.headers
    given = {name.lower() for name, _ in headers}
    headers.extend((name, value) for name, value in HEADERS.items() if name.lower() not in given)
    return response
