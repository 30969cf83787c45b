"""Server-sent events: each topic as it is now, then each time it changes. Who is slow gets the newest, not the backlog.

A stream holds one connection; how many there may be is bounded here, below what the server takes in all.
"""

from collections.abc import Callable, Collection, Iterator
from http import HTTPStatus
from time import monotonic, sleep

from flask import Response, request

from monitor.topics import EVERY_S, Frame, Source
from monitor.web.problems import Problem
from monitor.web.query import bad, known

MOST_STREAMS = 128
PHASES = 32
QUIET_S = 10.0
"""A comment after so long without news, so that both ends know of each other."""
RETRY_MS = 1_000


class Streams:
    """Counts the open streams of one application."""

    def __init__(self, source: Source, topics: Collection[str], most: int = MOST_STREAMS) -> None:
        self._source, self._topics, self._most = source, frozenset(topics), most
        self.open = self._begun = 0

    def answer(self) -> Response:
        """The stream of the topics that the request names, all without any. Raises Problem 503 for one too many."""
        known("topics")
        wanted = self._wanted()
        if request.method == "HEAD":
            return _response(())
        if self.open >= self._most:
            detail = f"{self._most} event streams are open, no more are served"
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "5"})
        self.open += 1
        # Streams that began together must not all wake together: somebody trades between them.
        self._begun += 1
        response = _response(told(self._source.newest, wanted, first_s=self._begun % PHASES / PHASES * EVERY_S))
        response.call_on_close(self._closed)
        return response

    def _closed(self) -> None:
        self.open -= 1

    def _wanted(self) -> frozenset[str]:
        text = request.args.get("topics")
        if text is None:
            return self._topics
        wanted = frozenset(text.split(","))
        if not wanted <= self._topics:
            raise bad(f"topics are some of these, with commas: {', '.join(sorted(self._topics))}")
        return wanted


def told(
    newest: Callable[[], tuple[Frame, ...]],
    wanted: Collection[str],
    clock: Callable[[], float] = monotonic,
    pause: Callable[[float], None] = sleep,
    *,
    first_s: float = EVERY_S,
) -> Iterator[bytes]:
    """The stream, without an end. `first_s`: to the second look."""
    sent: dict[str, int] = {}
    spoke_s = clock()
    yield f"retry: {RETRY_MS}\n\n".encode()
    while True:
        news = [frame for frame in newest() if frame.topic in wanted and sent.get(frame.topic) != frame.version]
        if news:
            yield b"".join(map(event, news))
            sent |= {frame.topic: frame.version for frame in news}
            spoke_s = clock()
        elif clock() - spoke_s >= QUIET_S:
            yield b": nothing new\n\n"
            spoke_s = clock()
        pause(first_s)
        first_s = EVERY_S


def event(frame: Frame) -> bytes:
    """One event. The data is one line: JSON has no others."""
    return b"event: %s\nid: %d\ndata: %s\n\n" % (frame.topic.encode(), frame.version, frame.data)


def _response(stream: Iterator[bytes] | tuple[()]) -> Response:
    return Response(stream, content_type="text/event-stream; charset=utf-8", headers={"X-Accel-Buffering": "no"})
