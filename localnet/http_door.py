"""The node's HTTP door: JSON-RPC by POST, SOL's price and health by GET; refusals of a node that has had enough."""

import socket
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

import gevent
import msgspec
from gevent.pywsgi import WSGIServer
from typing_extensions import override

from localnet.chain import Chain
from localnet.rpc.control import PREFIX
from localnet.rpc.dispatch import Dispatch

LARGEST_REQUEST = 1_000_000
PRICE_PATH, HEALTH_PATH = "/price", "/health"
Start = Callable[[str, list[tuple[str, str]]], object]


class _Prompt(WSGIServer):
    """Head and body go out in two writes; without this the second waits 40 ms for the first one's acknowledgement."""

    @override
    def handle(self, sock: socket.socket, address: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().handle(sock, address)


class HttpDoor:
    """Serves on loopback until `stop`."""

    def __init__(self, chain: Chain, dispatch: Dispatch, listener: socket.socket) -> None:
        self._chain = chain
        self._dispatch = dispatch
        self._second, self._requests = 0, 0
        self._server = _Prompt(listener, self._serve, log=None)

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop(timeout=1)

    def _serve(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        if environ["REQUEST_METHOD"] == "GET":
            return self._get(path, start)
        if environ["REQUEST_METHOD"] != "POST":
            return _reply(start, "405 Method Not Allowed", {"error": "POST JSON-RPC, or GET /price"})
        body = environ["wsgi.input"].read(LARGEST_REQUEST + 1)
        if len(body) > LARGEST_REQUEST:
            return _reply(start, "413 Payload Too Large", {"error": "the request is too large"})
        try:
            request = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return _reply(start, "200 OK", _PARSE_ERROR)
        if not _is_control(request):
            refusal = self._refusal(start)
            if refusal is not None:
                return refusal
        return _reply(start, "200 OK", self._dispatch.answer(request))

    def _get(self, path: str, start: Start) -> Iterable[bytes]:
        if path == PRICE_PATH:
            amount = f"{self._chain.usd_per_sol:.6f}"
            return _reply(start, "200 OK", {"data": {"amount": amount, "base": "SOL", "currency": "USD"}})
        if path == HEALTH_PATH:
            return _reply(start, "200 OK", {"status": "ok", "slot": self._chain.slot})
        return _reply(start, "404 Not Found", {"error": f"GET {PRICE_PATH} or {HEALTH_PATH}"})

    def _refusal(self, start: Start) -> Iterable[bytes] | None:
        """The 429 of a node that has had enough, or None; late where the node is slow."""
        switches = self._chain.faults.switches
        if switches.answer_delay_s:
            gevent.sleep(switches.answer_delay_s)
        second = int(monotonic())
        if second != self._second:
            self._second, self._requests = second, 0
        self._requests += 1
        too_many = 0 < switches.requests_per_s < self._requests
        if not too_many and not self._chain.faults.chance(switches.refuse_pct):
            return None
        error = {"code": 429, "message": "Too many requests for a specific RPC call"}
        body = {"jsonrpc": "2.0", "error": error, "id": None}
        return _reply(start, "429 Too Many Requests", body, ("Retry-After", str(switches.retry_after_s)))


_PARSE_ERROR = {"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": None}


def _is_control(request: object) -> bool:
    return isinstance(request, dict) and str(request.get("method", "")).startswith(PREFIX)


def _reply(start: Start, status: str, body: Any, *headers: tuple[str, str]) -> list[bytes]:
    data = msgspec.json.encode(body)
    start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(data))), *headers])
    return [data]
