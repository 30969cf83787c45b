"""Anything that a machine shows, as plain data for JSON: bounded, times readable, strangers' text made visible.

A field that holds a time (`…at_s`, `…until_s`, `deadline_s`: epoch seconds) gets the same in ISO-8601 UTC beside it,
under its name without `_s`; null where it never was. What is left out by the bounds is said.
"""

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Raw, Struct

DEPTH: Final = 8
ITEMS: Final = 200
TEXT: Final = 2_000
TIMES: Final = ("at_s", "until_s", "deadline_s", "expires_s")
TIME_ENDS: Final = tuple(f"_{time}" for time in TIMES)
EPOCH_FROM_S: Final = 100_000_000.0
"""A smaller number in such a field counts from something else (a schedule's `at_s` counts from the first fill)."""
HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, bidi and other invisible characters, line ends."""
BEYOND_ASCII: Final = re.compile(r"[^\x20-\x7e]")


def plain(value: object, *, items: int = ITEMS, depth: int = DEPTH) -> object:
    """`value` as dicts, lists, text, numbers, booleans, None. Never raises, whatever a machine shows."""
    # A list of all actors is a hundred thousand values: what most of them are comes first, by the exact type.
    if value is None or type(value) is int or type(value) is bool:
        return value
    if type(value) is float:
        return value if math.isfinite(value) else None
    if type(value) is str:
        return visible(value)
    if not isinstance(value, (Struct, Mapping, set, frozenset, list, tuple)):
        return _odd(value)
    if depth == 0:
        return "…"
    if isinstance(value, Struct):
        return _fields([(name, getattr(value, name[0])) for name in _names(type(value))], items, depth)
    if isinstance(value, Mapping):
        return _fields([(_name(text_of(key)), item) for key, item in value.items()], items, depth)
    return _items(sorted(value, key=text_of) if isinstance(value, set | frozenset) else value, items, depth)


def _odd(value: object) -> object:
    """What is of a plain type only by inheritance, and anything else."""
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, float):
        return plain(float(value))
    if isinstance(value, int):
        return int(value)
    return visible(str(value) if isinstance(value, str) else repr(value))


def iso(at_s: float | None) -> str | None:
    """ISO-8601 UTC, to the millisecond where there are any; None for no time, or none that can be written."""
    if at_s is None or not math.isfinite(at_s) or at_s < EPOCH_FROM_S:
        return None
    try:
        moment = datetime.fromtimestamp(round(at_s, 3), UTC)
    except (OverflowError, OSError, ValueError):
        return None
    exact = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=exact).removesuffix("+00:00") + "Z"


def visible(text: str) -> str:
    """`text` with every control, bidi and other invisible character written out, and not endless."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in HIDDEN else c for c in text[:TEXT])
    return text if len(text) <= TEXT else text[:TEXT] + "…"


def escaped(text: str) -> str:
    """JSON text with what `visible` writes out as JSON's own escapes: the same to a program, harmless on a terminal."""
    return text if text.isascii() and text.isprintable() else BEYOND_ASCII.sub(_escape, text)


def encoded(shown: Mapping[str, object]) -> bytes:
    """JSON in one line of harmless text. A field that is `Raw` came from here already and stands as it is."""
    if any(type(value) is Raw for value in shown.values()):
        return b"{%s}" % b",".join(b"%s:%s" % (_json(name), _json(value)) for name, value in shown.items())
    return _json(shown)


def _json(value: object) -> bytes:
    if type(value) is Raw:
        return bytes(value)
    data = msgspec.json.encode(value, enc_hook=repr)
    # JSON has controls only as escapes; of ASCII that leaves one invisible character.
    return data if data.isascii() and b"\x7f" not in data else escaped(data.decode()).encode()


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return json.dumps(character)[1:-1] if unicodedata.category(character) in HIDDEN else character


def text_of(key: object) -> str:
    return str(key.value) if isinstance(key, Enum) else str(key)


def is_time(name: str) -> bool:
    """Whether a field of this name holds a moment rather than a duration."""
    return name in TIMES or name.endswith(TIME_ENDS)


Name = tuple[str, str, str]
"""Of a field: its own name, the one it is shown under, and the one of its moment, empty where it holds none."""


@lru_cache(maxsize=1_024)
def _names(kind: type[Struct]) -> tuple[Name, ...]:
    return tuple(map(_name, kind.__struct_fields__))


def _name(name: str) -> Name:
    return name, visible(name), visible(name.removesuffix("_s")) if is_time(name) else ""


def _fields(fields: Sequence[tuple[Name, object]], items: int, depth: int) -> dict[str, object]:
    shown: dict[str, object] = {}
    for (_, name, moment), value in fields:
        if len(shown) >= items:
            shown["…"] = f"{len(fields) - items} more"
            break
        shown[name] = plain(value, items=items, depth=depth - 1)
        if moment and (value is None or (isinstance(value, int | float) and not 0 < value < EPOCH_FROM_S)):
            shown[moment] = iso(value)
    return shown


def _items(values: Iterable[object], items: int, depth: int) -> list[object]:
    every = list(values)
    shown = [plain(value, items=items, depth=depth - 1) for value in every[:items]]
    if len(every) > items:
        shown.append(f"{len(every) - items} more")
    return shown
