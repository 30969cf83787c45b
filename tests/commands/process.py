"""The product as a person starts it: `run.py` in a process of its own, with a state directory and ports of its own."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
START_S = 60.0
"""How long a start may take on a machine that does much else. Nothing is measured by it."""
STOP_S = 90.0


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def environment(**given: str) -> dict[str, str]:
    """This process's environment without anybody's settings of ours, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MICRO_")}
    return kept | given


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(PROJECT / "run.py"), *arguments]


def ran(folder: Path, *arguments: str, **given: str) -> "subprocess.CompletedProcess[str]":
    """One command to its end, in `folder`, where no settings file of the checkout is found."""
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(**given),
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )


class Product:
    """`run.py paper`: begun by `start`, ended by `kill`, `interrupt` or `terminate`. May be started again."""

    def __init__(self, folder: Path, *, seed: int = 7, settings: Sequence[str] = ()) -> None:
        self.state = folder / "state"
        self.folder = folder
        self.monitor_port, self.control_port = free_ports(2)
        self.settings = [
            f"MICRO_SEED={seed}",
            f"MICRO_MONITOR_PORT={self.monitor_port}",
            f"MICRO_EXECUTOR_PORT={self.control_port}",
            *settings,
        ]
        self.process: subprocess.Popen[str] | None = None
        self.output = self.content_type = ""

    def start(self, *arguments: str, speed: float = 60.0, **given: str) -> "Product":
        """Begin. Standard output and errors are gathered together in `output`."""
        sets = [text for setting in self.settings for text in ("--set", setting)]
        self.output = ""
        self.process = subprocess.Popen(
            command("paper", "--state", str(self.state), "--speed", f"{speed:g}", *sets, *arguments),
            cwd=self.folder,
            env=environment(PYTHONUNBUFFERED="1", **given),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self

    @property
    def running(self) -> "subprocess.Popen[str]":
        assert self.process is not None, "not started"
        return self.process

    def wait_for(self, text: str, timeout_s: float = START_S) -> str:
        """Read the output until it holds `text`; all of it so far."""
        deadline_s = time.monotonic() + timeout_s
        while text not in self.output:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or not self._read(left_s):
                raise AssertionError(f"{text!r} did not come; the process said:\n{self.output}")
        return self.output

    def ready(self) -> "Product":
        """Wait until it serves."""
        self.wait_for("Stop with Ctrl-C")
        return self

    def get(self, path: str, *, port: int = 0, token: str = "", timeout_s: float = 20.0) -> tuple[int, Any]:
        """Status and JSON of a reading path of the monitor."""
        return self.request("GET", path, port=port, token=token, timeout_s=timeout_s)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        port: int = 0,
        token: str = "",
        host: str = "",
        timeout_s: float = 20.0,
    ) -> tuple[int, Any]:
        """Status and answer, decoded where it is JSON; its type is in `content_type`."""
        connection = HTTPConnection("127.0.0.1", port or self.monitor_port, timeout=timeout_s)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if host:
            headers["Host"] = host
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            text = response.read()
            self.content_type = response.getheader("Content-Type") or ""
            return response.status, json.loads(text) if "json" in self.content_type else text
        finally:
            connection.close()

    def token(self) -> str:
        """The one that may operate."""
        return (self.state / "api-token").read_text().strip()

    def kill(self) -> None:
        """As the kernel or a power failure does."""
        self.running.kill()
        self.ended()

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.running.send_signal(signal.SIGINT)

    def terminate(self) -> None:
        self.running.send_signal(signal.SIGTERM)

    def ended(self, timeout_s: float = STOP_S) -> int:
        """Wait for the end; the exit code. All output is in `output`."""
        process = self.running
        deadline_s = time.monotonic() + timeout_s
        while self._read(deadline_s - time.monotonic()):
            pass
        code = process.wait(max(0.1, deadline_s - time.monotonic()))
        assert process.stdout is not None
        process.stdout.close()
        self.process = None
        return code

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process is not None:
            self.kill()

    def _read(self, timeout_s: float) -> bool:
        """Some more output; False at its end or when none came in time."""
        stdout = self.running.stdout
        assert stdout is not None
        if timeout_s <= 0 or not select.select([stdout], [], [], timeout_s)[0]:
            return False
        data = os.read(stdout.fileno(), 1 << 16)
        self.output += data.decode(errors="replace")
        return bool(data)
