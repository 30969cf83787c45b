"""Replays of real data: a report of every candidate, reason and operation, the same to the byte when run twice."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

TRADES = "trades/first_300s_pump_tokens.jsonl"
TRANSACTIONS = "transactions"


@cache
def replay(project: Path, file: Path, attempt: int = 1) -> str:  # noqa: ARG001 - runs that are to be compared
    done = subprocess.run(
        [sys.executable, "run.py", "replay", str(file), "--speed", "max"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("name", [TRADES, TRANSACTIONS])
def test_a_replay_run_twice_reports_the_same_to_the_byte(project: Path, shared_data: Path, name: str) -> None:
    first = replay(project, shared_data / name)
    assert first == replay(project, shared_data / name, attempt=2)
    assert first.startswith("Micro-Lightning report: replay, feed ")


def test_the_recorded_trades_report_every_token_and_real_operations(project: Path, shared_data: Path) -> None:
    tokens = (shared_data / TRADES).read_text().count('"mint"')
    report = replay(project, shared_data / TRADES)

    assert f"Candidates: {tokens}\n" in report
    assert "profile recorded" in report
    operations = int(report.split("Operations: ")[1].split("\n")[0])
    assert operations >= 1
    assert report.count("    bought ") >= operations
    assert report.count("    sold ") >= operations


def test_the_real_transactions_report_every_launch_that_is_in_them_with_its_reasons(
    project: Path, shared_data: Path
) -> None:
    report = replay(project, shared_data / TRANSACTIONS)

    assert "Candidates: 3\n" in report
    assert report.count("    last fail: age fail") == 3
    assert "Operations: 0\n" in report
