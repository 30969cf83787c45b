import struct
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from core.chain.codec.kinds import KEY, U8, U16, U64, Key, ProgramText, Signed128, Undecodable, array, text
from core.chain.codec.layout import Layout


class Part(Struct, frozen=True):
    a: U8
    b: U16


class Whole(Struct, frozen=True):
    """A bit of everything: fixed, text, nested, list, array and a 128-bit number."""

    first: U64
    words: ProgramText
    part: Part
    key: Key | None = None
    parts: tuple[Part, ...] | None = None
    pair: Annotated[tuple[str, ...], array(KEY, 2)] | None = None
    signed: Signed128 | None = None
    extra: bytes = b""


LAYOUT = Layout.of(Whole)
ZERO = "1" * 32
WHOLE = Whole(7, "ab", Part(1, 2), ZERO, (Part(3, 4), Part(5, 6)), (ZERO, ZERO), -(2**127))


def test_fields_stand_in_the_order_of_the_struct_little_endian():
    expected = (
        struct.pack("<QI2sBH", 7, 2, b"ab", 1, 2)
        + bytes(32)
        + struct.pack("<IBHBH", 2, 3, 4, 5, 6)
        + bytes(64)
        + bytes(15)
        + b"\x80"
    )

    assert LAYOUT.encode(LAYOUT.row(WHOLE)) == expected
    assert Whole(*LAYOUT.decode(expected)[0]) == WHOLE


def test_required_fields_are_those_without_a_default():
    assert LAYOUT.required == 3
    assert LAYOUT.names == ("first", "words", "part", "key", "parts", "pair", "signed")


@given(st.integers(0, 200), st.booleans())
def test_whole_fields_are_read_and_a_cut_one_is_refused(length: int, start: bool):
    data = LAYOUT.encode(LAYOUT.row(WHOLE))[:length]
    ends = [8, 14, 17, 49, 59, 123, 139]
    known = sum(end <= length for end in ends)
    prefix = b"head" if start else b""

    if length >= ends[-1] or length in ends[2:]:
        values, end = LAYOUT.decode(prefix + data, len(prefix))
        assert (len(values), end) == (known, len(prefix) + ends[known - 1])
    else:
        with pytest.raises(Undecodable, match=r"cut|short"):
            LAYOUT.decode(prefix + data, len(prefix))


def test_a_hostile_count_or_length_is_refused_without_reading_so_much():
    counted = Layout.parse("parts:vec<Part>", {"Part": Part})
    for layout in (counted, Layout(["t"], [text()], 1)):
        with pytest.raises(Undecodable, match="cut"):
            layout.decode(b"\xff\xff\xff\xff" + bytes(64))


def test_a_line_of_the_interface_files_is_a_layout():
    layout = Layout.parse("a:u8 b:opt<pubkey> c:[u16;3] d:Part e:i128 f:string", {"Part": Part})
    for values in ([1, None, (1, 2, 3), Part(1, 2), -5, "x"], [1, ZERO, (1, 2, 3), Part(1, 2), 5, ""]):
        data = layout.encode(values)
        assert layout.decode(data) == (values, len(data))


@pytest.mark.parametrize("word", ["a:u256", "a:[string;3]", "a:f64"])
def test_a_word_without_a_place_on_the_wire_is_a_type_error(word: str):
    with pytest.raises(TypeError, match="no place on the wire"):
        Layout.parse(word)


def test_a_field_without_an_annotation_of_the_wire_is_a_type_error():
    class Unmarked(Struct):
        a: int

    with pytest.raises(TypeError, match="no place on the wire"):
        Layout.of(Unmarked)


def test_lists_need_items_of_fixed_width():
    class Named(Struct):
        name: ProgramText

    with pytest.raises(TypeError, match="counted off"):
        Layout.parse("a:vec<Named>", {"Named": Named})


def test_text_that_is_not_utf8_is_refused():
    with pytest.raises(UnicodeDecodeError):
        Layout(["t"], [text()], 1).decode(b"\1\0\0\0\xff")
