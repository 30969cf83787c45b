"""One HTTP server on gevent that a slow, greedy or malformed client cannot hold up.

The whole request is read, within a time and a size, before the application sees it; so the application never waits for
a client. What is refused here is refused with a problem document (RFC 9457), as the application refuses the rest.
"""

import errno
import logging
import re
import socket
from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

import gevent
from gevent.hub import GreenletExit
from gevent.pool import Pool
from gevent.pywsgi import WSGIHandler, WSGIServer
from msgspec import Struct
from typing_extensions import override

from actors.adapters.http_refusals import CHUNK, problem, send_last
from actors.adapters.http_turns import CHANGING, READING, Turns
from actors.adapters.listener import listening

log = logging.getLogger(__name__)

PART = 65_536
"""The most that is sent in one turn: it is copied, and on this machine received, while everybody waits."""
LINE_BYTES = 8_192
"""The most that gevent reads of a request's first line."""
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Limits(Struct, frozen=True, kw_only=True):
    """What one client may use."""

    connections: int = 384
    """At the same time, over all clients; one more is answered 503 and closed."""
    head_bytes: int = 16_384
    body_bytes: int = 65_536
    request_s: float = 5.0
    """For the whole request, from its first byte."""
    idle_s: float = 15.0
    """Between two requests on one connection."""
    write_s: float = 20.0
    """For each part of the answer to be taken."""
    rest_s: float = 0.0005
    """Between two pieces of work for clients, at least; see `Turns`."""
    rest_times: float = 3.0
    """A rest in times of what the piece of work took: three leave clients a quarter of the hub."""


