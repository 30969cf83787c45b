"""Prometheus metrics, read from books, snapshots and the tally when somebody asks; nothing is counted per event.

Made by one request at a time, one family after another with others running in between, and kept for a second. Label
values are bounded: roles, reasons, criteria, classes of names; never a mint. What is not measured has no metric.
"""

from collections.abc import Callable, Iterator
from threading import Lock
from time import monotonic

from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import CollectorRegistry

from core.errors import MicroError
from core.ports import Panel
from monitor.metrics import sources
from monitor.metrics.chain import of_chain
from monitor.metrics.past import Past
from monitor.tally import Tally
from monitor.views.sight import Sight

CACHED_S = 1.0


class Exposition:
    """The rendered text, by format, for up to a second."""

    def __init__(self, panel: Panel, tally: Tally, clock: Callable[[], float] = monotonic) -> None:
        self._collector = _Collector(panel, tally)
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, tuple[float, bytes]] = {}

    def render(self, accept: str) -> tuple[bytes, str]:
        """The text and its content type, in the format that `accept` asks for."""
        encode, content_type = choose_encoder(accept)
        with self._lock:
            at_s, text = self._kept.get(content_type, (float("-inf"), b""))
            if self._clock() - at_s >= CACHED_S:
                text = encode(self._collector)
                self._kept[content_type] = (self._clock(), text)
        return text, content_type


class _Collector:
    """What the encoder collects from."""

    def __init__(self, panel: Panel, tally: Tally) -> None:
        self._panel, self._tally, self._past = panel, tally, Past(panel)
        # A registry of its own: it would register itself for the whole process otherwise.
        self._process = ProcessCollector(registry=CollectorRegistry())

    def collect(self) -> Iterator[Metric]:
        for metric in self._metrics():
            yield metric
            self._panel.give_way()

    def _metrics(self) -> Iterator[Metric]:
        yield from self._process.collect()
        yield from sources.of_actors(self._panel)
        yield from of_chain(self._panel)
        yield from sources.of_measures(self._panel)
        try:
            sight = Sight(self._panel)
        except MicroError:
            return  # no books yet: the rest is not known, and zeros would lie
        self._tally.catch_up()
        yield from sources.of_money(sight)
        yield from sources.of_rules(sight)
        yield from self._past.collect(sight.books)
        yield from sources.of_tally(self._tally)
