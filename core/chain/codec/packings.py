"""A whole event written with one call: what makes the embedded market's wire format fast enough."""

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from msgspec.structs import astuple

from core.chain.codec.kinds import Fixed, Kind
from core.chain.codec.runs import SHAPES, Convert

Pack = Callable[..., bytes]


class _Packings(dict[tuple[int, ...], Pack]):
    """Lengths of the fields of variable width -> what packs all fields; a few lengths come again and again."""

    def __init__(self, kinds: Sequence[Kind], head: bytes) -> None:
        super().__init__()
        self._kinds = kinds
        self._head = head

    def __missing__(self, lengths: tuple[int, ...]) -> Pack:
        pack = packing(self._kinds, self._head, lengths)
        if len(self) < SHAPES:
            self[lengths] = pack
        return pack


def packing(kinds: Sequence[Kind], head: bytes, lengths: Iterable[int]) -> Pack:
    """What packs `head` and the raw values of fields of these kinds; those of variable width have these `lengths`."""
    left = iter(lengths)
    codes = (kind.code if isinstance(kind, Fixed) else f"{next(left)}s" for kind in kinds)
    return partial(struct.Struct(f"<{len(head)}s{''.join(codes)}").pack, head)


def whole_writer(
    kinds: Sequence[Kind], required: int, head: bytes, write_older: Callable[[Any], bytes]
) -> Callable[[Any], bytes]:
    """What writes structs of these fields and `extra`, with `head` before them; `write_older` those that end early."""
    packings = _Packings(kinds, head)
    variable = [i for i, kind in enumerate(kinds) if not isinstance(kind, Fixed)]
    converters: list[tuple[int, Convert]] = []
    for i, kind in enumerate(kinds):
        convert = kind.encode if isinstance(kind, Fixed) else kind.write
        if convert is not None:
            converters.append((i, convert))
    # Packing takes anything for a truth value, an absent one too: no error would tell that it is absent.
    last = len(kinds) - 1
    flags = [i for i in range(required, last) if kinds[i] == Fixed("?")]
    may_lack = [*flags, last] if last >= required else flags

    def write(item: Any) -> bytes:
        *values, extra = astuple(item)
        for i in may_lack:
            if values[i] is None:
                return write_older(item)
        try:
            for i, convert in converters:
                values[i] = convert(values[i])
            written = packings[tuple([len(values[i]) for i in variable])](*values)
        except (struct.error, TypeError, AttributeError):
            return write_older(item)
        return written + extra if extra else written

    return write
