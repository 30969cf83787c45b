"""The base of everything that the journal remembers."""

from msgspec import Struct


class Posting(Struct, frozen=True, array_like=True):
    account: str
    lamports: int


class Record(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Base of all records. `at_s` is market time."""

    at_s: float
