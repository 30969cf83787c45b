"""The real Prometheus and Alertmanager, with our rules and routes: a silent feed becomes an alert at POST /alerts, and
resolves. Once over figures that the test sets, once over the whole product whose node is killed.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest
from gevent.event import Event

from actors.adapters.http_server import HttpServer
from core.chain.programs import PUMP
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.messages import Message, RaiseAlert
from monitor.app import control_app, monitor_app
from monitor.desk import Desk
from tests.actors.adapters.node import Node
from tests.commands.process import Product, free_ports
from tests.config.tools import copied, tool
from tests.monitor.house import TOKENS, FakePanel, FeedShown, see

WAIT_S = 120.0
"""On a busy machine; when quiet it is ten seconds, and a node must be silent for thirty before it counts."""
DEAD, ALIVE = 45.0, 0.4
"""Seconds since the last batch."""


class Programs:
    """Prometheus and Alertmanager with our rules and routes, in a hurry."""

    def __init__(self, folder: Path, *, read: str, operate: str) -> None:
        self.folder = folder
        secrets = {"api_token_read": read, "api_token": operate}
        self.config = copied(folder, **secrets, second_receiver_url="http://127.0.0.1:9/nobody")
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *, control: int, monitor: int) -> None:
        """Watch an executor and a monitor on these ports."""
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
            f"--storage.path={self.folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{alertmanager}",
            "--cluster.listen-address=",
        )
        self._run(
            "prometheus",
            f"--config.file={scraping}",
            f"--storage.tsdb.path={self.folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{prometheus}",
        )

    def close(self) -> None:
        for program in self.running:
            program.terminate()
        for program in self.running:
            program.wait(30)

    def _hurried(self, name: str, slow: str, fast: str) -> Path:
        path = self.config / name
        text = path.read_text()
        assert slow in text
        path.write_text(text.replace(slow, fast))
        return path

    def _run(self, name: str, *arguments: str) -> None:
        log = (self.config / f"{name}.log").open("wb")
        with log:
            self.running.append(subprocess.Popen([tool(name), *arguments], stdout=log, stderr=log))


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
        self.programs = Programs(folder, read=TOKENS.read, operate=TOKENS.operate)

    def start(self) -> None:
        control, monitor = (server.port for server in self.servers)
        self.programs.start(control=control, monitor=monitor)

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
        self.programs.close()
        for server in self.servers:
            server.stop()

    def _told(self, name: str, message: Message) -> None:
        if name == "notifier" and isinstance(message, RaiseAlert):
            self.raised.append(message)
            self.something.set()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    tool("prometheus")
    tool("prometheus-alertmanager")
    one = Watched(tmp_path)
    yield one
    one.close()


@pytest.mark.slow
def test_a_silent_feed_is_told_to_the_monitor_with_its_figure_and_so_is_its_return(watched: Watched):
    watched.feed_is(DEAD)
    watched.start()

    fired = watched.told_of("FeedSilent", "critical")
    assert fired.text == "No market data for 45s."

    watched.feed_is(ALIVE)
    resolved = watched.told_of("FeedSilent", "info")
    assert resolved.text.startswith("resolved: No market data")
    assert {alert.key for alert in watched.raised} == {"FeedSilent"}


@pytest.mark.slow
def test_a_killed_node_becomes_an_alert_of_the_whole_product_and_resolves_when_it_is_back(tmp_path: Path):
    tool("prometheus")
    tool("prometheus-alertmanager")
    node = Node()
    product = Product(tmp_path, settings=["MICRO_FEED=live"])
    programs: Programs | None = None
    try:
        product.start(speed=1.0, SOLANA_WS_URL=node.url).ready()
        trading = gevent.spawn(trade, node)
        read, operate = ((product.state / name).read_text().strip() for name in ("api-token-read", "api-token"))
        programs = Programs(tmp_path, read=read, operate=operate)
        programs.start(control=product.control_port, monitor=product.monitor_port)
        until(lambda: product.get("/health")[1]["status"] == "ok")
        assert alerts(product) == []

        trading.kill()
        node.stop()
        until(lambda: "critical" in alerts(product))

        node = Node(node.port)
        trading = gevent.spawn(trade, node)
        until(lambda: alerts(product)[-2:] == ["critical", "info"])
        trading.kill()
        product.terminate()
        assert product.ended() == 0
    finally:
        if programs is not None:
            programs.close()
        product.close()
        node.stop()


def trade(node: Node) -> None:
    """What a node tells of a market, in its time."""
    market = Simulator(MarketSettings(), 4)
    while True:
        step = market.step()
        for transaction in step.transactions:
            node.log(PUMP, transaction.slot, transaction.signature, *transaction.logs, err=transaction.err)
            node.slot(transaction.slot)
        gevent.sleep(0.4)


def alerts(product: Product) -> list[str]:
    """Severities of what /alerts holds of the silent feed, oldest first."""
    found = product.get("/alerts?key=FeedSilent")[1]["items"]
    return [one["severity"] for one in reversed(found)]


def until(holds: Callable[[], bool]) -> None:
    with gevent.Timeout(2 * WAIT_S, AssertionError("it did not come to that")):
        while not holds():
            gevent.sleep(0.3)
