"""The locks as `scripts/lock.sh` writes them and `pip install --require-hashes -r` reads them."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = {"requirements.lock": "requirements.in", "requirements-dev.lock": "requirements-dev.in"}
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def locked(text: str) -> dict[str, tuple[Requirement, list[str]]]:
    """Requirement and hashes of each entry of a lock, by canonical name."""
    entries: dict[str, tuple[Requirement, list[str]]] = {}
    for entry in text.replace("\\\n", " ").splitlines():
        if not entry.strip() or entry.startswith("#"):
            continue
        requirement = Requirement(entry.split("--hash", 1)[0])
        entries[canonicalize_name(requirement.name)] = requirement, HASH.findall(entry)
    return entries


def wanted(file: Path) -> list[Requirement]:
    """Requirements of an .in file and of those it includes."""
    found: list[Requirement] = []
    for line in file.read_text().splitlines():
        if line.startswith("-r "):
            found += wanted(file.parent / line[3:].strip())
        elif line and not line.startswith("#"):
            found.append(Requirement(line))
    return found


def pin(requirement: Requirement) -> str:
    (only,) = requirement.specifier
    assert only.operator == "=="
    return only.version


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_pinned_and_hashed(project: Path, lock: str):
    entries = locked((project / lock).read_text())
    assert len(entries) > 20
    for name, (requirement, hashes) in entries.items():
        assert pin(requirement), name
        assert hashes, f"{name} has no hash"


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_meets_what_is_asked_for(project: Path, lock: str):
    entries = locked((project / lock).read_text())
    for requirement in wanted(project / LOCKS[lock]):
        entry, _ = entries[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin(entry)), f"{requirement} is locked as {entry}; run scripts/lock.sh"


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_names_no_host_and_no_folder(project: Path, lock: str):
    lines = (project / lock).read_text().splitlines()
    strangers = [line for line in lines if re.search(r"[/@#]|--index|--find-links|--trusted", line)]
    assert strangers == []


def test_what_runs_is_what_was_checked(project: Path):
    run, check = (
        {name: (pin(entry), hashes) for name, (entry, hashes) in locked((project / lock).read_text()).items()}
        for lock in LOCKS
    )
    assert {name: check.get(name) for name in run} == run


def test_what_is_installed_here_is_what_is_locked(project: Path):
    entries = locked((project / "requirements-dev.lock").read_text())
    applying = {name: pin(entry) for name, (entry, _) in entries.items() if not entry.marker or entry.marker.evaluate()}
    assert {name: version(name) for name in applying} == applying


def test_a_package_without_hash_is_noticed():
    assert locked("alpha==1.0\nbeta==2 \\\n    --hash=sha256:" + "0" * 64 + "\n")["alpha"][1] == []
    assert len(locked("beta==2 \\\n    --hash=sha256:" + "0" * 64 + "\n")["beta"][1]) == 1
