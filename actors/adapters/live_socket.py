"""One WebSocket connection under gevent: whole messages of bounded size, whatever the server does.

websocket-client does the protocol. Its UTF-8 check in Python is off (it costs thirty times the decoding); fragments are
put together here, so that their sum is bounded as well as each frame.
"""

import struct
from time import monotonic
from typing import Any

import gevent
from typing_extensions import override
from websocket import ABNF, WebSocket, WebSocketException, WebSocketTimeoutException
from websocket._abnf import frame_buffer

from core.errors import Retryable

LARGEST_MESSAGE = 32 * 1024 * 1024
"""Bytes. Nodes send frames of several MiB in busy slots."""
TICK_S = 0.5
"""How long `receive` waits at most, so that its caller can look after pings and silence."""

# What a broken or hostile server can provoke in websocket-client, beside its own exceptions.
PROVOKED = (WebSocketException, OSError, ValueError, TypeError, AttributeError, LookupError, EOFError, struct.error)


class Gone(Retryable):
    """The connection is of no more use. The text is one of a few words, fit for a counter, and holds no address."""


class _BoundedFrames(frame_buffer):
    """Frames whose announced length is refused before it is waited for."""

    largest = LARGEST_MESSAGE

    @override
    def recv_length(self) -> None:
        super().recv_length()
        if (self.length or 0) > self.largest:
            raise Gone("frame too large")


class LiveSocket:
    """An open connection. Every method raises Gone when it is no more."""

    def __init__(self, url: str, *, connect_s: float, largest: int = LARGEST_MESSAGE) -> None:
        self._largest = largest
        self._parts: list[bytes] = []
        self._size = 0
        self._socket: Any = WebSocket(skip_utf8_validation=True)  # half of it has no types
        self._socket.frame_buffer = frames = _BoundedFrames(self._socket._recv, True)  # noqa: SLF001 - no public way
        frames.largest = largest
        self.heard_s = monotonic()
        """When anything at all came last, pongs included."""
        self._open(url, connect_s)
        self._socket.settimeout(TICK_S)

    def _open(self, url: str, connect_s: float) -> None:
        # The timeout of the socket holds for each read; this one for all of the handshake.
        with gevent.Timeout(connect_s) as limit:
            try:
                # Redirects could lead anywhere, and a proxy of the environment would see the key in the address.
                self._socket.connect(url, timeout=connect_s, redirect_limit=0, http_no_proxy=["*"])
            except PROVOKED as error:
                self.close()
                raise Gone(_word("connect", error)) from None
            except gevent.Timeout as timeout:
                self.close()
                if timeout is not limit:
                    raise
                raise Gone("connect: timeout") from None

    def send(self, text: bytes) -> None:
        try:
            self._socket.send(text, ABNF.OPCODE_TEXT)
        except PROVOKED as error:
            raise Gone(_word("send", error)) from None

    def ping(self) -> None:
        try:
            self._socket.ping()
        except PROVOKED as error:
            raise Gone(_word("send", error)) from None

    def receive(self) -> bytes | None:
        """The next whole message, or None when none was complete within a tick."""
        try:
            frame = self._socket.recv_frame()
        except WebSocketTimeoutException:
            return None  # a frame half received stays in its buffer
        except PROVOKED as error:
            raise Gone(_word("receive", error)) from None
        self.heard_s = monotonic()
        return self._joined(frame)

    def close(self) -> None:
        """Drop the connection without ceremony: a server that stalls would keep a polite close waiting."""
        self._socket.shutdown()

    def _joined(self, frame: Any) -> bytes | None:
        if frame.opcode == ABNF.OPCODE_PING:
            self._pong(frame.data)
        elif frame.opcode == ABNF.OPCODE_CLOSE:
            raise Gone("closed by server")
        elif frame.opcode in {ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY, ABNF.OPCODE_CONT}:
            if (frame.opcode == ABNF.OPCODE_CONT) != bool(self._parts):
                raise Gone("fragments out of order")
            self._parts.append(frame.data)
            self._size += len(frame.data)
            if self._size > self._largest:
                raise Gone("frame too large")
            if frame.fin:
                message, self._parts, self._size = b"".join(self._parts), [], 0
                return message
        return None

    def _pong(self, data: bytes) -> None:
        try:
            self._socket.pong(data)
        except PROVOKED as error:
            raise Gone(_word("send", error)) from None


def _word(doing: str, error: Exception) -> str:
    """What went wrong without the error's own text, which may quote the address and what the server said."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return f"{doing}: status {status}"
    return f"{doing}: {type(error).__name__}"
