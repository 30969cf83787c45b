"""The journal, entry by entry, newest first."""

from typing import get_args

from core.records import AnyRecord, Entry
from monitor.views.operations import Shown
from monitor.views.plain import plain

KINDS: tuple[str, ...] = tuple(sorted(str(kind.__struct_config__.tag) for kind in get_args(AnyRecord)))


def shown(entry: Entry) -> Shown:
    """One entry; `kind` says which record it is, `schema` how it was written, the rest are that record's own fields."""
    fields = plain(entry.record)
    if not isinstance(fields, dict):
        raise TypeError(f"a record is a struct, not {fields!r}")
    return {"seq": entry.seq, "schema": entry.version, "kind": kind_of(entry), **fields}


def kind_of(entry: Entry) -> str:
    return str(type(entry.record).__struct_config__.tag)
