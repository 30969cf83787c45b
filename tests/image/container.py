"""A container under podman: started, looked into, stopped."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.image.build import IMAGE, ran, tried

ASK = """
import sys
from http.client import HTTPConnection

connection = HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
connection.request("GET", sys.argv[2], headers={"Authorization": f"Bearer {sys.argv[3]}"} if sys.argv[3] else {})
answer = connection.getresponse()
print(answer.status, answer.read().decode())
"""
UNDER_PODMAN = (
    # They want systemd; the proof runs each check itself.
    "--no-healthcheck",
    # Podman's own limits are higher than a sandbox may grant.
    "--ulimit=nofile=4096:4096",
    "--ulimit=nproc=4096:4096",
)


class Container:
    def __init__(self, name: str, options: list[str], command: list[str]) -> None:
        self.name, self.options, self.command = name, options, command
        self.id = ""

    def start(self) -> None:
        self.id = ran(
            "podman", "run", "--detach", *UNDER_PODMAN, f"--name={self.name}", *self.options, IMAGE, *self.command
        )

    def execute(self, *command: str) -> tuple[int, str]:
        """Exit code and output of a command inside, as the user of the image."""
        return tried("podman", "exec", self.name, *command)

    def get(self, port: int, path: str, token: str = "") -> tuple[int, Any]:
        """Status and JSON of a path, asked inside; status 0 where nobody answers."""
        code, said = self.execute("python", "-c", ASK, str(port), path, token)
        if code:
            return 0, said
        status, _, body = said.partition(" ")
        return int(status), json.loads(body)

    def restarts(self) -> int:
        """How often podman started it again."""
        return int(ran("podman", "inspect", "--format={{.RestartCount}}", self.name))

    def ends(self) -> list[int]:
        """The exit codes with which its process ended, in order. Podman remembers containers of the same name, too."""
        said = ran(
            *("podman", "events", "--stream=false", f"--filter=container={self.id}", "--filter=event=died"),
            "--format={{.ContainerExitCode}}",
        )
        return [int(line) for line in said.splitlines()]

    def logs(self) -> str:
        return tried("podman", "logs", self.name)[1]

    def stop(self, grace_s: int) -> float:
        """SIGTERM, and SIGKILL after the grace period; the seconds until the end."""
        began_s = time.monotonic()
        ran("podman", "stop", f"--time={grace_s}", self.name, timeout_s=grace_s + 60)
        return time.monotonic() - began_s

    def remove(self) -> None:
        """With its volumes that have no name. It may be gone already."""
        ran("podman", "rm", "--force", "--ignore", "--volumes", "--time=0", self.name)


def state_of(volume: str) -> Path:
    """Where this machine keeps a volume."""
    return Path(ran("podman", "volume", "inspect", "--format={{.Mountpoint}}", volume))


def within(limit_s: float, fact: Callable[[], bool]) -> bool:
    """Whether it becomes so in time; asked twice a second."""
    until_s = time.monotonic() + limit_s
    while not fact():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.5)
    return True
