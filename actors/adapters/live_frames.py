"""Frames of a node's WebSocket: requests to it, and what its answers and notifications say. Bytes in, structs out."""

from collections.abc import Callable, Iterable, Mapping

import msgspec
from msgspec import Struct

from core.messages import RawTransaction


class Heard(Struct, frozen=True):
    """A notification: the chain reached `slot`; without `transaction` that is all it says."""

    subscription: int
    slot: int
    transaction: RawTransaction | None = None


class Subscribed(Struct, frozen=True):
    """The answer to a request; `subscription` is None when the node refused it."""

    request: int
    subscription: int | None


_NOTHING = msgspec.Raw(b"")


class _Context(Struct):
    slot: int


class _Value(Struct):
    signature: str
    err: msgspec.Raw = msgspec.Raw(b"null")
    logs: list[str] | None = None


class _Result(Struct):
    """Of `logsNotification` (context and value) or `slotNotification` (slot)."""

    context: _Context | None = None
    value: _Value | None = None
    slot: int | None = None


class _Params(Struct):
    result: _Result
    subscription: int


class _Frame(Struct):
    method: str | None = None
    params: _Params | None = None
    id: int | None = None
    result: msgspec.Raw = _NOTHING
    error: msgspec.Raw = _NOTHING


class FrameReader:
    """Reads frames; what cannot be read is told to `count` by reason and is otherwise ignored."""

    def __init__(self, count: Callable[[str], None]) -> None:
        self._decoder = msgspec.json.Decoder(_Frame)
        self._number = msgspec.json.Decoder(int)
        self._count = count

    def read(self, message: bytes) -> Heard | Subscribed | None:
        try:
            frame = self._decoder.decode(message)
        except msgspec.ValidationError:
            self._count("frame: shape")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._count("frame: not JSON")
        else:
            return self._meaning(frame)
        return None

    def _meaning(self, frame: _Frame) -> Heard | Subscribed | None:
        if frame.params is not None:
            return self._heard(frame.params)
        if frame.id is not None:
            return Subscribed(frame.id, self._subscription(frame))
        self._count("frame: other")
        return None

    def _heard(self, params: _Params) -> Heard | None:
        result = params.result
        if result.context is not None and result.value is not None and result.context.slot >= 0:
            value = result.value
            text = bytes(value.err).decode(errors="replace")
            error = None if text == "null" else text
            # A failed transaction's log says nothing that counts; the memory is better spent on others.
            logs = tuple(value.logs or ()) if error is None else ()
            transaction = RawTransaction(value.signature, result.context.slot, error, logs)
            return Heard(params.subscription, result.context.slot, transaction)
        if result.slot is not None and result.slot >= 0:
            return Heard(params.subscription, result.slot)
        self._count("frame: shape")
        return None

    def _subscription(self, frame: _Frame) -> int | None:
        if bytes(frame.error) not in {b"", b"null"}:
            return None
        try:
            return self._number.decode(frame.result)
        except msgspec.DecodeError:
            return None


def subscriptions(requests: Mapping[int, str], commitment: str) -> Iterable[bytes]:
    """Requests by id: `slot`, or the program whose logs are wanted."""
    for number, subject in requests.items():
        method, params = "slotSubscribe", list[object]()
        if subject != "slot":
            method, params = "logsSubscribe", [{"mentions": [subject]}, {"commitment": commitment}]
        yield msgspec.json.encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
