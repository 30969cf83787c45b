"""Errors of the JSON-RPC interface, with the codes and words that real nodes use."""

from typing import Any


class RpcError(Exception):
    """One call fails; `code` is the JSON-RPC code, `data` its optional body."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        return error if self.data is None else error | {"data": self.data}


def invalid(why: str) -> RpcError:
    return RpcError(-32602, f"Invalid param: {why}" if not why.startswith("invalid") else why)


def too_early(slot: int) -> RpcError:
    return RpcError(-32016, "Minimum context slot has not been reached", {"contextSlot": slot})


PREFLIGHT = -32002
SIGNATURE = -32003
UNHEALTHY = -32005
VERSION = -32015
LONG_TERM_STORAGE = -32019
