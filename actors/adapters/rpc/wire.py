"""JSON-RPC on the wire: a request, and the shapes of what nodes answer. Bytes in, structs or typed errors out.

Requests are made by `solders`, which spells them as the nodes do. Answers are read by msgspec: solders refuses a whole
answer for one error variant or field that is newer than itself, and an outcome must be readable on the day after an
upgrade.
"""

from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from actors.adapters.rpc.errors import (
    BadResponse,
    NodeBehind,
    NodeFailed,
    PreflightFailed,
    RateLimited,
    RpcError,
    RpcRefused,
)
from core.chain.untrusted import harmless

T = TypeVar("T")

MESSAGE_BYTES = 200
PATIENCE_S = 1.0


class Request(Struct, frozen=True):
    """`is_recent`: what is asked for is the newest state, so the slot of the answer tells how far the node is."""

    method: str
    body: bytes
    is_recent: bool = True


class Context(Struct):
    slot: int


class Contextual(Struct, Generic[T]):
    """An answer with the slot at which it was true."""

    context: Context
    value: T


class _Error(Struct):
    code: int = 0
    message: str = ""
    data: Raw = Raw(b"null")


class _Envelope(Struct):
    result: Raw | UnsetType = UNSET
    error: _Error | None = None


class _ErrorData(Struct):
    context_slot: int | None = field(name="contextSlot", default=None)
    slots_behind: int | None = field(name="numSlotsBehind", default=None)
    err: Raw = Raw(b"null")
    logs: list[str] | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_DECODERS: "dict[Any, msgspec.json.Decoder[Any]]" = {}
"""One for each shape that is ever asked for: some dozen."""
_DATA = msgspec.json.Decoder(_ErrorData)

PREFLIGHT = -32002
UNHEALTHY = -32005
MIN_CONTEXT_SLOT = -32016
NODES_OWN = range(-32099, -31999)
"""Codes that a node gives for a state of its own: another one, or a later call, may do."""
INTERNAL = -32603
RATE_LIMITS = frozenset({429, -32429, -32097})
"""How providers say 429 inside of a 200."""
HOPELESS = frozenset({-32003, -32006, -32010, -32013, -32015})
"""Among the nodes' own: bad signatures, bad precompile, an index that is not kept, bad length, transaction version."""


def read(body: bytes, kind: type[T], *, wanted_slot: int = 0) -> T:
    """The result in an answer, as `kind`. Raises BadResponse when it is none, and the typed error that it holds."""
    try:
        envelope = _ENVELOPE.decode(body)
        if envelope.error is not None:
            raise error_of(envelope.error.code, envelope.error.message, envelope.error.data, wanted_slot)
        if envelope.result is UNSET:
            raise BadResponse("the answer holds neither a result nor an error")
        result: T = _decoder(kind).decode(envelope.result)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadResponse(f"the answer does not read: {harmless(str(error), MESSAGE_BYTES)}") from None
    return result


def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    return decoder


def error_of(code: int, message: str, data: bytes, wanted_slot: int) -> RpcError | RpcRefused:
    """What a node's error means for the caller."""
    text = harmless(message, MESSAGE_BYTES)
    more = _data(data)
    if code in RATE_LIMITS:
        return RateLimited(PATIENCE_S)
    if code == MIN_CONTEXT_SLOT or (code == UNHEALTHY and more.slots_behind):
        return NodeBehind(more.context_slot, wanted_slot)
    if code == PREFLIGHT:
        logs = tuple(harmless(line, MESSAGE_BYTES) for line in more.logs or ())
        return PreflightFailed(code, text, bytes(more.err).decode(errors="replace"), logs)
    if code == INTERNAL or (code in NODES_OWN and code not in HOPELESS) or not code:
        return NodeFailed(code, text)
    return RpcRefused(code, text)


def _data(data: bytes) -> _ErrorData:
    try:
        return _DATA.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _ErrorData()
