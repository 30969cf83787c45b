"""Commands that reach a running process through its control API."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

from tests.commands.here import Here
from tests.commands.process import Product


def test_rotate_and_dump_reach_the_process_that_has_the_state_directory(
    product: Callable[..., Product], here: Here, tmp_path: Path
) -> None:
    running = product().start().ready()
    where = {"MICRO_STATE_DIR": str(running.state), "MICRO_EXECUTOR_PORT": str(running.control_port)}

    rotated = here("wallets", "rotate", "--why", "for a test", **where)
    dumped = here("dump", "--out", "picture.json", **where)
    again = here("dump", "--out", "picture.json", **where)
    printed = here("dump", **where)
    astray = here("dump", **where | {"MICRO_EXECUTOR_PORT": "1"})
    _, ledger = running.get("/ledger?kind=operator_acted")
    _, operate = running.get("/health")

    assert rotated.returncode == 0, rotated.stderr
    assert "for a test" in json.dumps(ledger)
    assert dumped.returncode == 0, dumped.stderr
    picture = json.loads((tmp_path / "picture.json").read_text())
    assert "journal" in picture["actors"]
    assert picture["actors"]["journal"]["stack"]
    assert stat.S_IMODE((tmp_path / "picture.json").stat().st_mode) == 0o600
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert "journal" in json.loads(printed.stdout)["actors"]
    assert astray.returncode == 2
    assert "set MICRO_EXECUTOR_PORT" in astray.stderr
    assert operate["status"] == "ok"
    for done in (rotated, dumped, printed, astray):
        assert running.token() not in done.stdout + done.stderr


def test_without_a_running_process_they_say_so_and_make_nothing(here: Here, tmp_path: Path) -> None:
    for line in (("wallets", "rotate"), ("dump",)):
        done = here(*line)
        assert done.returncode == 2
        assert done.stderr.startswith("micro-lightning: no process runs on ")
        assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
