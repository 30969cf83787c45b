"""Builds the project's image where no registry is at hand: on a base that comes out of Debian's packages."""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TOOLS = ("mmdebstrap", "buildah", "podman")
DEBIAN = "mmdebstrap buildah podman runc"
"""runc named: podman would bring crun, which refuses machines that mix both generations of control groups."""
BASE = "localhost/micro-lightning-base:bookworm"
"""Debian with its Python: what the official image has in place, without its Python's patch level."""
PACKAGES = "python3,python3-venv,python-is-python3,ca-certificates"
IMAGE = "localhost/micro-lightning:proof"
LONG_S = 300.0
"""What a command may take on a machine that does much else. Nothing is measured by it."""
SLOW_S = 1800.0
"""What downloads may take on a slow line."""
PIP_CONF = "/etc/pip.conf"
LENT = (PIP_CONF, "/etc/ssl/certs")
"""How this machine reaches its package index: mounted while the image is built, no part of it."""


class Absent(Exception):
    """A program that the proof needs is not installed; the text says which and how to get it."""


def check_tools() -> None:
    """Raises Absent."""
    missing = [name for name in TOOLS if shutil.which(name) is None]
    if missing:
        raise Absent(f"{', '.join(missing)} not installed; on Debian: apt-get install {DEBIAN}")


def tried(*arguments: str, timeout_s: float = LONG_S) -> tuple[int, str]:
    """Exit code and output, errors last, without blanks around."""
    done = subprocess.run(arguments, cwd=PROJECT, capture_output=True, text=True, timeout=timeout_s, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


def ran(*arguments: str, timeout_s: float = LONG_S) -> str:
    """What the program prints. Raises RuntimeError with the end of its errors when it fails."""
    done = subprocess.run(arguments, cwd=PROJECT, capture_output=True, text=True, timeout=timeout_s, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments[:3])} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout.strip()


def make_base() -> None:
    """Puts Debian's packages together to an image of the name BASE; one that is there stays."""
    if tried("podman", "image", "exists", BASE)[0] == 0:
        return
    with tempfile.TemporaryDirectory() as folder:
        tar = f"{folder}/base.tar"
        ran("mmdebstrap", "--variant=apt", f"--include={PACKAGES}", "bookworm", tar, timeout_s=SLOW_S)
        ran("podman", "import", "--quiet", tar, BASE, timeout_s=SLOW_S)


def build(base: str) -> None:
    """The Dockerfile on this base, under the name IMAGE. Steps that were done before are taken over."""
    lent = [f"--volume={path}:{path}:ro" for path in LENT if Path(path).exists()]
    ran(
        *("buildah", "build", "--format=docker", "--isolation=chroot", "--network=host", "--layers", "--pull-never"),
        *(*lent, f"--build-arg=BASE={base}", f"--tag={IMAGE}", "."),
        timeout_s=SLOW_S,
    )


def size_mb() -> int:
    return int(ran("podman", "image", "inspect", "--format={{.Size}}", IMAGE)) // 1_000_000


def health_check() -> list[str]:
    """The command of the image's own HEALTHCHECK."""
    kind, *command = json.loads(ran("podman", "image", "inspect", "--format={{json .HealthCheck.Test}}", IMAGE))
    assert kind == "CMD"
    return list(command)


def official_base() -> str:
    """What the Dockerfile names, and what is not built upon here."""
    found = re.search(r"^ARG BASE=(\S+)", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]
