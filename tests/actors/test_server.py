"""The server actor in a real tree: it answers while it lives, comes back on the same port, and outlives trading."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import gevent
import pytest
from typing_extensions import override

from actors.base import Actor, Context
from actors.notifier import NotifierActor
from actors.server import Listening, ServerActor, ServerView
from actors.system import System
from actors.tree import Branch, Worker
from core.errors import Refused
from core.messages import Message, PauseEntries, RaiseAlert
from core.snapshots import ActorState
from core.state.notifier import AlertsView
from monitor.app import control_app, monitor_app
from monitor.desk import Desk
from tests.monitor.house import OPERATE, FakePanel

WAIT_S = 10.0


def server(name: str, port: int = 0, panel: FakePanel | None = None) -> Worker:
    desk = Desk(panel if panel is not None else FakePanel())
    make = monitor_app if name == "monitor" else control_app
    listening = Listening(
        application=lambda: make(desk).wsgi_app, bind="127.0.0.1", port=port, setting=f"MICRO_{name.upper()}_PORT"
    )
    return Worker(name=name, actor=ServerActor, args=listening)


@contextmanager
def running(*workers: Worker) -> Iterator[System]:
    system = System(services=FakePanel())
    system.start(Branch(name="root", children=workers))
    try:
        yield system
    finally:
        system.stop()


def view_of(system: System, name: str) -> ServerView:
    snapshot = system.directory.snapshot(name)
    assert snapshot is not None
    assert isinstance(snapshot.view, ServerView)
    return snapshot.view


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def until(holds) -> None:
    """Give the others their turn until it holds."""
    with gevent.Timeout(WAIT_S):
        while not holds():
            gevent.sleep(0.005)


def test_monitor_and_control_answer_over_the_wire():
    panel = FakePanel()
    with running(server("monitor", panel=panel), server("executor", panel=panel)) as system:
        monitor, control = view_of(system, "monitor").port, view_of(system, "executor").port

        assert json.loads(get(monitor, "/health")[1])["status"] == "ok"
        assert b"Micro-Lightning</h1>" in get(monitor, "/")[1]
        assert get(monitor, "/static/page.css")[0] == 200
        assert get(control, "/status")[0] == 401
        connection = HTTPConnection("127.0.0.1", control, timeout=WAIT_S)
        connection.request("POST", "/pause", body=b"{}", headers=OPERATE | {"Content-Type": "application/json"})
        assert connection.getresponse().status == 202
        connection.close()
        assert [name for name, _ in panel.directory.told] == ["commandments"]
        assert view_of(system, "monitor").requests == 3


def test_a_wrong_or_oversized_request_over_the_wire_is_a_document():
    with running(server("monitor")) as system:
        connection = HTTPConnection("127.0.0.1", view_of(system, "monitor").port, timeout=WAIT_S)
        for method, path, body, status in (
            ("POST", "/emergency", b"{}", 401),
            ("PATCH", "/emergency", None, 405),
            ("GET", "/%00%ff", None, 404),
            ("POST", "/emergency", b"x" * 70_000, 413),
        ):
            connection.request(method, path, body=body)
            answer = connection.getresponse()
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert json.loads(answer.read())["status"] == answer.status == status
        connection.close()


def test_a_crashed_server_comes_back_on_its_port():
    with running(server("monitor")) as system:
        port = view_of(system, "monitor").port
    with running(server("monitor", port)) as system:
        assert get(port, "/health")[0] == 200
        actor = system.directory.present("monitor")
        actor.spawn(lambda: 1 / 0)
        until(lambda: (one := system.directory.snapshot("monitor")) and one.restarts == 1 and one.state == "alive")

        assert get(port, "/health")[0] == 200


def test_stopping_gives_the_port_back():
    with running(server("monitor")) as system:
        port = view_of(system, "monitor").port
        assert get(port, "/health")[0] == 200

    with pytest.raises(ConnectionError):
        get(port, "/health")


def test_a_port_in_use_is_the_reason_that_the_supervisor_shows():
    with running(server("monitor")) as system:
        port = view_of(system, "monitor").port
        second = Listening(
            application=lambda: monitor_app(Desk(FakePanel())).wsgi_app,
            bind="127.0.0.1",
            port=port,
            setting="MICRO_MONITOR_PORT",
        )
        actor = ServerActor(Context(name="second", parent="root", system=system, args=second))

        with pytest.raises(Refused, match=f"port {port} on 127.0.0.1 is in use"):
            actor.on_begin()
        actor.on_end(None)


def test_the_server_takes_no_messages():
    with running(server("monitor")) as system, pytest.raises(Refused, match="monitor serves HTTP"):
        system.directory.ask("monitor", PauseEntries(by="me"), WAIT_S)


def test_the_notifier_keeps_alerts_without_any_journal():
    with running(Worker(name="notifier", actor=NotifierActor)) as system:
        system.directory.tell("notifier", RaiseAlert(key="x", severity="critical", text="t", at_s=1.0))
        assert system.directory.settle(WAIT_S)

        snapshot = system.directory.snapshot("notifier")

    assert snapshot is not None
    assert snapshot.state is ActorState.ALIVE
    assert isinstance(snapshot.view, AlertsView)
    assert [one.key for one in snapshot.view.alerts] == ["x"]


class Stuck(Actor[Message]):
    """Begins, and hangs in its first message."""

    @override
    def handle(self, message: Message) -> object:
        gevent.sleep(WAIT_S * 10)
        return None


def test_hung_actors_show_as_late_over_the_wire_and_the_others_do_not():
    panel = FakePanel()
    hung = [Worker(name=name, actor=Stuck, shutdown_s=0.02) for name in ("stuck", "stuck2")]
    with running(server("monitor", panel=panel), *hung) as system:
        panel.directory = system.directory  # type: ignore[assignment]  # a real one in place of the fake
        for name in ("stuck", "stuck2"):
            system.directory.tell(name, PauseEntries(by="me"))
        gevent.sleep(0)

        status, body = get(view_of(system, "monitor").port, "/actors?live=1")

    assert status == 200
    late = {item["name"]: item["late"] for item in json.loads(body)["items"]}
    assert late == {"root": False, "monitor": False, "stuck": True, "stuck2": True}
