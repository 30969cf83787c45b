from pathlib import Path

import pytest

from tests.architecture.sources import is_ours, text_files
from tests.architecture.style import complaints

MARK = "TO" + "DO"
HOME = "/ho" + "me/someone/x"
LONG_FUNCTION = "def f(x):\n" + "    x += 1\n" * 60

BAD = [
    ("core/a.py", "x = 1\n" * 301, "301 lines"),
    ("tests/test_a.py", "x = 1\n" * 501, "501 lines"),
    ("core/a.py", LONG_FUNCTION, "f has 61 lines"),
    ("core/a.py", f"x = 1  # {MARK} later", "unfinished"),
    ("actors/a.py", "def f():\n    raise NotImplemented" + "Error", "unfinished"),
    ("core/a.py", "def f():\n    print(1)", "prints"),
    ("actors/a.py", "print(1)", "prints"),
    ("monitor/a.py", "print(1)", "prints"),
    ("actors/a.py", "try:\n    x = 1\nexcept:\n    raise", "catches without naming"),
    ("actors/a.py", "try:\n    x = 1\nexcept Exception:\n    pass", "swallows"),
    ("actors/a.py", "try:\n    x = 1\nexcept (OSError, BaseException):\n    ...", "swallows"),
    ("actors/a.py", "for i in x:\n    try:\n        y(i)\n    except Exception:\n        continue", "swallows"),
    ("docs/a.md", f"see {HOME}", "path of one machine"),
    ("scripts/a.sh", "cd /wo" + "rk/main", "path of one machine"),
    ("requirements.lock", "--index-url https://py" + "pi.org/simple", "package registry"),
    ("tests/test_a.py", "def test_a():\n    f()", "asserts nothing"),
]

GOOD = [
    ("core/a.py", "x = 1\n" * 300),
    ("tests/test_a.py", "x = 1\n" * 500),
    ("core/a.py", "def f(x):\n" + "    x += 1\n" * 59),
    ("run.py", "print(1)"),
    ("scripts/a.py", "print(1)"),
    ("actors/a.py", "try:\n    x = 1\nexcept Exception as error:\n    note(error)"),
    ("actors/a.py", "try:\n    x = 1\nexcept FileNotFoundError:\n    pass"),
    ("docs/a.md", "state/journal, ./work/x, http://127.0.0.1:8081/home/x"),
    ("tests/test_a.py", "def test_a():\n    with pytest.raises(ValueError):\n        f()"),
    ("tests/test_a.py", "def test_a():\n    expect_refusal(f)"),
]


@pytest.mark.parametrize(("path", "text", "reason"), BAD)
def test_a_breach_of_a_house_rule_is_found_and_named(path: str, text: str, reason: str):
    assert any(reason in complaint for complaint in complaints(Path(path), text))


@pytest.mark.parametrize(("path", "text"), GOOD)
def test_what_the_house_rules_allow_is_left_alone(path: str, text: str):
    assert complaints(Path(path), text) == []


def test_only_the_projects_own_files_are_read():
    assert is_ours(Path("core/state/position.py"))
    assert is_ours(Path(".ci/run"))
    assert not is_ours(Path("state/api-token"))
    assert not is_ours(Path(".venv/lib/x.py"))
    assert not is_ours(Path("core/__pycache__/x.py"))


def test_no_file_of_the_project_breaks_a_house_rule():
    files = list(text_files())
    assert {Path("setup.cfg"), Path("core/__init__.py"), Path("requirements.lock")} <= {path for path, _ in files}
    found = [complaint for path, text in files for complaint in complaints(path, text)]
    assert found == []
