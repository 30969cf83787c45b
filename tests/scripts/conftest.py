"""A checkout in miniature: the real scripts around a run.py and tools that only show how they were called."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LOCK = "# nothing is needed\n"

RUN = """
import os, signal, socket, sys, threading

print("arguments", *sys.argv[1:], flush=True)
print("folder", os.getcwd(), flush=True)
if "--fail" in sys.argv:
    sys.exit(7)
if "--ends" in sys.argv:
    sys.exit(0)
stopped = threading.Event()
if "--deaf" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: print("told to stop", flush=True))
else:
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
if "--silent" not in sys.argv:
    monitor = socket.create_server(("127.0.0.1", int(os.environ["MICRO_MONITOR_PORT"])))
print("ready", flush=True)
while not stopped.wait(0.05):
    pass
print("drained", flush=True)
sys.exit(5 if "--unclean" in sys.argv else 0)
"""


TOOLS = ("ruff", "mypy", "pytest")
# Answers like pytest: writes the report it is asked for, ends with a closing line.
PYTEST = """
for argument; do
    [[ $argument != --junitxml=* ]] || report=${argument#*=}
done
echo "<testsuites><testcase classname='a' name='b'>$SKIP</testcase></testsuites>" >"$report"
echo "pytest $*"
echo "1 passed in 0.01s"
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Checkout:
    """Runs the scripts of a miniature project and knows its files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / "state"
        self.tools = root.parent / "tools"
        self.tools.mkdir()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("MICRO_")}
        self.environment["MICRO_MONITOR_PORT"] = str(free_port())
        self.environment["PATH"] = f"{self.tools}:{self.environment['PATH']}"

    def script(
        self, name: str, arguments: tuple[str, ...], settings: dict[str, str], cwd: Path | None = None
    ) -> tuple[int, str]:
        """Exit code and output, both streams."""
        done = subprocess.run(
            [self.root / name, *arguments],
            cwd=cwd or self.root,
            env=self.environment | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout

    def start(self, *arguments: str, cwd: Path | None = None, **settings: str) -> tuple[int, str]:
        return self.script("scripts/start-micro-lightning.sh", arguments, settings, cwd)

    def stop(self, *arguments: str, **settings: str) -> tuple[int, str]:
        return self.script("scripts/stop-micro-lightning.sh", arguments, settings)

    def check(self, *arguments: str, **settings: str) -> tuple[int, str]:
        return self.script("scripts/test-micro-lightning.sh", arguments, settings)

    def ci(self, **settings: str) -> tuple[int, str]:
        return self.script(".ci/run", (), settings)

    def tool(self, name: str, body: str) -> None:
        """Puts a shell script of that name before everything else on the path."""
        path = self.tools / name
        path.write_text(f"#!/bin/bash\n{body}\n")
        path.chmod(0o755)

    def pid(self) -> int:
        return int((self.state / "micro-lightning.pid").read_text())


def made_checkout(folder: Path, project: Path) -> Checkout:
    root = folder / "a checkout"  # a blank in the name, as people have them
    root.mkdir()
    shutil.copytree(project / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(project / ".ci", root / ".ci")
    (root / "run.py").write_text(RUN)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (root / lock).write_text(LOCK)
    checkout = Checkout(root)
    checkout.tool("docker", "exit 1")
    return checkout


def with_tools(checkout: Checkout, *, failing: tuple[str, ...] = ()) -> Checkout:
    """Gives the checkout a linter, a type checker and a pytest of which `failing` fail."""
    for name in TOOLS:
        path = checkout.root / ".venv" / "bin" / name
        body = PYTEST if name == "pytest" else f'echo "{name} $*"\n'
        path.write_text(f"#!/bin/bash\n{body}exit {int(name in failing)}\n")
        path.chmod(0o755)
    return checkout


@pytest.fixture
def bare(tmp_path: Path, project: Path) -> Checkout:
    """A checkout as cloned: without .venv, on a machine without a Docker engine."""
    return made_checkout(tmp_path, project)


@pytest.fixture
def checkout(bare: Checkout) -> Iterator[Checkout]:
    """The same with a .venv that holds what the locks name."""
    (bare.root / ".venv" / "bin").mkdir(parents=True)
    (bare.root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (bare.root / ".venv" / f"{lock}.sha256").write_text(hashlib.sha256(LOCK.encode()).hexdigest())
    yield bare
    if (bare.state / "micro-lightning.pid").exists():
        os.kill(bare.pid(), 9)
