"""Neighbouring fields of fixed width, read and written with one call each: what makes decoding fast enough."""

from collections.abc import Callable, Iterable, Sequence
from struct import Struct as Packing
from struct import calcsize
from typing import Any, NamedTuple, TypeVar

from core.chain.codec.kinds import Fixed, Kind, Undecodable, Variable, read_length

Unpack = Callable[[bytes, int], tuple[Any, ...]]
Convert = Callable[[Any], object]
T = TypeVar("T")


class Run(NamedTuple):
    """`decoders` and `encoders` are positions in the run with what converts the value there."""

    size: int
    unpack: Unpack
    decoders: tuple[tuple[int, Convert], ...]
    pack: Callable[..., bytes]
    encoders: tuple[tuple[int, Convert], ...]


def _run(kinds: Sequence[Fixed]) -> Run:
    packing = Packing("<" + "".join(kind.code for kind in kinds))
    decoders = tuple((i, kind.decode) for i, kind in enumerate(kinds) if kind.decode is not None)
    encoders = tuple((i, kind.encode) for i, kind in enumerate(kinds) if kind.encode is not None)
    return Run(packing.size, packing.unpack_from, decoders, packing.pack, encoders)


def _cut(*_: object) -> tuple[Any, ...]:
    raise Undecodable("cut")


class Step(NamedTuple):
    """A run and, at its end, at most one field of variable width."""

    prefixes: tuple[Run, ...]
    """The run's first 0, 1, 2 … fields: an older layout may end after any of them."""
    by_size: dict[int, Run]
    variable: Variable | None

    @property
    def whole(self) -> Run:
        return self.prefixes[-1]


CUT = Run(0, _cut, (), Packing("").pack, ())
"""Stands where the bytes left end within a field."""


def steps(kinds: Iterable[Kind]) -> tuple[Step, ...]:
    """The fields `kinds`, cut into runs."""
    found: list[Step] = []
    run: list[Fixed] = []
    for kind in kinds:
        if isinstance(kind, Fixed):
            run.append(kind)
        else:
            found.append(_step(run, kind))
            run = []
    if run:
        found.append(_step(run, None))
    return tuple(found)


def _step(kinds: Sequence[Fixed], variable: Variable | None) -> Step:
    prefixes = tuple(_run(kinds[:count]) for count in range(len(kinds) + 1))
    return Step(prefixes, {run.size: run for run in prefixes}, variable)


class Shape(NamedTuple):
    """A whole event as it came before: read with one call when its inner lengths are the same again."""

    unpack: Unpack
    decoders: tuple[tuple[int, Convert], ...]
    lengths: tuple[tuple[int, int, bytes], ...]
    """Start, end and content of the lengths within the data."""


SHAPES = 64
"""Lengths remembered per event: ten occur, and a stranger must not fill the memory with others."""


def shape(kinds: Sequence[Kind], data: bytes, at: int) -> Shape | None:
    """The shape of the valid event of these kinds at `at`, or None when a field has no fixed width in it."""
    codes, decoders, lengths = f"<{at}x", [], []
    for i, kind in enumerate(kinds):
        field: Fixed | None
        if isinstance(kind, Fixed):
            field = kind
        else:
            start = calcsize(codes)
            field = None if kind.pinned is None else kind.pinned(read_length(data, start)[0])
            lengths.append((start, start + 4, data[start : start + 4]))
            codes += "4x"
        if field is None:
            return None
        codes += field.code
        if field.decode is not None:
            decoders.append((i, field.decode))
    packing = Packing(codes)
    # A layout may have read other fields than its first ones: then one call would read them wrongly.
    return Shape(packing.unpack_from, tuple(decoders), tuple(lengths)) if packing.size == len(data) else None
