"""A linker for one object file of `clang -target bpf`: makes the shared object that the Solana runtime loads.

The runtime (SBF version 0) wants a position-independent ELF whose text and read-only data lie in one region at
0x1_0000_0000, whose own calls are relative, and whose system calls are relocations by symbol name. Writable data do
not exist there.
"""

import struct
from collections.abc import Callable
from typing import NamedTuple

from core.errors import Refused

REGION = 0x1_0000_0000
MACHINE = 263
"""EM_SBPF."""
SYSTEM_CALLS = frozenset(
    {
        "sol_get_clock_sysvar",
        "sol_invoke_signed_c",
        "sol_log_",
        "sol_log_data",
        "sol_try_find_program_address",
    }
)
_PROGBITS, _SYMTAB, _REL, _NOBITS, _DYNSYM = 1, 2, 9, 8, 11
_WRITE, _ALLOC, _EXEC = 1, 2, 4
_R_64_64, _R_ABS64, _R_CALL = 1, 2, 10
_HEAD_BYTES, _SEGMENT_BYTES, _SECTION_BYTES, _SYMBOL_BYTES = 64, 56, 64, 24
_SEGMENTS = 4


class Section(NamedTuple):
    name: str
    kind: int
    flags: int
    data: bytes
    link: int
    info: int
    align: int


class Symbol(NamedTuple):
    name: str
    info: int
    section: int
    value: int


class Object(NamedTuple):
    sections: list[Section]
    symbols: list[Symbol]


def read_object(data: bytes) -> Object:
    """Sections and symbols of a relocatable ELF. Refused with writable data: the runtime has no place for it."""
    if len(data) < _HEAD_BYTES or data[:6] != b"\x7fELF\2\1" or data[16:18] != b"\1\0":
        raise Refused("no relocatable ELF file of 64 bits")
    at, size, count, names_at = *struct.unpack_from("<Q", data, 40), *struct.unpack_from("<HHH", data, 58)
    rows = [struct.unpack_from("<IIQQQQIIQQ", data, at + i * size) for i in range(count)]
    bodies = [data[row[4] : row[4] + row[5]] if row[1] != _NOBITS else bytes(row[5]) for row in rows]
    sections = [
        Section(_text(bodies[names_at], row[0]), row[1], row[2], body, row[6], row[7], row[8] or 1)
        for row, body in zip(rows, bodies, strict=True)
    ]
    for section in sections:
        if section.flags & _ALLOC and section.flags & _WRITE and section.data:
            raise Refused(f"section {section.name} is writable: make its data const")
    table = next(section for section in sections if section.kind == _SYMTAB)
    strings = sections[table.link].data
    symbols = []
    for place in range(0, len(table.data), _SYMBOL_BYTES):
        name, info, _, section, value, _ = struct.unpack_from("<IBBHQQ", table.data, place)
        symbols.append(Symbol(_text(strings, name), info, section, value))
    return Object(sections, symbols)


def link(data: bytes, entry: str = "entrypoint") -> bytes:
    """The shared object made of the relocatable ELF `data`. Refused for what the runtime could not load."""
    source = read_object(data)
    image = _Image(source)
    image.relocate()
    starts = [symbol for symbol in source.symbols if symbol.name == entry]
    if not starts:
        raise Refused(f"there is no function {entry}")
    return image.finish(image.address(starts[0]))


def _text(strings: bytes, at: int) -> str:
    return strings[at : strings.index(b"\0", at)].decode()


