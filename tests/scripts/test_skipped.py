import runpy
import subprocess
import sys
from pathlib import Path

import pytest

PASSED = '<testcase classname="tests.test_a" name="test_one" time="0.1" />'
SKIPPED = (
    '<testcase classname="tests.test_a" name="test_two"><skipped type="pytest.skip" message="shared data absent">'
    "test_a.py:3: shared data absent</skipped></testcase>"
)


def report(*tests: str) -> str:
    return f'<?xml version="1.0"?><testsuites><testsuite name="pytest">{"".join(tests)}</testsuite></testsuites>'


@pytest.fixture
def script(project: Path) -> Path:
    return project / "scripts" / "skipped.py"


def run(script: Path, *arguments: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=False)


def test_a_report_without_skips_passes(script: Path, tmp_path: Path):
    (tmp_path / "tests.xml").write_text(report(PASSED))
    assert run(script, tmp_path / "tests.xml").returncode == 0


def test_a_skipped_test_fails_and_is_named_with_its_reason(script: Path, tmp_path: Path):
    (tmp_path / "tests.xml").write_text(report(PASSED, SKIPPED))
    result = run(script, tmp_path / "tests.xml")
    assert (result.returncode, result.stdout) == (1, "skipped: tests.test_a::test_two: shared data absent\n")


def test_a_skip_of_any_of_several_reports_fails(script: Path, tmp_path: Path):
    (tmp_path / "a.xml").write_text(report(SKIPPED))
    (tmp_path / "b.xml").write_text(report(PASSED))
    assert run(script, tmp_path / "a.xml", tmp_path / "b.xml").returncode == 1


def test_no_reason_is_allowed_today_and_an_allowed_one_passes(script: Path):
    module = runpy.run_path(str(script))
    assert module["ALLOWED"] == frozenset()
    assert module["skipped"](report(SKIPPED), allowed=frozenset({"shared data absent"})) == []


@pytest.mark.parametrize("text", [report(), "", "<testsuites>"])
def test_an_empty_or_broken_report_is_no_pass(script: Path, tmp_path: Path, text: str):
    (tmp_path / "tests.xml").write_text(text)
    assert run(script, tmp_path / "tests.xml").returncode == 2


def test_a_missing_report_is_no_pass(script: Path, tmp_path: Path):
    assert run(script, tmp_path / "absent.xml").returncode == 2
    assert run(script).returncode == 2


def test_what_pytest_writes_is_what_is_read(script: Path, tmp_path: Path):
    (tmp_path / "test_probe.py").write_text("import pytest\n\n@pytest.mark.skip('tool missing')\ndef test_a(): ...\n")
    written = tmp_path / "tests.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={written}", "test_probe.py"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    result = run(script, written)
    assert (result.returncode, result.stdout) == (1, "skipped: test_probe::test_a: tool missing\n")
