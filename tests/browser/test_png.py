"""Pictures are made small without becoming others."""

import struct
import zlib
from pathlib import Path

import pytest

from tests.browser.png import SIGNATURE, chunk, read, shrink

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (10, 20, 255)


def rgb(rows: list[bytes], width: int) -> bytes:
    """A picture of these filtered rows."""
    head = struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return SIGNATURE + b"".join(chunk(kind, data) for kind, data in parts)


def test_every_filter_is_undone():
    plain = bytes((*RED, *GREEN, *BLUE))
    left = bytes(plain[at] - (plain[at - 3] if at >= 3 else 0) & 255 for at in range(9))
    average = bytes(plain[at] - ((plain[at - 3] if at >= 3 else 0) + plain[at]) // 2 & 255 for at in range(9))
    rows = [b"\0" + plain, b"\1" + left, b"\2" + bytes(9), b"\3" + average, b"\4" + bytes(9)]

    assert read(rgb(rows, 3)) == (3, 5, [plain] * 5)


def test_a_small_picture_keeps_every_colour_in_its_place(tmp_path: Path):
    path = tmp_path / "x.png"
    path.write_bytes(rgb([b"\0" + bytes((*RED, *RED, *BLUE)), b"\0" + bytes((*GREEN, *RED, *RED))], 3))

    shrink(path)

    data = path.read_bytes()
    assert data[25] == 3  # a palette
    start = data.index(b"PLTE") + 4
    palette = [tuple(data[start + at : start + at + 3]) for at in (0, 3, 6)]
    assert palette[0] == RED
    size = struct.unpack(">I", data[data.index(b"IDAT") - 4 : data.index(b"IDAT")])[0]
    flat = zlib.decompress(data[data.index(b"IDAT") + 4 : data.index(b"IDAT") + 4 + size])
    assert [palette[place] for place in (*flat[1:4], *flat[5:8])] == [RED, RED, BLUE, GREEN, RED, RED]


def test_another_kind_of_picture_is_refused():
    head = struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0)
    with pytest.raises(ValueError, match="not RGB"):
        read(SIGNATURE + chunk(b"IHDR", head))
