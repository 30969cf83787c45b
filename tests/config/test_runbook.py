"""The runbook has an entry for every alert that can come, and for none that cannot."""

import re
from pathlib import Path

from tests.config.test_alerting import rules


def runbook(project: Path) -> dict[str, str]:
    """Text of each entry by the name of its alert."""
    text = (project / "docs" / "operating.md").read_text()
    parts = re.split(r"^(?:### (\w+)|## .*)$", text, flags=re.MULTILINE)
    return {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True) if name}


def test_every_alert_of_prometheus_has_its_entry_and_nothing_else_has(project: Path):
    entries = runbook(project)

    assert sorted(entries) == sorted(rule["alert"] for rule in rules())
    assert [name for name, body in entries.items() if len(body) < 80] == []


def test_every_alert_of_the_program_is_explained(project: Path):
    text = (project / "docs" / "operating.md").read_text()
    sources = [path for room in ("core", "actors", "commands") for path in (project / room).rglob("*.py")]
    keys = {key for path in sources for key in re.findall(r'RaiseAlert\(\s*key="(\w+)"', path.read_text())}

    assert len(keys) > 5
    assert sorted(key for key in keys if f"`{key}`" not in text) == []
