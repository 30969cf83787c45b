"""Who may ask: the Host header, the origin, the token with its scope, and how often something may be changed."""

import hmac
import ipaddress
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from hashlib import sha256
from http import HTTPStatus
from time import monotonic
from typing import Protocol

from flask import Flask, g, request
from msgspec import Struct

from core.ports import Tokens
from core.settings import Settings
from monitor.web.problems import Problem

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
READING = frozenset({"GET", "HEAD"})
BODY_BYTES = 65_536
_acting: ContextVar[str] = ContextVar("acting", default="")


class Scope(StrEnum):
    READ = "read"
    OPERATE = "operate"


class Door(Struct, frozen=True, kw_only=True):
    """How strict one application is."""

    open_paths: frozenset[str] = frozenset({"/health"})
    """Readable without a token, whatever the rest asks for."""
    reading_needs_token: bool = False


class Keeper(Protocol):
    """What the door goes by."""

    @property
    def settings(self) -> Settings: ...

    @property
    def tokens(self) -> Tokens: ...


class Bucket:
    """A token bucket: `burst` at once, then one each `every_s` (real time)."""

    def __init__(self, burst: int, every_s: float, clock: Callable[[], float] = monotonic) -> None:
        self._burst, self._every_s, self._clock = burst, every_s, clock
        self._left, self._at_s = float(burst), clock()

    def take(self) -> float:
        """0 when one more is allowed now, otherwise how many seconds it will take."""
        now_s = self._clock()
        self._left = min(self._left + (now_s - self._at_s) / self._every_s, float(self._burst))
        self._at_s = now_s
        if self._left >= 1.0:
            self._left -= 1.0
            return 0.0
        return (1.0 - self._left) * self._every_s


def guard(app: Flask, panel: Keeper, door: Door, clock: Callable[[], float] = monotonic) -> None:
    """Judge every request before its view runs."""
    burst, every_s = panel.settings.runtime.change_burst, panel.settings.runtime.change_every_s
    # Exits have a bucket of their own: nothing else that is asked may use up the panic button. So have machines.
    buckets = {
        "exit": Bucket(2 * burst, every_s / 2, clock),
        "machine": Bucket(2 * burst, every_s / 2, clock),
        "change": Bucket(burst, every_s, clock),
    }

    def judge() -> None:
        _judge_host(panel)
        _judge_origin()
        if request.routing_exception is not None:
            return  # 404 or 405: the paths are no secret
        if (request.content_length or 0) > BODY_BYTES:
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request may carry {BODY_BYTES} bytes at most")
        if request.method in READING:
            if door.reading_needs_token and request.path.rstrip("/") not in door.open_paths:
                g.scope = _scope(panel.tokens)
            return
        g.scope = _scope(panel.tokens)
        if g.scope is not Scope.OPERATE:
            raise Problem(HTTPStatus.FORBIDDEN, "this token may only read; changing needs the operate token")
        wait_s = buckets[app.config["BUCKETS"].get(request.endpoint, "change")].take()
        if wait_s:
            headers = {"Retry-After": str(int(wait_s) + 1)}
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "too many changes at once; wait a moment", headers)

    panel.tokens  # noqa: B018 - makes them where there are none: a person looks for the file before the first request
    app.config.setdefault("BUCKETS", {})
    app.before_request(judge)


def is_loopback(bind: str) -> bool:
    """Whether only this machine can reach a server bound to this address."""
    if bind == "localhost":
        return True
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return False


def scope_of(tokens: Tokens, presented: str) -> Scope | None:
    """What this token allows. Takes the same time whatever is presented, and whichever token it is like."""
    digest = _digest(presented)
    operates = hmac.compare_digest(digest, _digest(tokens.operate)) and bool(tokens.operate)
    reads = hmac.compare_digest(digest, _digest(tokens.read)) and bool(tokens.read)
    if operates:
        return Scope.OPERATE
    return Scope.READ if reads else None


@contextmanager
def acting_as(name: str) -> Iterator[None]:
    """What is changed meanwhile is changed by `name`, who did not come over HTTP."""
    token = _acting.set(name)
    try:
        yield
    finally:
        _acting.reset(token)


def who() -> str:
    """Who asks, for the journal."""
    return _acting.get() or f"{g.get('scope', Scope.READ)} token from {request.remote_addr or 'unknown'}"


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def _scope(tokens: Tokens) -> Scope:
    presented = _presented()
    scope = None if presented is None else scope_of(tokens, presented)
    if scope is None:
        challenge = 'Bearer realm="micro-lightning"'
        if request.method in READING:
            # So that a browser can be told the read token. Never for changes: browsers send it by themselves.
            challenge += ', Basic realm="micro-lightning", charset="UTF-8"'
        detail = "a token is needed: Authorization: Bearer …" if presented is None else "this token is not known"
        raise Problem(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": challenge})
    return scope


def _presented() -> str | None:
    authorization = request.authorization
    if authorization is None:
        return None
    if authorization.type == "bearer":
        return authorization.token
    if authorization.type == "basic" and request.method in READING:
        return authorization.password
    return None


def _judge_host(panel: Keeper) -> None:
    """An allow-list, or a page of a stranger could reach us under a name of its own that it points at us."""
    host = request.environ.get("HTTP_HOST")
    if not host:
        raise Problem(HTTPStatus.BAD_REQUEST, "the request has no Host header")
    runtime = panel.settings.runtime
    allowed = LOOPBACK | {runtime.bind.lower()} | {name.lower() for name in runtime.allowed_hosts}
    if hostname(host) not in allowed:
        raise Problem(
            HTTPStatus.MISDIRECTED_REQUEST, "this host name is not served here; MICRO_ALLOWED_HOSTS can add it"
        )


def hostname(host: str) -> str:
    """The name in a Host header or an origin's authority; empty when it is malformed."""
    if host.startswith("["):
        name, closed, port = host[1:].partition("]")
        port = port.removeprefix(":") if port.startswith(":") or not port else "x"
        if not closed:
            return ""
    else:
        name, _, port = host.partition(":")
    return name.lower() if port == "" or (port.isascii() and port.isdigit()) else ""


def _judge_origin() -> None:
    """A browser names where a request comes from; only our own pages may send any."""
    origin = request.headers.get("Origin")
    if origin is not None:
        scheme, separator, authority = origin.partition("://")
        if (
            not separator
            or scheme not in {"http", "https"}
            or authority.lower() != request.environ["HTTP_HOST"].lower()
        ):
            raise Problem(HTTPStatus.FORBIDDEN, "requests from pages of another origin are refused")
    elif request.method not in READING and request.headers.get("Sec-Fetch-Site") not in {None, "same-origin", "none"}:
        raise Problem(HTTPStatus.FORBIDDEN, "requests from pages of another origin are refused")
