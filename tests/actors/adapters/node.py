"""A node's WebSocket on this machine that does what it is told, misbehaviour included."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import gevent
from gevent.event import Event
from gevent.server import StreamServer
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Request, TextMessage


class Peer:
    """One connection, from the server's side."""

    def __init__(self, node: "Node", socket: Any) -> None:
        self.node, self.socket, self.subscriptions = node, socket, dict[str, int]()
        self.protocol = WSConnection(ConnectionType.SERVER)

    def serve(self) -> None:
        while data := self.socket.recv(65_536):
            self.protocol.receive_data(data)
            for event in self.protocol.events():
                self._answer(event)

    def _answer(self, event: Any) -> None:
        if isinstance(event, Request):
            if self.node.handshake:
                self.socket.sendall(self.node.handshake)
                self.socket.close()
            else:
                self.send(AcceptConnection())
        elif isinstance(event, TextMessage):
            self._subscribe(json.loads(event.data))
        elif isinstance(event, BytesMessage | CloseConnection):
            self.socket.close()
        elif isinstance(event, Ping) and self.node.answers_pings:
            self.send(event.response())

    def _subscribe(self, request: dict[str, Any]) -> None:
        self.node.requests.append(request)
        if request["method"].endswith("Unsubscribe"):
            number = request["params"][0]
            self.subscriptions = {subject: one for subject, one in self.subscriptions.items() if one != number}
            return self.send(TextMessage(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": True})))
        first = request["params"][0] if request["params"] else "slot"
        subject = first["mentions"][0] if isinstance(first, dict) else first
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
        if subject in self.node.refused:
            answer["error"] = {"code": -32601, "message": "Method not found"}
        else:
            answer["result"] = self.subscriptions[subject] = next(self.node.numbers)
        self.node.subscribed.set()
        return self.send(TextMessage(json.dumps(answer)))

    def send(self, event: Any) -> None:
        self.socket.sendall(self.protocol.send(event))


class Node:
    """Serves until `stop`. What it sends goes to every open connection."""

    def __init__(self, port: int = 0) -> None:
        self.peers: list[Peer] = []
        self.requests: list[dict[str, Any]] = []
        self.refused: set[str] = set()
        self.handshake = b""
        """Sent in place of an acceptance."""
        self.answers_pings = True
        self.connections = 0
        self.numbers = count(10)
        self.subscribed = Event()
        self.server = StreamServer(("127.0.0.1", port), self._serve)
        self.server.start()

    @property
    def port(self) -> int:
        assert self.server.server_port is not None
        return self.server.server_port

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/?api-key=sesame"

    def _serve(self, socket: Any, _address: object) -> None:
        peer = Peer(self, socket)
        self.peers.append(peer)
        self.connections += 1
        try:
            peer.serve()
        except OSError:
            return  # the client went first
        finally:
            self.peers.remove(peer)

    def log(self, program: str, slot: int, signature: str, *logs: str, err: object = None) -> None:
        value = {"signature": signature, "err": err, "logs": list(logs)}
        self._notify(program, "logsNotification", {"context": {"slot": slot}, "value": value})

    def slot(self, slot: int) -> None:
        self._notify("slot", "slotNotification", {"parent": slot - 1, "root": slot - 32, "slot": slot})

    def text(self, message: str) -> None:
        for peer in list(self.peers):
            peer.send(TextMessage(message))

    def raw(self, data: bytes) -> None:
        for peer in list(self.peers):
            peer.socket.sendall(data)

    def drop(self) -> None:
        for peer in list(self.peers):
            peer.socket.close()

    def stop(self) -> None:
        self.server.stop()
        self.drop()

    def wait(self, what: Callable[[], bool]) -> None:
        """Give way to the other greenlets until it is so; the test's own time-out is the limit."""
        while not what():
            gevent.sleep(0.002)

    def wait_ready(self, subjects: int = 4, connections: int = 1) -> None:
        """Until a connection with so many subscriptions stands, and so many have been made in all."""
        self.wait(lambda: self.connections >= connections and any(len(p.subscriptions) >= subjects for p in self.peers))

    def _notify(self, subject: str, method: str, result: object) -> None:
        for peer in list(self.peers):
            if subject in peer.subscriptions:
                params = {"result": result, "subscription": peer.subscriptions[subject]}
                peer.send(TextMessage(json.dumps({"jsonrpc": "2.0", "method": method, "params": params})))
