"""Executor and monitor as the Compose file describes them, on a network of their own that leads nowhere."""

import sqlite3
import subprocess
from pathlib import Path
from typing import Any

from tests.image import build, compose
from tests.image.container import UNDER_PODMAN, Container, state_of

PREFIX = "micro-lightning-proof"
VOLUME = f"{PREFIX}-state"
RESTORED = f"{PREFIX}-restored"
"""Prefix of an empty volume: the new machine."""
EXECUTOR, MONITOR = 8080, 8081
SPEED = "MICRO_CLOCK_SPEED=60"
"""As the clock stands in the settings, an operation may take an hour."""
FAULTY = Path(__file__).with_name("faulty.py")


class Stack:
    """`folder`: for secrets. The network is the monitor's, so that the executor may come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        make_secrets(folder)
        self.grace_s = compose.grace_s(compose.service("executor"))
        alone = ("--network=none", "--add-host=executor:127.0.0.1", "--add-host=monitor:127.0.0.1")
        shared = (f"--network=container:{PREFIX}-monitor", f"--env={SPEED}")
        broken = ('--entrypoint=["/usr/bin/tini", "--", "python", "/faulty.py"]', f"--volume={FAULTY}:/faulty.py:ro")
        self.monitor = self._container("monitor", "monitor", *alone)
        self.executor = self._container("executor", "executor", *shared)
        self.faulty = self._container("faulty", "executor", *shared, *broken)

    def token(self) -> str:
        return (self.folder / "secrets" / "api-token-read").read_text().strip()

    def health(self) -> Any:
        """What the monitor says of the executor."""
        return self.monitor.get(MONITOR, "/health")[1]

    def is_healthy(self) -> bool:
        return self.monitor.get(MONITOR, "/health")[0] == 200

    def operations(self) -> int:
        """As the monitor tells them, at most a page."""
        status, page = self.monitor.get(MONITOR, "/operations", self.token())
        return len(page["items"]) if status == 200 else 0

    def records(self) -> int:
        """In the journal on the volume."""
        journal = sqlite3.connect(f"file:{state_of(VOLUME)}/journal.db?mode=ro", uri=True)
        try:
            count: int = journal.execute("SELECT count(*) FROM entry").fetchone()[0]
        finally:
            journal.close()
        return count

    def command(self, *command: str, prefix: str = PREFIX, copies: str = "") -> tuple[int, str]:
        """Another command of the product in a container of its own; exit code and output. `prefix`: of its volume;
        `copies`: another volume, at /copies."""
        options = compose.options(compose.service("executor"), secrets=self.folder / "secrets", prefix=prefix)
        kept = ["--network=none", *(one for one in options if not one.startswith("--restart"))]
        if copies:
            kept.append(f"--volume={copies}:/copies:ro")
        return build.tried("podman", "run", "--rm", *UNDER_PODMAN, *kept, build.IMAGE, *command)

    def remove(self) -> None:
        """Whatever is left of it, of an earlier run too."""
        for one in (self.executor, self.faulty, self.monitor):
            one.remove()
        build.ran("podman", "volume", "rm", "--force", VOLUME, f"{RESTORED}-state")

    def _container(self, name: str, service: str, *more: str) -> Container:
        said = compose.service(service)
        options = compose.options(said, secrets=self.folder / "secrets", prefix=PREFIX)
        return Container(f"{PREFIX}-{name}", [*options, *more], said["command"])


def make_secrets(folder: Path) -> None:
    """As the start script makes them, and an address for notifications at which nobody listens."""
    scripts = build.PROJECT / "scripts"
    command = f"source {scripts}/environment.sh; source {scripts}/instance.sh; make_secrets"
    subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, check=True)
    addresses = folder / "secrets" / "notify-urls"
    addresses.chmod(0o644)
    addresses.write_text("critical json://127.0.0.1:9/\n")
    addresses.chmod(0o444)
