"""One table per structure, from which both decoding and encoding follow.

The table is the annotated fields of a `msgspec.Struct` (`Layout.of`) or a line of text in the interface files' words
(`Layout.parse`). Programs let their events grow by appending, so the fields may end early, but only between two
fields: later ones are then absent.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from struct import Struct as Packing
from struct import calcsize
from typing import Any, NamedTuple, Self, cast, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from core.chain.codec.kinds import KINDS, LENGTH, Fixed, Kind, Undecodable, Variable, array, read_length


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


class _Run(NamedTuple):
    """Neighbouring fields of fixed width, read with one call."""

    size: int
    unpack: Callable[[bytes, int], tuple[Any, ...]]
    decoders: tuple[tuple[int, Callable[[Any], object]], ...]
    """Positions in the run, and what turns the unpacked value there into ours."""


def _run(kinds: Sequence[Fixed]) -> _Run:
    packing = Packing("<" + "".join(kind.code for kind in kinds))
    decoders = tuple((i, kind.decode) for i, kind in enumerate(kinds) if kind.decode is not None)
    return _Run(packing.size, packing.unpack_from, decoders)


def _cut(*_: object) -> tuple[Any, ...]:
    raise Undecodable("cut")


_CUT = _Run(0, _cut, ())


class _Step(NamedTuple):
    """A run and, at its end, at most one field of variable width."""

    run: _Run
    shorter: dict[int, _Run]
    """Bytes left -> the run of an older layout that ended there."""
    read: Callable[[bytes, int], tuple[object, int]] | None


def _step(kinds: Sequence[Fixed], variable: Variable | None) -> _Step:
    prefixes = [_run(kinds[:count]) for count in range(len(kinds))]
    return _Step(_run(kinds), {run.size: run for run in prefixes}, None if variable is None else variable.read)


def _steps(kinds: Iterable[Kind]) -> tuple[_Step, ...]:
    steps: list[_Step] = []
    run: list[Fixed] = []
    for kind in kinds:
        if isinstance(kind, Fixed):
            run.append(kind)
        else:
            steps.append(_step(run, kind))
            run = []
    if run:
        steps.append(_step(run, None))
    return tuple(steps)


class _Shape(NamedTuple):
    """A whole event as it came before: read with one call when its inner lengths are the same again."""

    unpack: Callable[[bytes, int], tuple[Any, ...]]
    decoders: tuple[tuple[int, Callable[[Any], object]], ...]
    lengths: tuple[tuple[int, int, bytes], ...]
    """Start, end and content of the lengths within, counted from the first field."""


_SHAPES = 64
"""Lengths remembered per layout: ten occur, and a stranger must not fill the memory with others."""


def _shape(kinds: Sequence[Kind], data: bytes, at: int) -> _Shape | None:
    """The shape of the valid event of these kinds at `at`, or None when a field has no fixed width in it."""
    codes, decoders, lengths = "<", [], []
    for i, kind in enumerate(kinds):
        field: Fixed | None
        if isinstance(kind, Fixed):
            field = kind
        else:
            start = calcsize(codes)
            field = None if kind.pinned is None else kind.pinned(read_length(data, at + start)[0])
            lengths.append((start, start + 4, data[at + start : at + start + 4]))
            codes += "4x"
        if field is None:
            return None
        codes += field.code
        if field.decode is not None:
            decoders.append((i, field.decode))
    return _Shape(Packing(codes).unpack_from, tuple(decoders), tuple(lengths))


class Layout:
    """Field names and kinds in wire order; `required` of them stand in the oldest layout."""

    def __init__(self, names: Sequence[str], kinds: Sequence[Kind], required: int) -> None:
        self.names = tuple(names)
        self.kinds = tuple(kinds)
        self.required = required
        self._plan = _steps(kinds)
        self._shapes: dict[int, _Shape | None] = {}
        self.least_bytes = sum(step.run.size for step in self._plan)
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
        shape = self._shapes.get(len(data) - at)
        if shape is not None:
            for start, end, length in shape.lengths:
                if data[at + start : at + end] != length:
                    break
            else:
                values = list(shape.unpack(data, at))
                for i, decode in shape.decoders:
                    values[i] = decode(values[i])
                return values, len(data)
        return self._decode_parts(data, at)

    def _decode_parts(self, data: bytes, first_at: int) -> tuple[list[Any], int]:
        at = first_at
        values: list[Any] = []
        end = len(data)
        for run, shorter, read in self._plan:
            left = end - at
            # An event that ends within a run is an older one, unless it ends within a field.
            size, unpack, decoders = run if left >= run[0] else shorter.get(left, _CUT)
            first = len(values)
            values += unpack(data, at)
            for i, decode in decoders:
                values[first + i] = decode(values[first + i])
            at += size
            if at == end:
                break
            if read is not None:
                value, at = read(data, at)
                values.append(value)
        if len(values) < self.required:
            raise Undecodable("short")
        if at == end and len(self._shapes) < _SHAPES and end - first_at not in self._shapes:
            # None too is remembered, so that what has no shape is not tried again.
            self._shapes[end - first_at] = _shape(self.kinds[: len(values)], data, first_at)
        return values, at

    def read_whole(self, data: bytes, at: int) -> tuple[list[Any], int]:
        """As `decode`, but every field must be there: nested structures do not grow."""
        values, at = self.decode(data, at)
        if len(values) < len(self.kinds):
            raise Undecodable("cut")
        return values, at

    def encode(self, values: Sequence[Any]) -> bytes:
        """The wire bytes of `values`, which may end early as an older layout did."""
        parts = []
        for kind, value in zip(self.kinds, values, strict=False):
            if isinstance(kind, Variable):
                parts.append(kind.write(value))
            else:
                raw = value if kind.encode is None else kind.encode(value)
                parts.append(Packing("<" + kind.code).pack(raw))
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
