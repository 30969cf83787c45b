"""What every method shares: its configuration object, and answers that name the slot they are true for."""

from collections.abc import Callable, Mapping
from typing import Any

from localnet.chain import Chain
from localnet.rpc.errors import RpcError
from localnet.rpc.values import check_context, commitment

API_VERSION = "2.3.0"
Method = Callable[[Chain, list[Any]], Any]


def argument(params: list[Any], place: int, what: str) -> Any:
    if len(params) <= place:
        raise RpcError(-32602, f"`params` should have at least {place + 1} argument(s): {what} is missing")
    return params[place]


def config_of(params: list[Any], place: int) -> Mapping[str, Any]:
    """The configuration object at `place`, empty where there is none."""
    given = params[place] if len(params) > place else None
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise RpcError(-32602, f"invalid type: expected an object as parameter {place + 1}, not {given!r}")
    return given


def seen(chain: Chain, config: Mapping[str, Any]) -> int:
    """The slot that an answer at the commitment asked for speaks of. RpcError when `minContextSlot` is later."""
    slot = chain.slot_seen(commitment(config))
    check_context(config, slot)
    return slot


def at(slot: int, value: Any) -> dict[str, Any]:
    return {"context": {"apiVersion": API_VERSION, "slot": slot}, "value": value}
