"""A node's HTTP side on this machine that answers what it is told, misbehaviour included."""

import json
from collections.abc import Callable
from typing import Any

from gevent.event import Event
from gevent.pywsgi import WSGIServer

from actors.adapters.rpc.client import RpcClient
from core.rules.rpc import RpcRule
from core.rules.rpc_budget import RpcBudgetRule

QUICK = RpcRule(timeout_s=8.0)
PLENTY = RpcBudgetRule(calls=10_000)

OPENED: list[RpcClient] = []
Reply = Callable[[list[Any]], Any]


class Failure(Exception):
    """Answered as an error of JSON-RPC."""

    def __init__(self, code: int, message: str = "no", data: object = None) -> None:
        super().__init__(message)
        self.body = {"code": code, "message": message, **({"data": data} if data is not None else {})}


class NodeServer:
    """Answers each method by what `replies` holds for it: a value, or a function of the parameters."""

    def __init__(self, slot: int = 1_000) -> None:
        self.replies: dict[str, Any] = {}
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.connections: set[tuple[str, str]] = set()
        self.slot = slot
        self.status, self.headers = "200 OK", [("Content-Type", "application/json")]
        self.body: bytes | None = None
        """Sent whatever was asked, when set."""
        self.gate = Event()
        """Nothing is answered while it is not set."""
        self.gate.set()
        self.server = WSGIServer(("127.0.0.1", 0), self._answer, log=None)
        self.server.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/?api-key=sesame"

    def at_slot(self, value: object) -> dict[str, object]:
        return {"context": {"slot": self.slot}, "value": value}

    def _answer(self, environ: dict[str, Any], start: Callable[..., object]) -> list[bytes]:
        request = json.loads(environ["wsgi.input"].read())
        self.requests.append(request)
        self.paths.append(environ["PATH_INFO"])
        self.connections.add((environ["REMOTE_ADDR"], environ["REMOTE_PORT"]))
        self.gate.wait()
        start(self.status, self.headers)
        return [self.body if self.body is not None else json.dumps(self._reply(request)).encode()]

    def _reply(self, request: dict[str, Any]) -> dict[str, Any]:
        reply = self.replies.get(request["method"], Failure(-32601, "Method not found"))
        try:
            if isinstance(reply, Failure):
                raise reply
            result = reply(request.get("params", [])) if callable(reply) else reply
        except Failure as failure:
            return {"jsonrpc": "2.0", "id": request["id"], "error": failure.body}
        return {"jsonrpc": "2.0", "id": request["id"], "result": result}

    def asked(self) -> list[str]:
        return [request["method"] for request in self.requests]

    def restart(self) -> None:
        """On the same port; every connection is lost."""
        address = ("127.0.0.1", int(self.server.server_port or 0))
        self.server.stop()
        self.server = WSGIServer(address, self._answer, log=None)
        self.server.start()

    def stop(self) -> None:
        self.gate.set()
        self.server.stop()


def client(*servers: NodeServer, rule: RpcRule = QUICK, budget: RpcBudgetRule = PLENTY) -> RpcClient:
    return opened(RpcClient([server.url for server in servers], rule, budget))


def opened(client: RpcClient) -> RpcClient:
    """The client, closed when the test has ended."""
    OPENED.append(client)
    return client
