"""A JSON-RPC request in, its response out."""

from typing import Any

from core.errors import Refused
from localnet.chain import Chain
from localnet.rpc import accounts, cluster, control, gifts, ledger, sending, tokens
from localnet.rpc.answers import Method
from localnet.rpc.errors import RpcError

MOST_IN_A_BATCH = 100
_MALFORMED = (TypeError, ValueError, LookupError, AttributeError, OverflowError)


class Dispatch:
    """All methods of one node. More can be added, as the market does."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.methods: dict[str, Method] = {}
        for module in (accounts, cluster, control, gifts, ledger, sending, tokens):
            self.methods |= module.METHODS
        self.calls: dict[str, int] = {}
        """How often each method was called: tests ask what a client did."""

    def answer(self, request: Any) -> Any:
        """The response to a request or a batch of them."""
        if isinstance(request, list):
            if not 0 < len(request) <= MOST_IN_A_BATCH:
                return _failed(None, RpcError(-32600, "Invalid request"))
            return [self._one(one) for one in request]
        return self._one(request)

    def _one(self, request: Any) -> dict[str, Any]:
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return _failed(None, RpcError(-32600, "Invalid request"))
        number, params = request.get("id"), request.get("params")
        if not isinstance(params, list):
            params = [] if params is None else [params]
        try:
            return {"jsonrpc": "2.0", "result": self.call(request["method"], params), "id": number}
        except RpcError as error:
            return _failed(number, error)

    def call(self, name: str, params: list[Any]) -> Any:
        """What method `name` answers. RpcError with the code that a real node would give."""
        method = self.methods.get(name)
        if method is None:
            raise RpcError(-32601, "Method not found")
        self.calls[name] = self.calls.get(name, 0) + 1
        try:
            return method(self._chain, params)
        except Refused as error:
            raise RpcError(-32602, str(error)) from None
        except _MALFORMED as error:
            raise RpcError(-32602, f"Invalid params: {error}") from None


def _failed(number: Any, error: RpcError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "error": error.body(), "id": number}
