"""One table per structure, from which both decoding and encoding follow.

The table is the annotated fields of a `msgspec.Struct` (`Layout.of`) or a line of text in the interface files' words
(`Layout.parse`). Programs let their events grow by appending, so the fields may end early, but only between two
fields: later ones are then absent.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Self, TypeVar, cast, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from core.chain.codec.kinds import KINDS, LENGTH, Fixed, Kind, Undecodable, Variable, array, read_length
from core.chain.codec.packings import whole_writer
from core.chain.codec.runs import CUT, SHAPES, Shape, shape, steps

T = TypeVar("T")

EMPTY = LENGTH.pack(0)


def vector(layout: "Layout", make: Callable[..., object]) -> Variable:
    """A counted list of structures whose fields all have a fixed width, read as a tuple."""
    if not layout.is_fixed:
        raise TypeError(f"a list of {layout.names} cannot be counted off")
    item = _packed(layout, make)
    size = layout.least_bytes

    # The shares of a coin come with each of its trades.
    @lru_cache(maxsize=4096)
    def items(raw: bytes) -> tuple[object, ...]:
        return tuple(item(raw[at : at + size]) for at in range(0, len(raw), size))

    def read(data: bytes, at: int) -> tuple[tuple[object, ...], int]:
        count, at = read_length(data, at)
        end = at + count * size
        if end > len(data):
            raise Undecodable("cut")
        return items(data[at:end]), end

    def write(value: Sequence[Any]) -> bytes:
        if not value:
            return EMPTY
        return LENGTH.pack(len(value)) + b"".join(layout.encode(layout.row(each)) for each in value)

    def pinned(count: int) -> Fixed:
        return Fixed(f"{count * size}s", items)

    return Variable(read, write, pinned)


def _packed(layout: "Layout", make: Callable[..., object]) -> Callable[[bytes], object]:
    def read(raw: bytes) -> object:
        return make(*layout.read_whole(raw, 0)[0])

    return read


def nested(layout: "Layout", make: Callable[..., object]) -> Kind:
    """A structure within a structure, itself of fixed width when all its fields are."""

    def write(value: object) -> bytes:
        return layout.encode(layout.row(value))

    if layout.is_fixed:
        return Fixed(f"{layout.least_bytes}s", _packed(layout, make), write)

    def read(data: bytes, at: int) -> tuple[object, int]:
        values, at = layout.read_whole(data, at)
        return make(*values), at

    return Variable(read, write)


def option(layout: "Layout") -> Variable:
    """One field behind a presence byte; None when absent."""

    def read(data: bytes, at: int) -> tuple[object, int]:
        if at >= len(data):
            raise Undecodable("cut")
        if data[at] == 0:
            return None, at + 1
        values, at = layout.read_whole(data, at + 1)
        return values[0], at

    return Variable(read, lambda value: b"\0" if value is None else b"\1" + layout.encode([value]))


class Layout:
    """Field names and kinds in wire order; `required` of them stand in the oldest layout."""

    def __init__(self, names: Sequence[str], kinds: Sequence[Kind], required: int) -> None:
        self.names = tuple(names)
        self.kinds = tuple(kinds)
        self.required = required
        self._plan = steps(kinds)
        self.least_bytes = sum(step.whole.size for step in self._plan)
        self.is_fixed = all(isinstance(kind, Fixed) for kind in kinds)

    @classmethod
    def of(cls, struct: type[Struct], without: frozenset[str] = frozenset()) -> Self:
        """The layout of a struct's annotated fields, `extra` and those in `without` left out."""
        hints = get_type_hints(struct, include_extras=True)
        wanted = [field for field in fields(struct) if field.name != "extra" and field.name not in without]
        required = sum(field.default is NODEFAULT for field in wanted)
        return cls([field.name for field in wanted], [_kind(hints[field.name]) for field in wanted], required)

    @classmethod
    def parse(cls, table: str, structs: Mapping[str, type[Struct]] | None = None, required: int | None = None) -> Self:
        """The layout of a line such as `user:pubkey amount:u64`; `structs` are the capitalised words in it.

        Every field is required unless a number is given.
        """
        pairs = [word.split(":", 1) for word in table.split()]
        kinds = [_parsed(word, structs or {}) for _, word in pairs]
        return cls([name for name, _ in pairs], kinds, len(pairs) if required is None else required)

    def decode(self, data: bytes, at: int = 0) -> tuple[list[Any], int]:
        """The values present from `at` on, and where they end. Undecodable when one is cut or a required one absent."""
        values: list[Any] = []
        end = len(data)
        for prefixes, by_size, variable in self._plan:
            run = prefixes[-1]
            if end - at < run.size:
                # An event that ends within a run is an older one, unless it ends within a field.
                run = by_size.get(end - at, CUT)
            first = len(values)
            values += run.unpack(data, at)
            for i, decode in run.decoders:
                values[first + i] = decode(values[first + i])
            at += run.size
            if at == end:
                break
            if variable is not None:
                value, at = variable.read(data, at)
                values.append(value)
        if len(values) < self.required:
            raise Undecodable("short")
        return values, at

    def reader(self, struct: Callable[..., T], head_bytes: int) -> Callable[[bytes], T]:
        """What makes a struct of a whole payload, `head_bytes` before its first field; `extra` gets what is left over.

        It remembers the shapes of the payloads it has read: most are like one before.
        """
        shapes: dict[int, Shape | None] = {}

        def read(data: bytes) -> T:
            known = shapes.get(len(data))
            if known is not None:
                unpack, decoders, lengths = known
                for start, end, length in lengths:
                    if data[start:end] != length:
                        break
                else:
                    values = list(unpack(data, 0))
                    for i, decode in decoders:
                        values[i] = decode(values[i])
                    return struct(*values)
            return read_anew(data)

        def read_anew(data: bytes) -> T:
            values, end = self.decode(data, head_bytes)
            if end < len(data):
                return struct(*values, extra=data[end:])
            if len(shapes) < SHAPES and len(data) not in shapes:
                # None too is remembered, so that what has no shape is not tried again.
                shapes[len(data)] = shape(self.kinds[: len(values)], data, head_bytes)
            return struct(*values)

        return read

    def writer(self, head: bytes) -> Callable[[Any], bytes]:
        """What makes a whole payload of a struct: `head`, its fields, and its `extra`."""

        def write_older(item: Any) -> bytes:
            return head + self.encode(self.row(item)) + cast("bytes", item.extra)

        return whole_writer(self.kinds, self.required, head, write_older)

    def read_whole(self, data: bytes, at: int) -> tuple[list[Any], int]:
        """As `decode`, but every field must be there: nested structures do not grow."""
        values, at = self.decode(data, at)
        if len(values) < len(self.kinds):
            raise Undecodable("cut")
        return values, at

    def encode(self, values: Sequence[Any]) -> bytes:
        """The wire bytes of `values`, which may end early as an older layout did."""
        parts = []
        at, count = 0, len(values)
        for prefixes, _, variable in self._plan:
            run = prefixes[min(len(prefixes) - 1, count - at)]
            row = list(values[at : at + len(prefixes) - 1])
            for i, encode in run.encoders:
                row[i] = encode(row[i])
            parts.append(run.pack(*row))
            at += len(row)
            if at == count:
                break
            if variable is not None:
                parts.append(variable.write(values[at]))
                at += 1
        return b"".join(parts)

    def row(self, item: object) -> list[Any]:
        """The values of a struct in wire order, up to the first absent one. ValueError when a later one is present."""
        values = [getattr(item, name) for name in self.names]
        count = len(values)
        present = next((i for i in range(self.required, count) if values[i] is None), count)
        if any(value is not None for value in values[present:]):
            raise ValueError(f"{type(item).__name__}.{self.names[present]} is absent, but a later field is not")
        return values[:present]


