"""One table per structure, from which both decoding and encoding follow.

The table is the annotated fields of a `msgspec.Struct` (`Layout.of`) or a line of text in the interface files' words
(`Layout.parse`). Programs let their events grow by appending, so the fields may end early, but only between two
fields: later ones are then absent.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from struct import Struct as Packing
from typing import Any, NamedTuple, Self, cast, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from core.chain.kinds import KINDS, LENGTH, Fixed, Kind, Undecodable, Variable, array, read_length


def vector(layout: "Layout", make: Callable[..., object]) -> Variable:
    """A counted list of structures, read as a tuple."""

    def read(data: bytes, at: int) -> tuple[tuple[object, ...], int]:
        count, at = read_length(data, at)
        # Checked first: a hostile count must not cost a loop of four billion steps.
        if count * layout.least_bytes > len(data) - at:
            raise Undecodable("cut")
        items = []
        for _ in range(count):
            values, at = layout.read_whole(data, at)
            items.append(make(*values))
        return tuple(items), at

    def write(value: Sequence[Any]) -> bytes:
        return LENGTH.pack(len(value)) + b"".join(layout.encode(layout.row(item)) for item in value)

    return Variable(read, write)


def nested(layout: "Layout", make: Callable[..., object]) -> Variable:
    """A structure within a structure."""

    def read(data: bytes, at: int) -> tuple[object, int]:
        values, at = layout.read_whole(data, at)
        return make(*values), at

    return Variable(read, lambda value: layout.encode(layout.row(value)))


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


class _Step(NamedTuple):
    """A run of fixed fields and, at its end, at most one variable field."""

    size: int
    packing: Packing
    kinds: tuple[Fixed, ...]
    decoders: tuple[tuple[int, Callable[[Any], object]], ...]
    variable: Variable | None


def _step(run: Sequence[Fixed], variable: Variable | None) -> _Step:
    packing = Packing("<" + "".join(kind.code for kind in run))
    decoders = tuple((i, kind.decode) for i, kind in enumerate(run) if kind.decode is not None)
    return _Step(packing.size, packing, tuple(run), decoders, variable)


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


def _read_partial(kinds: Iterable[Fixed], data: bytes, at: int, values: list[Any]) -> int:
    """Fields of an older, shorter layout: whole ones up to the end of the data."""
    for kind in kinds:
        if at == len(data):
            return at
        packing = Packing("<" + kind.code)
        if len(data) - at < packing.size:
            raise Undecodable("cut")
        value = packing.unpack_from(data, at)[0]
        values.append(value if kind.decode is None else kind.decode(value))
        at += packing.size
    return at


class Layout:
    """Field names and kinds in wire order; `required` of them stand in the oldest layout."""

    def __init__(self, names: Sequence[str], kinds: Sequence[Kind], required: int) -> None:
        self.names = tuple(names)
        self.kinds = tuple(kinds)
        self.required = required
        self._plan = _steps(kinds)
        self.least_bytes = sum(step.size for step in self._plan)

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
        """The values present from `at` on, and where they end. Undecodable when a field is cut or a required one absent."""
        values: list[Any] = []
        end = len(data)
        for step in self._plan:
            size, packing, kinds, decoders, variable = step
            if end - at < size:
                at = _read_partial(kinds, data, at, values)
                break
            first = len(values)
            values += packing.unpack_from(data, at)
            for i, decode in decoders:
                values[first + i] = decode(values[first + i])
            at += size
            if variable is not None:
                if at == end:
                    break
                value, at = variable.read(data, at)
                values.append(value)
        if len(values) < self.required:
            raise Undecodable("short")
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
        """The values of a struct in wire order, up to its first absent one. ValueError when a later one is present."""
        values = [getattr(item, name) for name in self.names]
        present = next((i for i, value in enumerate(values) if value is None), len(values))
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
