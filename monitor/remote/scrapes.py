"""The executor's metrics, asked for once a second at most, with what only the monitor knows before them."""

from http.client import HTTPException
from threading import Lock
from time import monotonic

from msgspec import Struct
from prometheus_client.exposition import choose_encoder

from monitor.metrics.exposition import CACHED_S
from monitor.metrics.families import PREFIX
from monitor.remote.link import Answer, Life, Link


class Kept(Struct, frozen=True):
    """What came of asking. `answer` None: nothing that is metrics."""

    at_s: float
    took_s: float
    answer: Answer | None


class Scrapes:
    """One per application. Kept by format, of which there are few; a failure is kept as long as an answer."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = Lock()
        self._kept: dict[str, Kept] = {}

    def text(self, accept: str) -> tuple[bytes, str]:
        """Metrics and their content type. Without an executor those of the monitor alone."""
        content_type = choose_encoder(accept)[1]
        with self._lock:
            kept = self._kept.get(content_type)
            if kept is None or monotonic() - kept.at_s >= CACHED_S:
                kept = self._kept[content_type] = self._asked(accept)
        if kept.answer is None:
            return self._own(None).encode(), "text/plain; version=0.0.4; charset=utf-8"
        return self._own(kept.took_s).encode() + kept.answer.body, kept.answer.headers.get("Content-Type", content_type)

    def _asked(self, accept: str) -> Kept:
        began_s = monotonic()
        try:
            found = self._link.ask("GET", "/metrics", None, {"Accept": accept})
        except (OSError, HTTPException):
            return Kept(monotonic(), monotonic() - began_s, None)
        return Kept(monotonic(), monotonic() - began_s, found if found.status == 200 else None)

    def _own(self, answer_s: float | None) -> str:
        shown = self._link.shown()
        up = shown["state"] in {Life.OK.value, Life.LAGGING.value}
        gauges = [
            ("executor_up", "1 while the executor tells what happens, lagging or not", int(up)),
            ("executor_silent_seconds", "Since the executor last told something, real time", shown["silent_s"]),
        ]
        if answer_s is not None:
            text = "How long the executor took for its metrics"
            gauges.append(("executor_answer_seconds", text, round(answer_s, 6)))
        return "".join(
            f"# HELP {PREFIX}{name} {text}\n# TYPE {PREFIX}{name} gauge\n{PREFIX}{name} {value}\n"
            for name, text, value in gauges
        )