def _kind(hint: Any) -> Kind:
    """What a field's annotation says about the wire: its own mark, or that of the structure it holds."""
    for candidate in chain([hint], get_args(hint)):
        for mark in getattr(candidate, "__metadata__", ()):
            if isinstance(mark, Fixed | Variable):
                return mark
    for candidate in chain([hint], get_args(hint)):
        if get_origin(candidate) is tuple:
            item = cast("type[Struct]", get_args(candidate)[0])
            return vector(Layout.of(item), item)
        if isinstance(candidate, type) and issubclass(candidate, Struct):
            return nested(Layout.of(candidate), candidate)
    raise TypeError(f"{hint} has no place on the wire")


def _parsed(word: str, structs: Mapping[str, type[Struct]]) -> Kind:
    if word in KINDS:
        return KINDS[word]
    if word in structs:
        return nested(Layout.of(structs[word]), structs[word])
    if word.startswith("vec<"):
        struct = structs[word[4:-1]]
        return vector(Layout.of(struct), struct)
    if word.startswith("opt<"):
        return option(Layout(["value"], [_parsed(word[4:-1], structs)], 1))
    if word.startswith("["):
        item, count = word[1:-1].split(";")
        kind = _parsed(item, structs)
        if isinstance(kind, Fixed):
            return array(kind, int(count))
    raise TypeError(f"{word} has no place on the wire")
