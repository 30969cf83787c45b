"""A fault that comes back whenever the gate is restarted: the root gives up, and the process says so and ends."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.commands.process import PROJECT, environment, free_ports

FAULTY = """
from gevent import monkey

monkey.patch_all()
import sys

sys.path.insert(0, sys.argv[1])
from actors.commandments import CommandmentsActor


def step(self, state, message, now):
    raise RuntimeError("a fault that comes back")


CommandmentsActor.step = step
import run

sys.exit(run.main(sys.argv[2:]))
"""


def test_when_the_root_gives_up_the_process_dumps_its_state_and_ends_with_one(tmp_path: Path):
    monitor, control = free_ports(2)
    ports = {"MICRO_MONITOR_PORT": str(monitor), "MICRO_EXECUTOR_PORT": str(control)}

    done = subprocess.run(
        [sys.executable, "-c", FAULTY, str(PROJECT), "paper", "--state", "state", "--speed", "60"],
        cwd=tmp_path,
        env=environment(**ports),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 1
    assert "Stop with Ctrl-C" in done.stdout
    last = done.stderr.splitlines()[-1]
    assert last.startswith("micro-lightning: the root gave up: ")
    assert "a fault that comes back" in last
    assert str(tmp_path / "state") in last
    dump = json.loads((tmp_path / "state" / "dump.json").read_text())
    assert {"root", "journal", "executor"} <= dump["actors"].keys()


def test_ctrl_c_while_the_program_is_still_being_read_ends_it_without_a_word(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, str(PROJECT / "run.py"), "audit", "--state", "nowhere"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    maps = Path(f"/proc/{process.pid}/maps")
    while process.poll() is None and "msgspec" not in maps.read_text():
        pass
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)

    assert "Traceback" not in errors
    assert output == ""
    assert process.returncode in (-signal.SIGINT, 2)
