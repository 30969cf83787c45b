"""A monitor in a process of its own: what the executor tells, and an executor that is dead, hung or lagging."""

import json
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import gevent
import psutil
import pytest

from actors.adapters.http_server import HttpServer
from actors.adapters.stand_back import NICE
from core.ports import Tokens
from core.settings import Settings
from monitor.app import control_app, monitor_app
from monitor.desk import Desk
from monitor.remote import link as links
from monitor.remote.app import remote_monitor_app
from monitor.remote.link import HUNG_S, LAG_S, Answer, Life, Link
from monitor.topics import TOPICS, decoded
from tests.commands.process import Product
from tests.monitor.house import HELD, OPERATE, TOKENS, FakePanel
from tests.monitor.openapi.test_document import served
from tests.monitor.web.test_access import expect_problem

WAIT_S = 30.0


class Time:
    """A clock that the test moves on."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return monotonic() + self.ahead_s


class Pair:
    """A control application on a port, and a link to it."""

    def __init__(self) -> None:
        self.panel = FakePanel()
        self.server = HttpServer(control_app(Desk(self.panel)), bind="127.0.0.1", port=0, setting="MICRO_EXECUTOR_PORT")
        self.server.start()
        self.time = Time()
        url = f"http://127.0.0.1:{self.server.port}"
        self.link = Link(Settings(), url, lambda: TOKENS, self.time)
        self.client = remote_monitor_app(self.link).test_client()
        self.follower = gevent.spawn(self.link.follow)

    def until(self, holds: Callable[[], bool]) -> None:
        with gevent.Timeout(WAIT_S, AssertionError("it did not come to that")):
            while not holds():
                gevent.sleep(0.02)

    def close(self) -> None:
        self.follower.kill()
        self.server.stop()


@pytest.fixture
def pair() -> Iterator[Pair]:
    one = Pair()
    one.until(lambda: one.link.life() is Life.OK and "items" in decoded(one.link.newest())[list(TOPICS)[-1]])
    yield one
    one.close()


def test_what_the_executor_tells_is_told_on_and_shown(pair: Pair):
    topics = decoded(pair.link.newest())

    assert topics["link"]["state"] == "ok"
    assert topics["status"]["mode"] == "paper"
    page = pair.client.get("/")
    assert page.status_code == 200
    assert HELD in page.text


def test_every_path_is_asked_from_the_executor(pair: Pair):
    assert served(pair.client.application) == served(monitor_app(Desk(pair.panel)))
    for path in ("/status", "/operations?limit=1", f"/positions/{HELD}", "/actors/journal", "/ledger?limit=9"):
        answer = pair.client.get(path)
        assert answer.status_code == 200, path
        assert answer.content_type == "application/json"
    assert pair.client.get("/health").get_json()["status"] == "ok"
    metrics = pair.client.get("/metrics").text
    assert "micro_lightning_executor_up 1\n" in metrics
    assert "micro_lightning_equity_lamports" in metrics
    expect_problem(pair.client.get("/operations?limit=0"), 400)
    expect_problem(pair.client.get("/actors/no%20body%C5%BC"), 404)


def test_a_change_goes_on_with_its_token_and_is_judged_by_the_executor_too(pair: Pair):
    body = {"action": "exit", "why": "test"}
    expect_problem(pair.client.post("/emergency", json=body), 401)
    assert pair.panel.directory.told == []

    answer = pair.client.post("/emergency", json=body, headers=OPERATE)

    assert (answer.status_code, answer.get_json()["told"]) == (202, [HELD])
    assert [name for name, _ in pair.panel.directory.told] == [f"position.{HELD}"]


def test_however_many_scrape_the_executor_is_asked_once_a_second(pair: Pair, monkeypatch: pytest.MonkeyPatch):
    now_s, asked, ask = [100.0], list[str](), pair.link.ask

    def counted(method: str, path: str, *rest: Any) -> Answer:
        asked.append(path)
        return ask(method, path, *rest)

    monkeypatch.setattr(pair.link, "ask", counted)
    monkeypatch.setattr("monitor.remote.scrapes.monotonic", lambda: now_s[0])
    texts = list[str]()
    gevent.joinall([gevent.spawn(lambda: texts.append(pair.client.get("/metrics").text)) for _ in range(5)])
    assert asked == ["/metrics"]
    assert len(texts) == 5
    assert all("micro_lightning_equity_lamports" in text for text in texts)

    now_s[0] += 1.0
    pair.client.get("/metrics")
    assert asked == ["/metrics", "/metrics"]


def test_an_executor_that_dies_is_shown_as_dead_and_what_it_told_last_stays(pair: Pair):
    pair.server.stop()
    pair.until(lambda: pair.link.life() is Life.DEAD)

    topics = decoded(pair.link.newest())
    assert topics["link"]["state"] == "dead"
    assert topics["health"]["status"] == "failing"
    assert topics["status"]["mode"] == "paper"
    health = pair.client.get("/health")
    assert health.status_code == 503
    assert "dead" in health.get_json()["reasons"][0]
    assert "dead" in expect_problem(pair.client.get("/positions"), 503)
    assert "The executor is dead" in pair.client.get("/").text
    assert "micro_lightning_executor_up 0\n" in pair.client.get("/metrics").text


def test_one_that_tells_late_lags_and_one_that_tells_nothing_hangs(pair: Pair):
    pair.follower.kill()
    pair.time.ahead_s = LAG_S + 1.5
    assert pair.link.life() is Life.LAGGING
    assert "lags" in str(pair.link.shown()["detail"])

    pair.time.ahead_s = HUNG_S + 1.5
    assert pair.link.life() is Life.HUNG
    health = pair.client.get("/health")
    assert health.status_code == 503
    assert "hangs" in health.get_json()["reasons"][0]


def test_a_port_that_takes_connections_and_says_nothing_hangs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(links, "HUNG_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        link = Link(Settings(), f"http://127.0.0.1:{silent.getsockname()[1]}", lambda: TOKENS)
        follower = gevent.spawn(link.follow)
        with gevent.Timeout(WAIT_S, AssertionError("it does not hang")):
            while link.life() is not Life.HUNG:
                gevent.sleep(0.02)
        follower.kill()

    assert "says nothing" in link.detail() or "hangs" in link.detail()


def test_without_token_files_nobody_is_known_and_the_monitor_lives():
    def absent() -> Tokens:
        raise FileNotFoundError("api-token")

    link = Link(Settings(), "http://127.0.0.1:9", absent)
    client = remote_monitor_app(link).test_client()

    expect_problem(client.post("/emergency", json={"action": "exit"}, headers=OPERATE), 401)
    expect_problem(client.post("/emergency", json={"action": "exit"}, headers={"Authorization": "Bearer "}), 401)
    assert client.get("/health").status_code == 503
    page = client.get("/")
    assert page.status_code == 503
    assert "The executor is dead" in page.text


def test_two_processes_apart_and_the_monitor_sees_the_other_stop_go_on_and_die(tmp_path: Path):
    executor = Product(tmp_path)
    watching = Product(tmp_path)
    watching.control_port = executor.control_port
    watching.settings = [
        f"MICRO_MONITOR_PORT={watching.monitor_port}",
        f"MICRO_EXECUTOR_PORT={executor.control_port}",
    ]
    try:
        executor.start("--role", "executor", speed=1.0).ready()
        watching.start("--role", "monitor").ready()
        until(watching, "ok")
        assert watching.get("/status")[1]["mode"] == "paper"
        # What only looks leaves the cores to what trades.
        assert psutil.Process(watching.running.pid).nice() == NICE
        assert psutil.Process(executor.running.pid).nice() < NICE

        executor.running.send_signal(signal.SIGSTOP)
        until(watching, "failing", "hangs")
        executor.running.send_signal(signal.SIGCONT)
        until(watching, "ok")
        executor.kill()
        until(watching, "failing", "dead")

        watching.terminate()
        assert watching.ended() == 0
    finally:
        executor.close()
        watching.close()


def until(watching: Product, status: str, reason: str = "") -> None:
    """Wait until the monitor's health says this."""
    deadline_s = monotonic() + 60.0
    health: Any = None
    while monotonic() < deadline_s:
        health = watching.get("/health")[1]
        if health["status"] == status and reason in json.dumps(health):
            return
        gevent.sleep(0.1)
    raise AssertionError(f"health did not become {status} {reason}: {health}")
