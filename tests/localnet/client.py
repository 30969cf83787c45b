"""A client for tests: one node in this process, asked over real sockets."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from geventhttpclient import HTTPClient
from websocket import WebSocket, create_connection

from localnet.chain import Pace
from localnet.faults import Switches
from localnet.node import LOOPBACK, Node

PACE = Pace(slot_s=0.05, finalized_slots=4)
"""Fast slots, so that finality is not long in coming."""


class Caller:
    """JSON-RPC over HTTP."""

    def __init__(self, port: int) -> None:
        self._client = HTTPClient(LOOPBACK, port, connection_timeout=10, network_timeout=10)

    def raw(self, body: bytes, path: str = "/") -> tuple[int, bytes, Any]:
        """(status, body, headers)."""
        answer = self._client.post(path, body=body, headers={"Content-Type": "application/json"})
        return answer.status_code, bytes(answer.read()), answer

    def text(self, method: str, *params: Any) -> str:
        status, body, _ = self.raw(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode())
        assert status == 200, (status, body)
        return body.decode()

    def answer(self, method: str, *params: Any) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text(method, *params))
        return found

    def call(self, method: str, *params: Any) -> Any:
        found = self.answer(method, *params)
        assert "error" not in found, found
        return found["result"]

    def error(self, method: str, *params: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.answer(method, *params)["error"]
        return found

    def get(self, path: str) -> tuple[int, Any]:
        answer = self._client.get(path)
        return answer.status_code, json.loads(answer.read())

    def close(self) -> None:
        self._client.close()


class Listener:
    """JSON-RPC over a WebSocket."""

    def __init__(self, url: str) -> None:
        self.socket: WebSocket = create_connection(url, timeout=10)
        self._number = 0

    def ask(self, method: str, *params: Any) -> Any:
        self._number += 1
        self.socket.send(json.dumps({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}))
        return self.next()

    def subscribe(self, method: str, *params: Any) -> int:
        found: int = self.ask(method, *params)["result"]
        return found

    def next(self) -> Any:
        return json.loads(self.socket.recv())

    def heard(self) -> Any:
        """The result of the next notification."""
        return self.next()["params"]["result"]

    def close(self) -> None:
        self.socket.close()


@contextmanager
def running(*, ticking: bool = True, switches: Switches | None = None, seed: int = 1) -> Iterator[tuple[Node, Caller]]:
    node = Node(pace=PACE, switches=switches, seed=seed)
    node.start(ticking=ticking)
    caller = Caller(node.port)
    try:
        yield node, caller
    finally:
        caller.close()
        node.stop()


def until(condition: Any) -> None:
    """Give way until it is so; the test's own time-out is the limit."""
    while not condition():
        gevent.sleep(0.01)
