import os
import subprocess
import sys
import threading
from pathlib import Path

import gevent
from gevent import monkey
from hypothesis import settings

PROBE = """
def test_needs_data(shared_data):
    assert shared_data.is_dir()
"""


def test_the_test_process_runs_patched_like_the_product():
    assert monkey.is_module_patched("socket")
    assert monkey.is_module_patched("ssl")
    assert monkey.is_module_patched("threading")


def test_a_thread_started_by_a_test_is_a_greenlet():
    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.append(gevent.getcurrent()))
    thread.start()
    thread.join()
    assert isinstance(seen[0], gevent.Greenlet)


def test_property_tests_repeat_the_same_examples_unless_asked_to_explore():
    if os.environ.get("HYPOTHESIS_PROFILE", "repeatable") == "repeatable":
        assert settings().derandomize
    assert settings().deadline is None


def test_a_test_of_shared_data_is_skipped_with_the_agreed_words_where_the_data_is_absent(project: Path, tmp_path: Path):
    tests = tmp_path / "checkout" / "tests"
    tests.mkdir(parents=True)
    (tests / "conftest.py").write_text((project / "tests" / "conftest.py").read_text())
    (tests / "test_probe.py").write_text(PROBE)
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rs",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:anyio",
            "-p",
            "no:schemathesis",
            str(tests),
        ],
        cwd=tests.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "SKIPPED [1]" in run.stdout
    assert ": shared data absent" in run.stdout
    assert "1 skipped in" in run.stdout
