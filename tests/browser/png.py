"""Makes a screenshot small: 256 colours are plenty for a page of text, lines and two charts."""

import struct
import zlib
from collections import Counter
from pathlib import Path

COLORS = 256
SIGNATURE = b"\x89PNG\r\n\x1a\n"
Color = tuple[int, int, int]


def shrink(path: Path) -> None:
    """Rewrite an RGB picture with a palette: its commonest colours, and for each other the nearest of them."""
    width, height, rows = read(path.read_bytes())
    counts = Counter(pixel for row in rows for pixel in zip(row[::3], row[1::3], row[2::3], strict=True))
    palette = [color for color, _ in counts.most_common(COLORS)]
    places = {color: place for place, color in enumerate(palette)}
    for color in counts:
        if color not in places:
            places[color] = min(range(len(palette)), key=lambda place: distance(palette[place], color))
    flat = b"".join(
        b"\0" + bytes(places[pixel] for pixel in zip(row[::3], row[1::3], row[2::3], strict=True)) for row in rows
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colors = b"".join(bytes(color) for color in palette)
    parts = ((b"IHDR", head), (b"PLTE", colors), (b"IDAT", zlib.compress(flat, 9)), (b"IEND", b""))
    path.write_bytes(SIGNATURE + b"".join(chunk(kind, data) for kind, data in parts))


def read(data: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height, and the rows of an RGB picture of 8 bits as Chromium writes it. Raises ValueError for another."""
    at, packed, width, height = len(SIGNATURE), b"", 0, 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, color = struct.unpack(">IIBB", body[:10])
            if (depth, color) != (8, 2):
                raise ValueError(f"not RGB of 8 bits: depth {depth}, colour type {color}")
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    raw, stride, rows = zlib.decompress(packed), width * 3, list[bytes]()
    above = bytes(stride)
    for start in range(0, len(raw), stride + 1):
        above = unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above)
        rows.append(above)
    return width, height, rows


def unfiltered(kind: int, row: bytearray, above: bytes) -> bytes:
    """One row as it was before the filter of this kind (PNG, section 9)."""
    for at in range(len(row)):
        left, up = row[at - 3] if at >= 3 else 0, above[at]
        match kind:
            case 0:
                break
            case 1:
                add = left
            case 2:
                add = up
            case 3:
                add = (left + up) // 2
            case _:
                add = paeth(left, up, above[at - 3] if at >= 3 else 0)
        row[at] = (row[at] + add) & 255
    return bytes(row)


def paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda one: abs(guess - one))


def distance(one: Color, other: Color) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
