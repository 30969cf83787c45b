"""The product as a person starts it: the embedded market at sixty times real time, one coin from discovery to flat."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

SEED = "4"
"""Its first operation opens 92 s and closes 443 s after the start of its market, with a profit."""
PATIENCE_S = 180.0
"""The issue's own limit: within three real minutes."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def read(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return json.load(answer)


def closed_with_profit(port: int) -> dict[str, Any] | None:
    try:
        items = read(port, "/operations")["items"]
    except (urllib.error.URLError, ConnectionError):
        return None  # not listening yet
    won = [one for one in items if one["closed_at"] and one["net_lamports"] > 0 and one["tax_lamports"]]
    return won[0] if won else None


def test_within_three_minutes_an_operation_went_from_discovery_to_flat_and_was_taxed_to_the_lamport(
    project: Path, tmp_path: Path
) -> None:
    monitor, executor = free_port(), free_port()
    ports = ["--set", f"MICRO_MONITOR_PORT={monitor}", "--set", f"MICRO_EXECUTOR_PORT={executor}"]
    command = [sys.executable, "run.py", "paper", "--seed", SEED, "--speed", "60", "--state", str(tmp_path), *ports]
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    won, until = None, time.monotonic() + PATIENCE_S
    try:
        while won is None and process.poll() is None and time.monotonic() < until:
            time.sleep(0.5)
            won = closed_with_profit(monitor)
        candidates = read(monitor, f"/candidates?mint={won['mint']}")["items"] if won else []
    finally:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)

    assert won is not None, said
    assert won["tax_lamports"] == -(-won["net_lamports"] // 10)
    assert won["exits"]
    assert candidates
    assert f"http://127.0.0.1:{monitor}/" in said
    assert process.returncode == 0, said
    audit = subprocess.run(
        [sys.executable, "run.py", "audit", "--state", str(tmp_path)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert audit.returncode == 0, audit.stdout
    received = re.search(r"psychology received (\d+) lamports", audit.stdout)
    assert received is not None
    assert int(received.group(1)) >= won["tax_lamports"]
