"""The recorded chain data as tests want it. Everything here needs the fixture `shared_data`."""

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

BYTE_ARRAYS = "pump_sell_token2022_2026"
"""The one recording without meta: keys and data are arrays of bytes."""


class Payload(Struct, frozen=True):
    """One event as single recordings keep it."""

    id: str
    program: str
    data: bytes
    expected: dict[str, Any]


def payloads(shared_data: Path) -> list[Payload]:
    rows = json.loads((shared_data / "events" / "program_data_events.json").read_text())
    return [Payload(row["id"], row["program"], b64decode(row["data"]), row["expected"]) for row in rows]


def transactions(shared_data: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every transaction with the name of its file; lists are taken apart."""
    for path in sorted((shared_data / "transactions").glob("*.json")):
        content = json.loads(path.read_text())
        for source in content if isinstance(content, list) else [content]:
            yield path.stem, source


def transaction(shared_data: Path, name: str) -> dict[str, Any]:
    """A fresh copy of the first transaction in the file `name`."""
    return next(source for found, source in transactions(shared_data) if found == name)


def body(source: dict[str, Any]) -> dict[str, Any]:
    """The transaction without its envelope."""
    inner: dict[str, Any] = source.get("result", source)
    return inner


def interface(shared_data: Path, name: str) -> dict[str, Any]:
    """A program's interface file."""
    content: dict[str, Any] = json.loads((shared_data / "idl" / f"{name}.json").read_text())
    return content


def curve_account(shared_data: Path) -> bytes:
    answer = json.loads((shared_data / "accounts" / "bonding_curve_2026-07.json").read_text())
    return b64decode(answer["result"]["value"]["data"][0])


def fee_config(shared_data: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((shared_data / "accounts" / "pumpswap_fee_config_2026-09.json").read_text())
    return content
