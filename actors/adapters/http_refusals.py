"""The last answer on a connection: a problem document (RFC 9457) that the client can still read."""

import json
import logging
import socket
from http import HTTPStatus
from typing import Any

import gevent

log = logging.getLogger(__name__)

CHUNK = 16_384
LINGER_S = 2.0
LINGER_BYTES = 1 << 24


def problem(status: HTTPStatus, detail: str) -> bytes:
    """A whole answer that ends the connection."""
    body = json.dumps({"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail})
    lines = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-store",
        "Connection: close",
    )
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def send_last(sock: Any, answer: bytes) -> None:
    """Send, then let the client finish what it is sending: closing on unread bytes would take the answer back."""
    try:
        sock.sendall(answer)
        sock.shutdown(socket.SHUT_WR)
        left = LINGER_BYTES
        with gevent.Timeout(LINGER_S, TimeoutError("lingered long enough")):
            while left > 0 and (part := sock.recv(CHUNK)):
                left -= len(part)
    except OSError as error:
        log.debug("a rejected client was gone: %s", error)
