"""HTTP to one address: connections kept open, bounded answers, no redirects, one time limit for the whole exchange."""

from collections.abc import Callable
from contextlib import nullcontext
from select import POLLIN
from typing import Any
from urllib.parse import urlsplit

import gevent
from gevent import socket
from gevent.lock import BoundedSemaphore
from gevent.monkey import get_original
from geventhttpclient import HTTPClient
from geventhttpclient.connectionpool import ConnectionPool, SSLConnectionPool
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError, HTTPSocketResponse
from greenlet import greenlet
from msgspec import Struct
from typing_extensions import override

from actors.adapters.rpc.errors import BadResponse, TimedOut, Unreachable

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes; a block's transactions and a busy program's accounts stay under it."""
SPARE = 4
"""Connections beyond those of ordinary calls, for what must not wait for them."""
_BLOCK = 65_536
_native_poll: Callable[[], Any] = get_original("select", "poll")
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


class Answer(Struct, frozen=True):
    """`retry_after_s`: the header of that name in seconds, None without it or where it holds a date."""

    status: int
    body: bytes
    retry_after_s: float | None = None


class _Pool(ConnectionPool):
    """Knows which greenlet has which connection: the library loses one when a time limit ends a send."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._out: dict[socket.socket, greenlet] = {}

    @override
    def get_socket(self) -> socket.socket:
        taken = super().get_socket()
        self._out[taken] = gevent.getcurrent()
        return taken

    @override
    def return_socket(self, sock: socket.socket) -> None:
        self._out.pop(sock, None)
        super().return_socket(sock)

    @override
    def release_socket(self, sock: socket.socket) -> None:
        self._out.pop(sock, None)
        super().release_socket(sock)

    @override
    def _is_socket_alive(self, sock: socket.socket | None) -> bool:
        """Idle and silent: what can be read now is its end, or of nobody. The library's look gives the hub its turn."""
        if sock is None or sock.fileno() < 0:
            return False
        look = _native_poll()
        look.register(sock.fileno(), POLLIN)
        return not look.poll(0)

    def give_back(self) -> None:
        """Close what this greenlet took and has not returned."""
        for sock in [sock for sock, who in self._out.items() if who is gevent.getcurrent()]:
            self.release_socket(sock)


class _TlsPool(_Pool, SSLConnectionPool):
    @override
    def _connect_socket(self, sock: socket.socket, address: Any) -> socket.socket:
        sock.connect(address)
        wrapped = self.ssl_context.wrap_socket(sock, server_hostname=self._request_host, do_handshake_on_connect=False)
        try:
            # By hand: a handshake that a time limit ends inside of the wrapping is closed by nobody.
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped


class Connection:
    """Connections to one address, which its owner has checked. Used by any number of greenlets.

    `connections` are for ordinary calls: one more waits for one of them. Some are spare for exits and sends, which
    would else wait until a slow node has answered everybody's questions.
    """

    def __init__(self, url: str, *, connections: int, timeout_s: float) -> None:
        self._url, self._connections, self._timeout_s = url, connections, timeout_s
        parts = urlsplit(url)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._ordinary = BoundedSemaphore(connections)
        self._client, self._pool = self._opened()

    def renew(self) -> None:
        """Fresh connections from the next call on, for an address that fails again and again."""
        self._client.close()
        self._client, self._pool = self._opened()

    def _opened(self) -> tuple[HTTPClient, _Pool]:
        parts = urlsplit(self._url)
        is_tls = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if is_tls else 80)
        client = HTTPClient(host, port, ssl=is_tls, block_size=_BLOCK)
        # The library's own limits hold for each read; the one that counts is `post`'s.
        pool = (_TlsPool if is_tls else _Pool)(
            host,
            port,
            host,
            port,
            size=self._connections + SPARE,
            connection_timeout=self._timeout_s,
            network_timeout=self._timeout_s,
        )
        client._connection_pool = pool  # noqa: SLF001  # it takes none
        return client, pool

    def post(
        self, body: bytes, timeout_s: float, headers: dict[str, str] | None = None, *, is_urgent: bool = False
    ) -> Answer:
        """The answer, whatever its status. Raises TimedOut, Unreachable, BadResponse.

        `is_urgent`: waits for no ordinary call. A connection that the other side closed while it lay idle is tried once
        more on a fresh one: JSON-RPC calls do no harm when they arrive twice.
        """
        with gevent.Timeout(timeout_s) as limit:
            try:
                with nullcontext() if is_urgent else self._ordinary:
                    return self._twice(body, headers)
            except gevent.Timeout as timeout:
                if timeout is not limit:
                    raise
                raise TimedOut(f"no answer within {timeout_s:g} s") from None
            except TimeoutError:
                raise TimedOut(f"no answer within {timeout_s:g} s") from None
            # Without the errors' texts, which may quote the address.
            except (HTTPParseError, ValueError) as error:
                raise BadResponse(f"the answer is no HTTP: {type(error).__name__}") from None
            # RuntimeError: no address for the name, or the pool was renewed meanwhile.
            except (OSError, HTTPConnectionClosed, RuntimeError) as error:
                raise Unreachable(f"no connection: {type(error).__name__}") from None

    def close(self) -> None:
        self._client.close()

    def _twice(self, body: bytes, headers: dict[str, str] | None) -> Answer:
        try:
            return self._once(body, headers)
        except (HTTPConnectionClosed, ConnectionResetError, BrokenPipeError):
            return self._once(body, headers)

    def _once(self, body: bytes, headers: dict[str, str] | None) -> Answer:
        pool = self._pool
        try:
            answer = self._client.request("POST", self._target, body, {**_HEADERS, **headers} if headers else _HEADERS)
            try:
                return Answer(answer.status_code, _body(answer), _seconds(answer))
            finally:
                answer.release()
        finally:
            pool.give_back()


def _body(answer: HTTPSocketResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := answer.read(_BLOCK):
        parts.append(bytes(part))
        size += len(part)
        if size > LARGEST_ANSWER:
            raise BadResponse(f"the answer is larger than {LARGEST_ANSWER} bytes")
    return b"".join(parts)


def _seconds(answer: HTTPSocketResponse) -> float | None:
    text = answer.get("retry-after")
    try:
        return max(float(text), 0.0) if isinstance(text, str) else None
    except ValueError:
        return None
