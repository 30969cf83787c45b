"""Scenarios of the embedded market by name or from a file (TOML or JSON, `core.market.simulator.scenarios`)."""

import json
import tomllib
from pathlib import Path

from core.errors import Refused
from core.market.simulator.scenarios import CALM, Scenario, from_plain, mix, named

MOST_BYTES = 1_000_000


def scenario_of(text: str) -> Scenario:
    """What `text` asks for: empty for calm, a name, a file, or several of them with commas, mixed. Raises Refused."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return mix(read(Path(part)) if _is_path(part) else named(part) for part in parts) if parts else CALM


def read(path: Path) -> Scenario:
    """The scenario in a file. Raises Refused in one line, with the place, when it is none."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Refused(f"{path} is larger than a scenario can be")
        text = path.read_text(encoding="utf-8")
        plain = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise Refused(f"the scenario {path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise Refused(f"{path} is no {'JSON' if path.suffix == '.json' else 'TOML'}: {error}") from None
    if not isinstance(plain, dict):
        raise Refused(f"{path} is no scenario: it must hold a table")
    try:
        return from_plain(plain)
    except Refused as refusal:
        raise Refused(f"{path}: {refusal}") from None


def _is_path(text: str) -> bool:
    return "/" in text or text.endswith((".toml", ".json"))
