"""Reads rules.md and docs/rules.md: what must be covered, and what says that it is.

A unit of rules.md is a row of one of its tables or a sentence of its text. A row of docs/rules.md names a rule by words
that stand in one unit of the same section, then the modules that decide it and the tests that prove it.
"""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "rules.md"
SENTENCE_END = re.compile(r"(?<=\.)\s+(?=[A-Z≥⌈(\d])")
BEGINS = re.compile(r"^(- |\d\. |#)")
CELL_END = re.compile(r"(?<!\\)\|")
HEADING = re.compile(r"^##+ (\d)\.")


class Unit(NamedTuple):
    section: int
    text: str


class Row(NamedTuple):
    """One row of docs/rules.md."""

    id: str
    words: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def section(self) -> int:
        return int(self.id.split(".")[0])


def plain(text: str) -> str:
    """Without marks and with single spaces, so that line breaks and emphasis do not matter."""
    return " ".join(text.replace("*", "").replace("`", "").replace("\\", "").split())


def units(rules: str) -> list[Unit]:
    """Every row and every sentence of rules.md with the number of its section; 0 before the first."""
    found, section, block, in_table = list[Unit](), 0, list[str](), False
    for line in [*rules.splitlines(), ""]:
        number = HEADING.match(line)
        is_row = line.startswith("|")
        if number or is_row or not line.strip() or BEGINS.match(line):
            found += _sentences(section, block)
            block = []
        if number:
            section = int(number[1])
        elif is_row:
            # The first row of a table names its columns.
            if in_table and not set(line) <= set("|-: "):
                found.append(Unit(section, plain(line)))
        elif line.strip() and not line.startswith("#"):
            block.append(BEGINS.sub("", line.strip()))
        in_table = is_row
    return found


def _sentences(section: int, block: list[str]) -> Iterator[Unit]:
    for sentence in SENTENCE_END.split(plain(" ".join(block))):
        if len(sentence.split()) > 1:
            yield Unit(section, sentence)


def rows(table: str) -> list[Row]:
    """The rows of docs/rules.md."""
    found = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in CELL_END.split(line.strip().strip("|"))]
        if re.match(r"\d\.\d+[a-z]?$", cells[0]):
            id_, words, modules, tests = cells
            found.append(Row(id_, plain(words), tuple(_code(modules)), tuple(_code(tests))))
    return found


def _code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@lru_cache(maxsize=512)
def functions_of(path: Path) -> frozenset[str]:
    """Names of the test functions of a file; empty when there is no such file."""
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
