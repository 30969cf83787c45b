"""Errors as problem documents (RFC 9457): what is wrong and how to mend it, never a trace of the inside."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from core.errors import MicroError, Refused, Retryable
from monitor.views.plain import visible

log = logging.getLogger(__name__)

DETAILS = {
    HTTPStatus.NOT_FOUND: "there is nothing at this path",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the request's body is too large",
}


class Problem(Exception):
    """Ends the request with this answer."""

    def __init__(self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


def document(status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that says it."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": visible(detail)}
    answer = Response(json.dumps(body), status=status.value, content_type="application/problem+json")
    answer.headers.update(headers or {})
    return answer


def install(app: Flask) -> None:
    """Every error of the application becomes a problem document."""
    app.register_error_handler(Problem, lambda problem: document(problem.status, problem.detail, problem.headers))
    app.register_error_handler(MicroError, _of_ours)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _unexpected)


def _of_ours(error: MicroError) -> Response:
    if isinstance(error, Refused):
        return document(HTTPStatus.CONFLICT, str(error))
    headers = {"Retry-After": "1"} if isinstance(error, Retryable) else {}
    return document(HTTPStatus.SERVICE_UNAVAILABLE, str(error), headers)


def _of_http(error: HTTPException) -> Response:
    # A path that is none is kept there, with all that it passed: a circle for the collector to find.
    request.routing_exception = None
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = {}
    detail = DETAILS.get(status, error.description or status.phrase)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        methods = ", ".join(sorted(error.valid_methods))
        headers["Allow"] = methods
        detail = f"this path takes {methods}"
    if isinstance(error, RequestEntityTooLarge):
        # The rest of the body was not read: nothing that follows it can be understood.
        headers["Connection"] = "close"
    return document(status, detail, headers)


def _unexpected(error: Exception) -> Response:
    log.error("a request failed: %r", error, exc_info=error)
    return document(HTTPStatus.INTERNAL_SERVER_ERROR, "this request met an error of ours; the log says which")
