"""Runs the official SDKs under node. Their packages are installed here once, exactly as the lock file names them."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
PACKAGES = FOLDER / "node_modules"
STAMP = PACKAGES / ".lock.sha256"
LEAST_MAJOR = 20
INSTALL_TIMEOUT_S = 300
ANSWER_TIMEOUT_S = 1_800


class Absent(Exception):
    """The oracle cannot be asked here; the text says what is missing."""


def install() -> None:
    """Makes node_modules what the lock file says, unless it is already. Raises Absent without node or packages."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Absent(f"node and npm absent: install node {LEAST_MAJOR} or newer to compare with the official SDKs")
    version = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
    if int(version.lstrip("v").split(".")[0]) < LEAST_MAJOR:
        raise Absent(f"node {version.strip()} is too old: the official SDKs need {LEAST_MAJOR} or newer")
    lock = sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == lock:
        return
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=FOLDER,
        check=False,
        capture_output=True,
        text=True,
        timeout=INSTALL_TIMEOUT_S,
    )
    if done.returncode != 0:
        raise Absent(f"npm ci failed in tests/oracle: {done.stderr.strip()[-500:]}")
    STAMP.write_text(lock)


def answers(states: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the SDKs make of each state, in order. Raises RuntimeError when the script fails."""
    lines = "".join(json.dumps(state) + "\n" for state in states)
    done = subprocess.run(
        ["node", "oracle.cjs"],
        cwd=FOLDER,
        input=lines,
        check=False,
        capture_output=True,
        text=True,
        timeout=ANSWER_TIMEOUT_S,
    )
    if done.returncode != 0:
        raise RuntimeError(f"oracle.cjs failed: {done.stderr.strip()[-1_000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]
