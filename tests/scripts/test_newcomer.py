"""A newcomer's first hour in a fresh clone, by the scripts alone: start, page, operation, panic, stop, again, backup,
restore. Packages are those of this environment: installing them is tested by the start script's own tests.
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.commands.process import environment, free_ports

WAIT_S = 180.0
"""For each step, on a machine that does much else."""
TRADING = ("paper", "--seed", "4", "--speed", "20", "--set", "MICRO_ENTRY_PROFILE=relaxed")
"""A position opens after 92 s of market time and is held for minutes."""


class Newcomer:
    """Types commands in a clone and opens addresses in a browser."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.root = folder / "micro-lightning"
        subprocess.run(["git", "clone", "--quiet", str(project), str(self.root)], check=True)
        (self.root / ".venv").symlink_to(project / ".venv")
        monitor, control = free_ports(2)
        self.monitor_port = monitor
        self.given = {"MICRO_MONITOR_PORT": str(monitor), "MICRO_EXECUTOR_PORT": str(control)}
        self.given |= {"MICRO_KEYSTORE_COST": "cheap", "MICRO_START_TIMEOUT_S": "120"}

    def types(self, *command: str, **given: str) -> str:
        """What the terminal shows; the command must succeed."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=environment(**self.given, **given),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def opens(self, path: str, body: dict[str, object] | None = None) -> Any:
        """The answer: JSON, or text where it is a page. With a body it is posted, with the token."""
        connection = HTTPConnection("127.0.0.1", self.monitor_port, timeout=30)
        headers = {"Content-Type": "application/json"}
        if body is not None:
            headers["Authorization"] = f"Bearer {(self.root / 'state' / 'api-token').read_text().strip()}"
        try:
            text = None if body is None else json.dumps(body)
            connection.request("GET" if body is None else "POST", path, body=text, headers=headers)
            answer = connection.getresponse()
            said = answer.read().decode()
            assert answer.status in (200, 202), said
            return json.loads(said) if "json" in (answer.getheader("Content-Type") or "") else said
        finally:
            connection.close()

    def waits(self, holds: Callable[[], Any]) -> Any:
        """Looks again and again until there is something to see."""
        deadline_s = time.monotonic() + WAIT_S
        while not (seen := holds()):
            assert time.monotonic() < deadline_s, "it did not come to that"
            time.sleep(0.1)
        return seen


@pytest.fixture
def newcomer(project: Path, tmp_path: Path) -> Iterator[Newcomer]:
    if not (project / ".git").exists():
        pytest.skip("no git checkout to clone")
    one = Newcomer(project, tmp_path)
    yield one
    subprocess.run(
        ["scripts/stop-micro-lightning.sh", "--local"],
        cwd=one.root,
        env=environment(**one.given),
        capture_output=True,
        check=False,
    )


@pytest.mark.slow
def test_start_look_panic_stop_start_again_back_up_and_restore(newcomer: Newcomer):
    start = ("scripts/start-micro-lightning.sh", "--local", "--detach", *TRADING)
    stop = ("scripts/stop-micro-lightning.sh", "--local")

    assert "running with pid" in newcomer.types(*start)
    assert "<title>" in newcomer.opens("/")
    position = newcomer.waits(lambda: newcomer.opens("/positions")["items"])[0]
    newcomer.opens("/emergency", {"action": "exit", "why": "to see what it does"})
    newcomer.waits(lambda: position["mint"] not in {one["mint"] for one in newcomer.opens("/positions")["items"]})
    closed = newcomer.waits(lambda: [one for one in newcomer.opens("/operations")["items"] if one["closed_at"]])
    assert closed[-1]["mint"] == position["mint"]
    assert {sale["reason"] for sale in closed[-1]["exits"]} == {"operator"}
    assert "exit code 0" in newcomer.types(*stop)

    newcomer.types(*start)
    known = {one["id"] for one in newcomer.waits(lambda: newcomer.opens("/operations")["items"])}
    assert closed[-1]["id"] in known
    copy, secret = newcomer.root.parent / "copy", newcomer.root / "state" / "backup-passphrase"
    assert "read back and whole" in newcomer.types("scripts/backup-micro-lightning.sh", "--out", str(copy))
    assert "exit code 0" in newcomer.types(*stop)

    (newcomer.root / "state").rename(newcomer.root / "lost")
    lost = newcomer.root / "lost" / secret.name
    restored = newcomer.types("scripts/restore-micro-lightning.sh", str(copy), MICRO_PASSPHRASE_FILE=str(lost))
    assert "The next start goes on from there" in restored
    newcomer.types(*start)
    after = newcomer.waits(lambda: newcomer.opens("/operations")["items"])
    assert closed[-1]["id"] in {one["id"] for one in after}
    assert "exit code 0" in newcomer.types(*stop)
