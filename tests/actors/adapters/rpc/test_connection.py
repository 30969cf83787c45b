"""However a call ends, its connection is closed or back in its place: a lost one keeps a place and a file for ever."""

import gc
import socket
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest

from actors.adapters.rpc import requests
from actors.adapters.rpc.connection import SPARE, Connection
from actors.adapters.rpc.errors import TimedOut
from tests.actors.adapters.rpc.server import NodeServer

WAIT_S = 10.0
LARGE = bytes(32 * 1024 * 1024)
"""More than the buffers between two sockets of this machine take."""


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never reads or says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def take() -> None:
        while True:
            taken.append(listener.accept()[0])

    taking = gevent.spawn(take)
    yield listener.getsockname()[1]
    taking.kill()
    for one in (listener, *taken):
        one.close()


def lost(act: Callable[[], object]) -> list[str]:
    """What was left open, as the interpreter finds it."""
    gc.collect()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        act()
        gc.collect()
    return [str(one.message) for one in seen if issubclass(one.category, ResourceWarning)]


@pytest.mark.parametrize(
    ("scheme", "body"), [("https", b"{}"), ("http", LARGE), ("http", b"{}")], ids=["handshake", "sending", "answer"]
)
def test_a_call_that_times_out_leaves_nothing_open(silent: int, scheme: str, body: bytes):
    connection = Connection(f"{scheme}://127.0.0.1:{silent}/", connections=1, timeout_s=5.0)

    def call() -> None:
        with pytest.raises(TimedOut):
            connection.post(body, 0.3)

    assert lost(call) == []
    call()
    assert connection._pool._semaphore.counter == 1 + SPARE
    connection.close()


def test_on_a_connection_that_is_open_nobody_runs_before_the_bytes_are_out(
    server: NodeServer, monkeypatch: pytest.MonkeyPatch
):
    server.replies["getSlot"] = 5
    connection = Connection(server.url, connections=1, timeout_s=WAIT_S)
    body = requests.slot("confirmed").body
    connection.post(body, WAIT_S)
    log: list[str] = []
    sendall: Any = socket.socket.sendall

    def seen(one: socket.socket, data: bytes, *flags: int) -> None:
        if one.getpeername()[1] == server.server.server_port:
            log.append("sent")
        sendall(one, data, *flags)

    monkeypatch.setattr(socket.socket, "sendall", seen)
    gevent.spawn(log.append, "another")
    connection.post(body, WAIT_S)

    assert log == ["sent", "another"]
    assert len(server.connections) == 1
    connection.close()


def test_a_connection_that_was_closed_while_it_lay_idle_is_not_used():
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def answer_once_each() -> None:
        while True:
            one = listener.accept()[0]
            taken.append(one)
            one.recv(65_536)
            one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    answering = gevent.spawn(answer_once_each)
    connection = Connection(f"http://127.0.0.1:{listener.getsockname()[1]}/", connections=1, timeout_s=WAIT_S)
    connection.post(b"{}", WAIT_S)
    (idle,) = connection._pool._socket_queue.queue
    assert connection._pool._is_socket_alive(idle)
    taken[0].close()
    with gevent.Timeout(WAIT_S):
        while connection._pool._is_socket_alive(idle):
            gevent.sleep(0.002)

    assert connection.post(b"{}", WAIT_S).status == 200
    assert len(taken) == 2
    assert not connection._pool._is_socket_alive(None)
    answering.kill()
    connection.close()
    for one in (listener, *taken):
        one.close()
