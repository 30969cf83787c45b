"""Prometheus' own tools on a copy of `config/`, with secrets where the running system has them."""

import shutil
import subprocess
from pathlib import Path

import pytest

CONFIG = Path(__file__).resolve().parents[2] / "config"


def tool(name: str) -> str:
    """The path of a program of Debian's packages prometheus and prometheus-alertmanager (`.ci/packages`)."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def checked(name: str, *arguments: str | Path, text: bytes | None = None) -> str:
    """What the tool says of what it finds in order. Fails with what it says otherwise."""
    done = subprocess.run([tool(name), *map(str, arguments)], input=text, capture_output=True, timeout=60, check=False)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    return said


def copied(folder: Path, **secrets: str) -> Path:
    """A copy of `config/` in this folder; `secrets` by name of their files, with `_` for `-`."""
    shutil.copytree(CONFIG, folder / "config")
    for program in ("prometheus", "alertmanager", "compose"):
        place = folder / "config" / program / "secrets"
        place.mkdir()
        for secret, text in secrets.items():
            (place / secret.replace("_", "-")).write_text(text)
    return folder / "config"
