"""One process of a machine trades with a keystore, from whatever state directory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.adapters.state_directory import StateDirectory
from core.errors import Refused
from tests.localnet.stage import person

PROJECT = Path(__file__).resolve().parents[3]
CLAIMS = """
import sys, time
from pathlib import Path
from actors.adapters.state_directory import StateDirectory
StateDirectory(Path(sys.argv[1])).claim(sys.argv[2])
print("claimed", flush=True)
time.sleep(60)
"""


def address(name: str) -> str:
    """Of a wallet that no other test claims."""
    return str(person(f"{name} {os.getpid()}").pubkey())


def test_the_same_keys_in_another_directory_are_refused_and_the_first_is_named(tmp_path: Path):
    ours = address("claimed")
    first, second = StateDirectory(tmp_path / "one"), StateDirectory(tmp_path / "two")
    first.claim(ours)

    with pytest.raises(Refused, match=f"process {os.getpid()} of this machine trades with the keys of {ours}"):
        second.claim(ours)
    second.claim(address("others"))
    first.unlock()
    third = StateDirectory(tmp_path / "three")
    third.claim(ours)
    third.unlock()
    second.unlock()


def test_a_process_that_was_killed_has_claimed_nothing(tmp_path: Path):
    ours = address("killed")
    process = subprocess.Popen(
        [sys.executable, "-c", CLAIMS, str(tmp_path / "one"), ours], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "claimed\n"
    second = StateDirectory(tmp_path / "two")
    with pytest.raises(Refused, match=f"process {process.pid} "):
        second.claim(ours)

    process.kill()
    process.wait()
    process.stdout.close()

    second.claim(ours)
    second.unlock()
