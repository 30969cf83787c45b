"""`.env.micro-lightning`: every setting with its default, its unit and a comment, in the order of the code."""

from pathlib import Path

import pytest

from actors.adapters.environment import load, read_file
from core.settings import FOREIGN, SECRET_NAMES, Settings, changed, from_texts, names

UNITS = {
    "_USD": "USD",
    "_LAMPORTS": "lamports",
    "_BPS": "basis points",
    "_SLOTS": "slots",
    "_BYTES": "bytes",
    "_SHARE": "fraction of 1",
    "_S": "seconds",
}


@pytest.fixture
def path(project: Path) -> Path:
    return project / ".env.micro-lightning"


def comments(path: Path) -> dict[str, str]:
    """By name, the comment lines right above it."""
    found, above = dict[str, str](), list[str]()
    for line in path.read_text().splitlines():
        if line.startswith("# ----"):
            above = []
        elif line.startswith("#"):
            above.append(line.removeprefix("#").strip())
        else:
            name, equals, _ = line.partition("=")
            if equals:
                found[name] = " ".join(above)
            above = []
    return found


def test_every_setting_has_its_entry_in_order_and_nothing_else_has(path: Path) -> None:
    listed, wanted = list(read_file(path)), list(names())
    missing = [
        f"{name}={getattr(getattr(Settings(), names()[name][0]), names()[name][1])}"
        for name in wanted
        if name not in listed
    ]
    assert missing == [], f"add these to {path.name}, each with a comment above"
    assert [name for name in listed if name not in wanted] == []
    assert listed == wanted, "the order is that of core/settings.py"


def test_every_value_is_the_default(path: Path) -> None:
    assert changed(Settings(), from_texts(read_file(path))) == []


def test_every_entry_has_a_comment_with_its_unit(path: Path) -> None:
    said = comments(path)
    assert [name for name in names() if len(said.get(name, "").split("] ")[-1]) < 8] == []
    for name in names():
        unit = next((unit for end, unit in UNITS.items() if name.endswith(end)), "")
        assert unit in said[name], f"{name} is in {unit}; its comment says: {said[name]}"


def test_names_without_the_prefix_are_shown_and_not_set(path: Path) -> None:
    text = path.read_text()
    for name in (*FOREIGN, *(from_file for from_file, _ in SECRET_NAMES)):
        assert f"\n# {name}=\n" in text
    for _, secret in SECRET_NAMES:
        assert f"\n{secret}" not in text


def test_a_start_beside_it_has_the_defaults(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    for name in names():
        monkeypatch.delenv(name, raising=False)
    assert load({}) == Settings()
