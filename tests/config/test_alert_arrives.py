"""The real Prometheus and Alertmanager, with our rules and routes: a silent feed becomes an alert at POST /alerts, and
resolves. The figures and both applications are real and served on loopback; the feed is a snapshot that the test sets.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from gevent.event import Event

from actors.adapters.http_server import HttpServer
from core.messages import Message, RaiseAlert
from monitor.app import control_app, monitor_app
from monitor.desk import Desk
from tests.commands.process import free_ports
from tests.config.tools import copied, tool
from tests.monitor.house import TOKENS, FakePanel, FeedShown, see

WAIT_S = 120.0
"""On a busy machine; when quiet both take some ten seconds."""
DEAD, ALIVE = 45.0, 0.4
"""Seconds since the last batch."""


class Watched:
    """Both applications over one panel, and the two programs that watch them."""

    def __init__(self, folder: Path) -> None:
        self.panel = FakePanel()
        self.panel.directory.on_tell = self._told
        self.raised: list[RaiseAlert] = []
        self.something = Event()
        desk = Desk(self.panel)
        self.servers = [
            HttpServer(app, bind="127.0.0.1", port=0, setting="MICRO_MONITOR_PORT")
            for app in (control_app(desk), monitor_app(desk))
        ]
        for server in self.servers:
            server.start()
        secrets = {"api_token_read": TOKENS.read, "api_token": TOKENS.operate}
        self.config = copied(folder, **secrets, second_receiver_url="http://127.0.0.1:9/nobody")
        self.programs: list[subprocess.Popen[bytes]] = []

    def start(self, folder: Path) -> None:
        control, monitor = (server.port for server in self.servers)
        alertmanager, prometheus = free_ports(2)
        targets = self.config / "prometheus" / "targets"
        for name, port in (("executor", control), ("monitor", monitor), ("alertmanager", alertmanager)):
            (targets / f"{name}.yml").write_text(f'- targets: ["127.0.0.1:{port}"]\n')
        scraping = self._hurried("prometheus/prometheus.yml", "interval: 5s", "interval: 1s")
        routes = self._hurried("alertmanager/alertmanager.yml", "group_interval: 1m", "group_interval: 1s")
        routes = self._hurried("alertmanager/alertmanager.yml", "group_wait: 5s", "group_wait: 0s")
        self._hurried("alertmanager/alertmanager.yml", "127.0.0.1:8081", f"127.0.0.1:{monitor}")
        self._run(
            "prometheus-alertmanager",
            f"--config.file={routes}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{alertmanager}",
            "--cluster.listen-address=",
        )
        self._run(
            "prometheus",
            f"--config.file={scraping}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{prometheus}",
        )

    def feed_is(self, age_s: float) -> None:
        see(self.panel, "feed", view=FeedShown(age_s=age_s, undecodable={}, events_by_kind={}))

    def told_of(self, name: str, severity: str) -> RaiseAlert:
        """Wait until the monitor was told of this alert."""
        with gevent.Timeout(WAIT_S, AssertionError(f"{name} ({severity}) did not come; came: {self.raised}")):
            while True:
                for alert in self.raised:
                    if (alert.key, alert.severity) == (name, severity):
                        return alert
                self.something.clear()
                self.something.wait()

    def close(self) -> None:
        for program in self.programs:
            program.terminate()
        for program in self.programs:
            program.wait(30)
        for server in self.servers:
            server.stop()

    def _told(self, name: str, message: Message) -> None:
        if name == "notifier" and isinstance(message, RaiseAlert):
            self.raised.append(message)
            self.something.set()

    def _hurried(self, name: str, slow: str, fast: str) -> Path:
        path = self.config / name
        text = path.read_text()
        assert slow in text
        path.write_text(text.replace(slow, fast))
        return path

    def _run(self, name: str, *arguments: str) -> None:
        log = (self.config / f"{name}.log").open("wb")
        with log:
            self.programs.append(subprocess.Popen([tool(name), *arguments], stdout=log, stderr=log))


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    tool("prometheus")
    tool("prometheus-alertmanager")
    one = Watched(tmp_path)
    yield one
    one.close()


@pytest.mark.slow
def test_a_feed_that_dies_is_told_to_the_monitor_and_so_is_its_return(watched: Watched, tmp_path: Path):
    watched.feed_is(DEAD)
    watched.start(tmp_path)

    fired = watched.told_of("FeedSilent", "critical")
    assert fired.text == "No market data for 45s."

    watched.feed_is(ALIVE)
    resolved = watched.told_of("FeedSilent", "info")
    assert resolved.text.startswith("resolved: No market data")
    assert {alert.key for alert in watched.raised} == {"FeedSilent"}
