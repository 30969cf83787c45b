"""What a request asks for: filters, paging, a JSON body. Anything unknown or malformed is refused by name."""

import re
from collections.abc import Callable, Collection, Sequence
from http import HTTPStatus
from typing import TypeVar

import msgspec
from flask import request
from msgspec import Struct

from monitor.web.problems import Problem

LIMIT = 50
MOST = 500
DIGITS = 18
ADDRESS = "^[1-9A-HJ-NP-Za-km-z]{32,44}$"
"""32 bytes in base58 are so long; whether anything is there, the answer says."""

T = TypeVar("T")
Item = TypeVar("Item")


class Paging(Struct, frozen=True):
    limit: int
    cursor: str | None


def paging(*filters: str) -> Paging:
    """`limit` and `cursor` of the request. Raises Problem 400 for any query parameter beside these and `filters`."""
    known(*filters, "limit", "cursor")
    text = request.args.get("limit", str(LIMIT))
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= MOST:
        raise bad(f"limit is a number from 1 to {MOST}")
    return Paging(int(text), request.args.get("cursor"))


def known(*names: str) -> None:
    """Raises Problem 400 for a query parameter of another name, or one given twice."""
    for name in request.args:
        if name not in names:
            allowed = ", ".join(names) or "none"
            raise bad(f"{name[:40]!r} is no parameter of this path; it takes: {allowed}")
        if len(request.args.getlist(name)) > 1:
            raise bad(f"{name} is given more than once")


def number(text: str | None, name: str) -> int | None:
    """A whole number from 0, None when it is not given."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise bad(f"{name} is a whole number, as the list's own `next` gives it")
    return int(text)


def choice(name: str, values: Collection[str]) -> str | None:
    """One of the values, None when it is not given."""
    text = request.args.get(name)
    if text is not None and text not in values:
        raise bad(f"{name} is one of: {', '.join(values)}")
    return text


def flag(name: str) -> bool | None:
    """1 or true, 0 or false; None when it is not given."""
    text = choice(name, ("1", "true", "0", "false"))
    return None if text is None else text in {"1", "true"}


def mint_filter() -> str:
    """The filter `mint`, empty when it is not given."""
    text = request.args.get("mint")
    return "" if text is None else checked_mint(text)


def checked_mint(text: str) -> str:
    """`text`, if it is written as an address. Raises Problem 400 otherwise."""
    if re.fullmatch(ADDRESS, text) is None:
        raise bad("mint is an address: 32 to 44 characters of base58")
    return text


def page(items: Sequence[Item], asked: Paging, key: Callable[[Item], str]) -> tuple[Sequence[Item], str | None]:
    """The items after the cursor, and the cursor for the rest. Raises Problem 404 when the cursor is not among them."""
    start = 0
    if asked.cursor is not None:
        start = next((i + 1 for i, item in enumerate(items) if key(item) == asked.cursor), 0)
        if start == 0:
            raise Problem(HTTPStatus.NOT_FOUND, "cursor is none of this list any more; begin again without it")
    shown = items[start : start + asked.limit]
    more = start + asked.limit < len(items)
    return shown, key(shown[-1]) if more and shown else None


def body(kind: type[T]) -> T:
    """The JSON body of the request. Raises Problem: 415 for another type, 400 for what is not JSON or not of `kind`."""
    raw = request.get_data(cache=False)
    if raw and request.mimetype != "application/json":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad(f"the body is not usable: {error}") from None


def bad(detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, detail)
