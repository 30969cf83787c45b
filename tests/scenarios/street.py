"""The whole desk on a market that follows a script: actors, journal on disk, both HTTP servers, virtual time."""

import json
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self, TypeVar

import gevent
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from actors.adapters.journal_pages import entries_after
from actors.adapters.state_directory import StateDirectory
from actors.server import ServerView
from commands import sources
from commands.drive import drive
from commands.house import House
from commands.servers import servers
from core.ledger.books import Books
from core.market.simulator.scenarios import Scenario
from core.market.simulator.settings import MarketSettings
from core.records import AnyRecord
from core.settings import Settings
from core.state.notifier import Alert, AlertsView
from tests.scenarios.stage import KIND

SLOT_S = 0.4
R = TypeVar("R", bound=AnyRecord)


class Street:
    """Use as a context. Market time passes in `until` alone; whoever asks over HTTP is answered between two slots."""

    def __init__(self, folder: Path, scenario: Scenario) -> None:
        plain = Settings()
        runtime = replace(plain.runtime, monitor_port=0, executor_port=0, state_dir=str(folder))
        settings = replace(plain, runtime=runtime, paper=KIND)
        self.state = StateDirectory(folder)
        source = sources.embedded(settings, self.state, MarketSettings(scenario=scenario))
        self.house = House(settings, self.state, source, mode="paper", paced=False)

    def __enter__(self) -> Self:
        self.house.start(servers(self.house, lambda: self.house.settings))
        return self

    def __exit__(self, *_: object) -> None:
        assert self.house.stop()

    @property
    def books(self) -> Books:
        return self.house.services.books()

    @property
    def records(self) -> list[AnyRecord]:
        """Of the journal, as it stands on the disk."""
        return [entry.record for entry in entries_after(self.state.journal, 0, 1_000_000)]

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Newest first."""
        view = self._view("notifier")
        assert isinstance(view, AlertsView)
        return view.alerts

    def of(self, kind: type[R]) -> list[R]:
        return [record for record in self.records if isinstance(record, kind)]

    def run(self, for_s: float) -> "Street":
        drive(self.house, int(for_s / SLOT_S))
        return self

    def until(self, done: Callable[["Street"], object], most_s: float = 7_200.0) -> "Street":
        for _ in range(int(most_s / SLOT_S)):
            if done(self):
                return self
            drive(self.house, 1)
        raise AssertionError(f"not within {most_s} s")

    def get(self, path: str) -> Any:
        return self._asked("monitor", "GET", path)[1]

    def post(self, path: str, body: dict[str, object], server: str = "monitor") -> tuple[int, Any]:
        """A change. What it asks of actors is delivered while no market time passes."""
        asked = gevent.spawn(self._asked, server, "POST", path, body)
        while not asked.ready():
            self.house.system.directory.drain()
            asked.join(timeout=0.01)
        answer: tuple[int, Any] = asked.get()
        return answer

    def metric(self, name: str, **labels: str) -> float:
        """One sample of `GET /metrics`."""
        text = self._asked("monitor", "GET", "/metrics")[1]
        return next(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == f"micro_lightning_{name}" and sample.labels == labels
        )

    def _view(self, name: str) -> object:
        snapshot = self.house.system.directory.snapshot(name)
        assert snapshot is not None
        return snapshot.view

    def _asked(self, server: str, method: str, path: str, body: dict[str, object] | None = None) -> tuple[int, Any]:
        view = self._view(f"server.{server}")
        assert isinstance(view, ServerView)
        token = (self.state.path / "api-token").read_text().strip()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        connection = HTTPConnection("127.0.0.1", view.port, timeout=20.0)
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
            response = connection.getresponse()
            text = response.read().decode()
            return response.status, json.loads(text) if "json" in response.headers["Content-Type"] else text
        finally:
            connection.close()
