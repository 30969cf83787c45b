"""A transaction's JSON, in any of the shapes nodes and archives give it, reduced to what decoding needs.

    getTransaction answer, `jsonParsed` or `json`       {"jsonrpc", "result": {slot, blockTime, meta, transaction}}
    the same without its envelope                       {slot, blockTime, meta, transaction, version}
    the same without slot and time                      {meta, transaction, version}
    a transaction in base64 or base58                   {"transaction": [text, "base64"], meta, version}
    an instruction tree without meta                    {"instructions": [{program, accounts, data}], "log_messages"}

Hostile input may raise ValueError, TypeError, LookupError or AttributeError here: `decode.Decoder` turns them into
counts.
"""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from base58 import b58decode, b58encode

from core.chain.codec.keys import key_text
from core.chain.codec.kinds import Undecodable

_DATA_CHARACTERS = 15_000
"""More base58 than the 10,240 bytes a call may carry; decoding costs the square of the length."""


class Call(NamedTuple):
    """One instruction, in order of execution. `data` is as it came, bytes or base58; None where it came parsed."""

    program: str
    accounts: Sequence[str | int]
    data: bytes | str | None
    is_inner: bool


class Transaction(NamedTuple):
    """`failed` is None where the shape has no place for an error. `keys` are what the calls' numbers point at."""

    keys: list[str]
    calls: list[Call]
    logs: Sequence[str]
    failed: bool | None
    slot: int | None
    block_time: int | None
    signature: str | None


def read_transaction(source: Mapping[str, Any]) -> Transaction:
    """The parts of a transaction's JSON. Undecodable when it has no known shape or no meta yet."""
    body = source.get("result", source)
    if "instructions" in body:
        calls = [_byte_call(item) for item in body["instructions"]]
        return Transaction([], calls, body.get("log_messages") or [], None, None, None, None)
    meta, envelope = body.get("meta"), body.get("transaction")
    if meta is None or envelope is None:
        raise Undecodable("shape")
    if isinstance(envelope, Mapping):
        message = envelope["message"]
        keys = [_text(key if isinstance(key, str) else key["pubkey"]) for key in message["accountKeys"]]
        outer = message["instructions"]
        signature = next(iter(envelope.get("signatures") or []), None)
    else:
        keys, outer, signature = _unpacked(envelope)
    # Parsed answers list the loaded keys with the others, and say so by having no list of their own.
    loaded = meta.get("loadedAddresses") or {}
    keys += [_text(key) for kind in ("writable", "readonly") for key in loaded.get(kind) or ()]
    inner = {group["index"]: group["instructions"] for group in meta.get("innerInstructions") or []}
    return Transaction(
        keys,
        list(_calls(outer, inner, keys)),
        meta.get("logMessages") or [],
        meta.get("err") is not None,
        _number(body.get("slot")),
        _number(body.get("blockTime")),
        signature if isinstance(signature, str) else None,
    )


def call_data(call: Call) -> bytes:
    """The bytes given to the program. Undecodable when they are not there."""
    if call.data is None:
        raise Undecodable("parsed")
    return call.data if isinstance(call.data, bytes) else _base58(call.data)


def call_accounts(transaction: Transaction, call: Call) -> list[str]:
    """The keys given to the program."""
    return [entry if isinstance(entry, str) else transaction.keys[_position(entry)] for entry in call.accounts]


def _text(key: object) -> str:
    if not isinstance(key, str):
        raise Undecodable("shape")
    return key


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _bytes(value: object) -> bytes:
    # `bytes` of a number would be that many zeros.
    if not isinstance(value, list | bytes):
        raise Undecodable("shape")
    return bytes(value)


def _calls(
    outer: Iterable[Mapping[str, Any]], inner: Mapping[int, Iterable[Mapping[str, Any]]], keys: Sequence[str]
) -> Iterator[Call]:
    for index, item in enumerate(outer):
        yield _call(item, keys, is_inner=False)
        for nested in inner.get(index, ()):
            yield _call(nested, keys, is_inner=True)


def _call(item: Mapping[str, Any], keys: Sequence[str], *, is_inner: bool) -> Call:
    program = _text(item["programId"] if "programId" in item else keys[_position(item["programIdIndex"])])
    return Call(program, item.get("accounts") or (), item.get("data"), is_inner)


def _position(index: int) -> int:
    if index < 0:
        raise IndexError(index)
    return index


def _byte_call(item: Mapping[str, Any]) -> Call:
    accounts = [key_text(_bytes(key)) for key in item["accounts"]]
    is_inner = len(item.get("ix_index") or []) > 1
    return Call(key_text(_bytes(item["program"])), accounts, _bytes(item["data"]), is_inner)


def _base58(text: str) -> bytes:
    if len(text) > _DATA_CHARACTERS:
        raise Undecodable("size")
    return b58decode(text)


def _unpacked(envelope: Sequence[str]) -> tuple[list[str], list[dict[str, Any]], str | None]:
    """Keys, instructions and signature of a transaction in its wire format, legacy or version 0."""
    text, encoding = envelope
    wire = _Wire(_base58(text) if encoding == "base58" else b64decode(text, validate=True))
    signatures = [wire.take(64) for _ in range(wire.count())]
    if wire.peek() & 0x80:
        wire.take(1)
    wire.take(3)
    keys = [key_text(wire.take(32)) for _ in range(wire.count())]
    wire.take(32)
    instructions = []
    for _ in range(wire.count()):
        program = wire.take(1)[0]
        accounts = list(wire.take(wire.count()))
        instructions.append({"programIdIndex": program, "accounts": accounts, "data": wire.take(wire.count())})
    return keys, instructions, b58encode(signatures[0]).decode() if signatures else None


class _Wire:
    """Reads a transaction's bytes in order. Undecodable past their end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def peek(self) -> int:
        if self._at >= len(self._data):
            raise Undecodable("cut")
        return self._data[self._at]

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise Undecodable("cut")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def count(self) -> int:
        """A compact u16: seven bits a byte, the eighth says that more follow."""
        value = 0
        for shift in (0, 7, 14):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return value
        raise Undecodable("count")
