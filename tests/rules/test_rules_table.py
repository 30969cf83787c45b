"""docs/rules.md is complete and true: every rule has a module and a test, and both exist."""

import importlib
from collections import Counter
from pathlib import Path

import pytest

from tests.rules.rulebook import ROOT, TABLE, functions_of, plain, rows, units

ROWS = rows(TABLE.read_text())


@pytest.fixture(scope="module")
def rulebook() -> str:
    path = ROOT.parent / "shared" / "spec" / "rules.md"
    if not path.is_file():
        pytest.skip("shared spec absent")
    return path.read_text()


def missing_modules(modules: tuple[str, ...]) -> list[str]:
    """Those that are not there, or cannot be imported."""
    missing = []
    for module in modules:
        if not (ROOT / module).is_file():
            missing.append(module)
        else:
            importlib.import_module(module.removesuffix(".py").replace("/", "."))
    return missing


def missing_tests(tests: tuple[str, ...]) -> list[str]:
    found = []
    for test in tests:
        path, _, name = test.partition("::")
        if name not in functions_of(ROOT / path):
            found.append(test)
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_names_modules_and_tests_that_exist(row):
    assert row.modules
    assert row.tests
    assert missing_modules(row.modules) == []
    assert missing_tests(row.tests) == []


def test_ids_are_unique_and_there_is_a_row_for_each_section():
    assert [id_ for id_, count in Counter(row.id for row in ROWS).items() if count > 1] == []
    assert {row.section for row in ROWS} == set(range(10))


def test_every_rule_module_stands_in_the_table():
    named = {module for row in ROWS for module in row.modules}
    rules = {f"core/rules/{path.name}" for path in (ROOT / "core" / "rules").glob("*.py")}
    carriers = {"core/rules/__init__.py", "core/rules/network_fee.py"}
    # Of architecture.md and interfaces.md: what proves absence, and figures of backups, nodes, disks and passphrases.
    elsewhere = {f"core/rules/{name}.py" for name in ("absence", "backup", "doctor", "keystore", "rpc")}
    assert rules - named - carriers - elsewhere == set()


def test_every_row_quotes_the_rules(rulebook):
    texts = units(rulebook)
    unknown = [row.id for row in ROWS if not any(u.section == row.section and row.words in u.text for u in texts)]
    assert unknown == []


def test_every_row_bullet_and_sentence_of_the_rules_is_covered(rulebook):
    uncovered = [
        unit for unit in units(rulebook) if not any(r.section == unit.section and r.words in unit.text for r in ROWS)
    ]
    assert uncovered == []


def test_a_rule_that_is_added_is_noticed(rulebook):
    longer = rulebook.replace("## 5.", "- A new rule stands here. And one more.\n\n## 5.")
    added = set(units(longer)) - set(units(rulebook))
    assert {plain(unit.text) for unit in added} == {"A new rule stands here.", "And one more."}
    assert not any(row.words in unit.text for row in ROWS for unit in added)


def test_a_test_that_was_renamed_is_noticed():
    assert missing_tests(("tests/rules/test_rules_table.py::test_that_was_renamed", "tests/gone.py::test_x")) == [
        "tests/rules/test_rules_table.py::test_that_was_renamed",
        "tests/gone.py::test_x",
    ]
    assert functions_of(Path("nowhere.py")) == frozenset()
