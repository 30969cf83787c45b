"""docs/lessons.md is complete and true: every lesson of the design has tests, and they exist."""

import re
from typing import NamedTuple

import pytest

from tests.rules.rulebook import ROOT, functions_of

TABLE = ROOT / "docs" / "lessons.md"
SPEC = ROOT.parent / "shared" / "spec" / "lessons.md"
NUMBERED = re.compile(r"^\| (\d+) \|", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py::\w+)`")


class Lesson(NamedTuple):
    number: str
    tests: tuple[str, ...]


def lessons(text: str) -> list[Lesson]:
    rows = (line for line in text.splitlines() if NUMBERED.match(line))
    return [Lesson(row.split("|")[1].strip(), tuple(NAMED.findall(row))) for row in rows]


ROWS = lessons(TABLE.read_text())


@pytest.mark.parametrize("lesson", ROWS, ids=lambda lesson: lesson.number)
def test_every_lesson_names_tests_that_exist(lesson: Lesson):
    assert lesson.tests
    for test in lesson.tests:
        path, _, name = test.partition("::")
        assert name in functions_of(ROOT / path), test


def test_no_lesson_is_left_out():
    if not SPEC.is_file():
        pytest.skip("shared spec absent")
    assert [lesson.number for lesson in ROWS] == NUMBERED.findall(SPEC.read_text())


def test_a_lesson_without_a_test_is_noticed():
    assert lessons("| 3 | it happened | it is cured | |") == [Lesson("3", ())]
