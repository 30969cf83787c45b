"""Fails when a test was skipped that nobody allowed to be: `python scripts/skipped.py REPORT.xml ...`.

Reads the JUnit reports that pytest writes. Exit 0: every test ran; 1: some did not, each named with its reason; 2: a
report is missing, broken or holds no test at all.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

# Reasons that may stand in a report of the continuous integration. Whoever adds one says there why it cannot be mended.
ALLOWED: frozenset[str] = frozenset()


def skipped(report: str, allowed: frozenset[str] = ALLOWED) -> list[str]:
    """One line for each test of the report that did not run for a reason not allowed; xfail counts as not run.

    Raises ValueError for a report without tests.
    """
    tests = list(ET.fromstring(report).iter("testcase"))  # noqa: S314 - written by our own pytest a moment ago
    if not tests:
        raise ValueError("the report holds no test")
    found = []
    for test in tests:
        for skip in test.iter("skipped"):
            reason = skip.get("message", "").strip()
            if reason not in allowed:
                found.append(f"{test.get('classname')}::{test.get('name')}: {reason}")
    return found


def main(paths: list[str]) -> int:
    if not paths:
        print("skipped.py: name at least one JUnit report", file=sys.stderr)
        return 2
    found = []
    for path in paths:
        try:
            found += skipped(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError, ET.ParseError) as error:
            print(f"skipped.py: {path}: {error}", file=sys.stderr)
            return 2
    for line in found:
        print(f"skipped: {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
