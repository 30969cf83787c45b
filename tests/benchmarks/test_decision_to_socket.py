import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.benchmark
def test_orders_leave_the_live_house_and_no_node_is_asked_between_decision_and_bytes():
    """Nothing is said of how long it takes: that is for a quiet machine."""
    command = [sys.executable, "-m", "tests.benchmarks.decision_to_socket", "--warm", "20", "--seconds", "40"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=600, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "calls to nodes between decision and bytes: 0;" in done.stdout
    counted = next(line for line in done.stdout.splitlines() if line.startswith("decision to bytes"))
    assert int(counted.split()[6].replace(",", "")) > 0
