"""What a person sees of a stage: the monitor's pages over its journal, its books and its gate."""

from prometheus_client.parser import text_string_to_metric_families

from tests.monitor.house import FakePanel, monitor, see
from tests.scenarios.stage import Stage


class Seen:
    """The monitor over one stage, as it stands at the moment of each request."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._panel = FakePanel(stage.settings)
        self._client = monitor(self._panel)

    def commandment(self, number: int) -> dict[str, object]:
        """One of `GET /commandments`."""
        self._look()
        items = self._client.get("/commandments").get_json()["items"]
        return next(dict(item) for item in items if item["number"] == number)

    def metric(self, name: str, **labels: str) -> float:
        """One sample of `GET /metrics`."""
        self._look()
        # A client of its own: the text of another one is kept for a second.
        text = monitor(self._panel).get("/metrics").text
        return next(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == f"micro_lightning_{name}" and sample.labels == labels
        )

    def _look(self) -> None:
        stage, panel = self._stage, self._panel
        panel.records, panel.kept = tuple(stage.records), stage.books
        panel.market, panel.now = stage.runner.now.market, stage.runner.now.at_s
        see(panel, "commandments", view=stage.gate)