class _Image:
    """The shared object while it is put together; file offsets and addresses are the same."""

    def __init__(self, source: Object) -> None:
        self._source = source
        self._places: dict[int, int] = {}
        self._body = bytearray(_HEAD_BYTES + _SEGMENT_BYTES * _SEGMENTS)
        self._text = self._place(lambda section: bool(section.flags & _EXEC))
        self._constants = self._place(lambda section: not section.flags & _EXEC and section.name != ".eh_frame")
        self._pad(8)
        self._strings = bytearray(b"\0")
        self._called = bytearray(_SYMBOL_BYTES)
        self._numbers: dict[str, int] = {}
        self._relocations = bytearray()

    def _pad(self, align: int) -> None:
        self._body += bytes(-len(self._body) % align)

    def _place(self, wanted: Callable[[Section], bool]) -> tuple[int, int]:
        """(start, length) of the sections that are wanted, one after the other."""
        self._pad(16)
        start = len(self._body)
        for number, section in enumerate(self._source.sections):
            if section.kind == _PROGBITS and section.flags & _ALLOC and section.data and wanted(section):
                self._pad(section.align)
                self._places[number] = len(self._body)
                self._body += section.data
        return start, len(self._body) - start

    def address(self, symbol: Symbol) -> int:
        return self._places[symbol.section] + symbol.value

    def relocate(self) -> None:
        for section in self._source.sections:
            if section.kind == _REL and section.info in self._places:
                for at in range(0, len(section.data), 16):
                    offset, info = struct.unpack_from("<QQ", section.data, at)
                    place = self._places[section.info] + offset
                    self._relocate(place, info & 0xFFFFFFFF, self._source.symbols[info >> 32])

    def _relocate(self, place: int, kind: int, symbol: Symbol) -> None:
        body = self._body
        if kind == _R_64_64:
            value = REGION + self.address(symbol) + struct.unpack_from("<I", body, place + 4)[0]
            struct.pack_into("<I", body, place + 4, value & 0xFFFFFFFF)
            struct.pack_into("<I", body, place + 12, value >> 32)
        elif kind == _R_ABS64:
            struct.pack_into(
                "<Q", body, place, REGION + self.address(symbol) + struct.unpack_from("<Q", body, place)[0]
            )
        elif kind == _R_CALL and symbol.section == 0:
            self._call_system(place, symbol.name)
        elif kind == _R_CALL:
            # A section's symbol stands for its start; the instruction then holds the distance from there.
            ahead = (struct.unpack_from("<i", body, place + 4)[0] + 1) * 8 if symbol.info & 15 == 3 else 0
            distance = (self.address(symbol) + ahead - place - 8) // 8
            body[place + 1] = (body[place + 1] & 0x0F) | 0x10
            struct.pack_into("<i", body, place + 4, distance)
        else:
            raise Refused(f"relocation {kind} of {symbol.name} is unknown here")

    def _call_system(self, place: int, name: str) -> None:
        if name not in SYSTEM_CALLS:
            raise Refused(f"{name} is no system call of the runtime")
        if name not in self._numbers:
            self._numbers[name] = len(self._called) // _SYMBOL_BYTES
            self._called += struct.pack("<IBBHQQ", len(self._strings), 0x10, 0, 0, 0, 0)
            self._strings += name.encode() + b"\0"
        self._body[place + 1] &= 0x0F
        struct.pack_into("<i", self._body, place + 4, -1)
        self._relocations += struct.pack("<QQ", place, self._numbers[name] << 32 | _R_CALL)

    def _append(self, data: bytes | bytearray) -> int:
        self._pad(8)
        at = len(self._body)
        self._body += data
        return at

    def finish(self, entry: int) -> bytes:
        symbols, strings = self._append(self._called), self._append(self._strings)
        relocations = self._append(self._relocations)
        facts = (
            (0x11, relocations),
            (0x12, len(self._relocations)),
            (0x13, 16),
            (6, symbols),
            (11, _SYMBOL_BYTES),
            (5, strings),
            (10, len(self._strings)),
            (0, 0),
        )
        dynamic = self._append(b"".join(struct.pack("<QQ", *fact) for fact in facts))
        dynamic_bytes = 16 * len(facts)
        (text, text_bytes), (constants, constant_bytes) = self._text, self._constants
        names = bytearray(b"\0")

        def named(name: str) -> int:
            names.extend(name.encode() + b"\0")
            return len(names) - len(name) - 1

        table = [
            (0,) * 10,
            (named(".text"), _PROGBITS, _ALLOC | _EXEC, text, text, text_bytes, 0, 0, 8, 0),
            (named(".rodata"), _PROGBITS, _ALLOC, constants, constants, constant_bytes, 0, 0, 8, 0),
            (named(".dynsym"), _DYNSYM, _ALLOC, symbols, symbols, len(self._called), 4, 1, 8, _SYMBOL_BYTES),
            (named(".dynstr"), 3, _ALLOC, strings, strings, len(self._strings), 0, 0, 1, 0),
            (named(".rel.dyn"), _REL, _ALLOC, relocations, relocations, len(self._relocations), 3, 0, 8, 16),
            (named(".dynamic"), 6, _WRITE | _ALLOC, dynamic, dynamic, dynamic_bytes, 4, 0, 8, 16),
        ]
        last = named(".shstrtab")
        table.append((last, 3, 0, 0, self._append(names), len(names), 0, 0, 1, 0))
        sections = self._append(b"".join(struct.pack("<IIQQQQIIQQ", *row) for row in table))
        segments = (
            (1, 5, text, text_bytes),
            (1, 4, constants, constant_bytes),
            (1, 4, symbols, dynamic - symbols),
            (2, 6, dynamic, dynamic_bytes),
        )
        for number, (kind, flags, at, size) in enumerate(segments):
            row = struct.pack("<IIQQQQQQ", kind, flags, at, at, at, size, size, 8)
            struct.pack_into(f"{_SEGMENT_BYTES}s", self._body, _HEAD_BYTES + _SEGMENT_BYTES * number, row)
        head = b"\x7fELF\2\1\1" + bytes(9)
        head += struct.pack("<HHIQQQI", 3, MACHINE, 1, entry, _HEAD_BYTES, sections, 0)
        head += struct.pack("<HHHHHH", 64, _SEGMENT_BYTES, _SEGMENTS, _SECTION_BYTES, len(table), len(table) - 1)
        self._body[:_HEAD_BYTES] = head
        return bytes(self._body)