class Rejected(ValueError):
    """The request is answered here and its connection closed."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Handler(WSGIHandler):
    """One connection."""

    server: "Server"
    # A client that went away, or does not take its answer, is not an error of ours.
    ignored_socket_errors: tuple[Any, ...] = (errno.EPIPE, errno.ECONNRESET, errno.ETIMEDOUT, "timed out")

    def __init__(self, sock: Any, address: Any, server: "Server") -> None:
        # Without it a keep-alive answer waits 40 ms for the client's delayed acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(server.limits.write_s)
        self._deadline: gevent.Timeout | None = None
        self._kind = READING
        super().__init__(sock, address, server)

    @override
    def handle_one_request(self) -> Any:
        if not self._begins():
            return None
        self._deadline = gevent.Timeout.start_new(self.server.limits.request_s)
        try:
            self._kind = CHANGING if self.rfile.peek(1).startswith(b"POST") else READING
            self.server.turns.take(self._kind)
            return super().handle_one_request()
        except gevent.Timeout as expired:
            if expired is not self._deadline:
                raise
            status, detail = HTTPStatus.REQUEST_TIMEOUT, "the request was not complete in time"
        except Rejected as error:
            status, detail = error.status, error.detail
        except (OSError, ValueError):
            status, detail = HTTPStatus.BAD_REQUEST, "the request's body is malformed or not complete"
        finally:
            # No error may be held by a frame that it passed, here and below: each would hold the other, and the whole
            # connection, until the collector holds everybody up to find them.
            self._deadline.close()
            self._deadline = None
        self.server.rejected += 1
        send_last(self.socket, problem(status, detail))
        return None

    @override
    def read_requestline(self) -> str:
        line = super().read_requestline()
        if len(line) >= LINE_BYTES:
            raise Rejected(HTTPStatus.REQUEST_URI_TOO_LONG, "the request's first line is too long")
        return line

    @override
    def read_request(self, raw_requestline: str) -> Any:
        super().read_request(raw_requestline)
        if self.request_version not in {"HTTP/1.0", "HTTP/1.1"}:
            raise Rejected(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "only HTTP/1.0 and HTTP/1.1 are spoken here")
        # Two readings of where a request ends are how one is smuggled past a proxy.
        encoding = self.headers.get("Transfer-Encoding")
        if encoding is not None and encoding.lower() != "chunked":
            raise Rejected(HTTPStatus.NOT_IMPLEMENTED, "the only transfer encoding understood here is chunked")
        lengths = self.headers.get_all("Content-Length", [])
        if len(lengths) > 1 or any(not length.isascii() or not length.isdigit() for length in lengths):
            raise Rejected(HTTPStatus.BAD_REQUEST, "the content length is not one plain number")
        return True

    @override
    def MessageClass(self, *args: object) -> Any:
        return super().MessageClass(BytesIO(self._head()))

    @override
    def get_environ(self) -> WSGIEnvironment:
        environ: WSGIEnvironment = super().get_environ()
        body = self._body(environ)
        environ["wsgi.input"] = BytesIO(body)
        environ["wsgi.input_terminated"] = True
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ["CONTENT_LENGTH"] = str(len(body))
        return environ

    @override
    def handle_one_response(self) -> None:
        if self._deadline is not None:
            self._deadline.close()
        self.server.requests += 1
        # The one of the beginning is over if the rest of the request was waited for.
        self.server.turns.take(self._kind)
        super().handle_one_response()

    def _sendall(self, data: bytes) -> None:
        for start in range(0, len(data), PART):
            if start:
                gevent.sleep(0)  # ends the turn
            self.server.turns.take(self._kind)
            super()._sendall(data[start : start + PART])  # type: ignore[misc]  # its stubs leave it out

    @override
    def handle_error(self, t: Any, v: Any, tb: Any) -> None:
        self.close_connection = True
        if issubclass(t, GreenletExit):
            raise v  # the server is being stopped: nothing more is served on this connection
        log.error("the application failed: %r", v, exc_info=(t, v, tb))
        if not self.headers_sent:
            send_last(self.socket, problem(HTTPStatus.INTERNAL_SERVER_ERROR, "this request met an error of ours"))

    @override
    def _handle_client_error(self, ex: Exception) -> Any:  # type: ignore[misc]  # gevent documents it, its stubs do not
        if isinstance(ex, Rejected):
            try:
                raise ex
            finally:
                del ex
        raise Rejected(HTTPStatus.BAD_REQUEST, "the request is not well-formed HTTP") from ex

    def _begins(self) -> bool:
        """Wait for the next request; False when the client closed, went away or stayed silent."""
        idle = gevent.Timeout.start_new(self.server.limits.idle_s)
        try:
            return bool(self.rfile.peek(1))
        except gevent.Timeout as expired:
            if expired is not idle:
                raise
            return False
        except OSError:
            return False
        finally:
            idle.close()
            del idle

    def _head(self) -> bytes:
        """The header lines, up to and with the empty one."""
        lines: list[bytes] = []
        left = self.server.limits.head_bytes
        while left > 0:
            line = self.rfile.readline(left)
            left -= len(line)
            if CONTROL.search(line.removesuffix(b"\n").removesuffix(b"\r")):
                raise Rejected(HTTPStatus.BAD_REQUEST, "a header holds a control character")
            lines.append(line)
            if line in {b"\r\n", b"\n", b""}:
                return b"".join(lines)
        raise Rejected(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the request's headers are too large")

    def _body(self, environ: WSGIEnvironment) -> bytes:
        limit = self.server.limits.body_bytes
        if (self.content_length or 0) > limit:
            raise Rejected(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request may carry {limit} bytes at most")
        source, body = environ["wsgi.input"], bytearray()
        # One byte more than allowed and no further: a client that is too large may also be slow.
        while part := source.read(min(CHUNK, limit + 1 - len(body))):
            body += part
            if len(body) > limit:
                raise Rejected(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request may carry {limit} bytes at most")
        return bytes(body)


class Server(WSGIServer):
    """The listening side."""

    handler_class = Handler
    max_accept = 4  # in one turn of the hub: a hundred at once would all run before anybody trades

    def __init__(
        self, listener: socket.socket, application: WSGIApplication, limits: Limits, give_way: Callable[[], object]
    ) -> None:
        self.limits = limits
        self.requests = self.rejected = self.open = 0
        self.turns = Turns(limits.rest_s, limits.rest_times, give_way)
        # The pool is larger than the limit, so that who comes too many is told so.
        super().__init__(
            listener,
            application,
            spawn=Pool(2 * limits.connections),
            log=None,
            error_log=log,
            # Given, or the server would ask DNS for its own name.
            environ={"SERVER_NAME": str(listener.getsockname()[0])},
        )

    @override
    def handle(self, sock: Any, address: Any) -> None:
        if self.open >= self.limits.connections:
            self.rejected += 1
            sock.settimeout(1.0)
            send_last(sock, problem(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections; try again in a moment"))
            return
        self.open += 1
        try:
            super().handle(sock, address)
        finally:
            self.open -= 1


class HttpServer:
    """`setting` is the name under which the port is set, for the one who reads that it is taken; `give_way` lets those
    go first who go before all clients."""

    def __init__(
        self,
        application: WSGIApplication,
        *,
        bind: str,
        port: int,
        setting: str,
        limits: Limits | None = None,
        give_way: Callable[[], object] = lambda: None,
    ) -> None:
        self._application = application
        self._bind, self._port, self._setting = bind, port, setting
        self._limits, self._give_way = limits or Limits(), give_way
        self._server: Server | None = None

    def start(self) -> None:
        """Listen from now on. Raises Refused when the address cannot be had."""
        listener = listening(self._bind, self._port, self._setting)
        self._port = int(listener.getsockname()[1])
        self._server = Server(listener, self._application, self._limits, self._give_way)
        self._server.start()

    def stop(self, grace_s: float = 0.3) -> None:
        """Close the listener, give answers under way `grace_s`, then close their connections."""
        if self._server is not None:
            self._server.stop(timeout=grace_s)
            self._server.turns.close()

    @property
    def port(self) -> int:
        """Once started the real one, where 0 was asked for."""
        return self._port

    @property
    def counts(self) -> tuple[int, int, int]:
        """Requests handed on, requests and connections rejected here, connections open now."""
        server = self._server
        return (0, 0, 0) if server is None else (server.requests, server.rejected, server.open)
