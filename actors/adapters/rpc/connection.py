"""HTTP to one address: connections kept open, bounded answers, no redirects, one time limit for the whole exchange."""

from urllib.parse import urlsplit

import gevent
from geventhttpclient import HTTPClient
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError, HTTPSocketResponse
from msgspec import Struct

from actors.adapters.rpc.errors import BadResponse, TimedOut, Unreachable

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes; a block's transactions and a busy program's accounts stay under it."""
_BLOCK = 65_536
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


class Answer(Struct, frozen=True):
    """`retry_after_s`: the header of that name in seconds, None without it or where it holds a date."""

    status: int
    body: bytes
    retry_after_s: float | None = None


class Connection:
    """Connections to one address, which its owner has checked. Used by any number of greenlets."""

    def __init__(self, url: str, *, connections: int, timeout_s: float) -> None:
        self._url, self._connections, self._timeout_s = url, connections, timeout_s
        parts = urlsplit(url)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._client = self._opened()

    def renew(self) -> None:
        """Fresh connections from the next call on. A greenlet that ends while it sends may keep its place in the pool
        for ever; whoever finds an address failing again and again begins anew."""
        self._client.close()
        self._client = self._opened()

    def _opened(self) -> HTTPClient:
        parts = urlsplit(self._url)
        # The library's own limits hold for each read; the one that counts is `post`'s.
        return HTTPClient(
            parts.hostname or "",
            parts.port,
            ssl=parts.scheme == "https",
            concurrency=self._connections,
            block_size=_BLOCK,
            connection_timeout=self._timeout_s,
            network_timeout=self._timeout_s,
        )

    def post(self, body: bytes, timeout_s: float, headers: dict[str, str] | None = None) -> Answer:
        """The answer, whatever its status. Raises TimedOut, Unreachable, BadResponse.

        A connection that the other side closed while it lay idle is tried once more on a fresh one: JSON-RPC calls
        do no harm when they arrive twice.
        """
        with gevent.Timeout(timeout_s) as limit:
            try:
                try:
                    return self._once(body, headers)
                except (HTTPConnectionClosed, ConnectionResetError, BrokenPipeError):
                    return self._once(body, headers)
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

    def _once(self, body: bytes, headers: dict[str, str] | None) -> Answer:
        answer = self._client.request("POST", self._target, body, {**_HEADERS, **headers} if headers else _HEADERS)
        try:
            return Answer(answer.status_code, _body(answer), _seconds(answer))
        finally:
            answer.release()


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
