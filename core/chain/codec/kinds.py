"""Kinds of fields on the wire, and the annotations that name them in a struct.

Numbers are little-endian; text carries a u32 length and is UTF-8.
"""

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

from core.chain.codec.keys import key_bytes, key_text
from core.chain.untrusted import NAME_BYTES, SYMBOL_BYTES, URI_BYTES, harmless


class Undecodable(ValueError):
    """Bytes that are not what their discriminator says. `reason` is one of a few words, fit for a counter."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Fixed(NamedTuple):
    """A field of known width: its `struct` code, and what turns the unpacked value into ours and back."""

    code: str
    decode: Callable[[Any], object] | None = None
    encode: Callable[[Any], object] | None = None


class Variable(NamedTuple):
    """A field whose width stands in its data. `read(data, at)` gives the value and where the next field begins."""

    read: Callable[[bytes, int], tuple[object, int]]
    write: Callable[[Any], bytes]
    pinned: Callable[[int], Fixed | None] | None = None
    """The field as one of fixed width, for the count or length that stands before it; None where that cannot be."""


Kind = Fixed | Variable


def _signed(raw: bytes) -> int:
    return int.from_bytes(raw, "little", signed=True)


def _unsigned(raw: bytes) -> int:
    return int.from_bytes(raw, "little")


def _i128(value: int) -> bytes:
    return value.to_bytes(16, "little", signed=True)


def _u128(value: int) -> bytes:
    return value.to_bytes(16, "little")


LENGTH = struct.Struct("<I")
_unpack_length = LENGTH.unpack_from


def read_length(data: bytes, at: int) -> tuple[int, int]:
    try:
        return _unpack_length(data, at)[0], at + 4
    except struct.error:
        raise Undecodable("cut") from None


def text(limit_bytes: int | None = None) -> Variable:
    """UTF-8 text. With a limit it is a stranger's and is made harmless; without one a program wrote it."""

    def read(data: bytes, at: int) -> tuple[str, int]:
        length, at = read_length(data, at)
        end = at + length
        if end > len(data):
            raise Undecodable("cut")
        value = str(data[at:end], "utf-8")
        return (value if limit_bytes is None else harmless(value, limit_bytes)), end

    def write(value: str) -> bytes:
        raw = value.encode()
        return LENGTH.pack(len(raw)) + raw

    # A program's own words are names of instructions: few, and one with each trade.
    known_text = lru_cache(maxsize=256)(bytes.decode)
    if limit_bytes is None:
        write = lru_cache(maxsize=256)(write)

    def pinned(length: int) -> Fixed:
        return Fixed(f"{length}s", known_text)

    # A stranger's text has any length, so that pinning it would never pay.
    return Variable(read, write, pinned if limit_bytes is None else None)


def array(item: Fixed, count: int) -> Fixed:
    """Exactly `count` items, read as a tuple."""
    packing = struct.Struct("<" + item.code * count)
    convert, restore = item.decode, item.encode

    def read(raw: bytes) -> tuple[object, ...]:
        row = packing.unpack(raw)
        return row if convert is None else tuple(map(convert, row))

    def write(value: Sequence[object]) -> bytes:
        return packing.pack(*(value if restore is None else map(restore, value)))

    return Fixed(f"{packing.size}s", read, write)


PROGRAM_TEXT = text()
KEY = Fixed("32s", key_text, key_bytes)
I128 = Fixed("16s", _signed, _i128)
U128_KIND = Fixed("16s", _unsigned, _u128)

Key = Annotated[str, KEY]
Bool = Annotated[bool, Fixed("?")]
U8 = Annotated[int, Fixed("B")]
U16 = Annotated[int, Fixed("H")]
U64 = Annotated[int, Fixed("Q")]
I64 = Annotated[int, Fixed("q")]
Signed128 = Annotated[int, I128]
Unsigned128 = Annotated[int, U128_KIND]
ProgramText = Annotated[str, PROGRAM_TEXT]
NameText = Annotated[str, text(NAME_BYTES)]
SymbolText = Annotated[str, text(SYMBOL_BYTES)]
UriText = Annotated[str, text(URI_BYTES)]


KINDS: dict[str, Kind] = {
    "pubkey": KEY,
    "bool": Fixed("?"),
    "u8": Fixed("B"),
    "u16": Fixed("H"),
    "u64": Fixed("Q"),
    "i64": Fixed("q"),
    "u128": U128_KIND,
    "i128": I128,
    "string": text(NAME_BYTES),
}
