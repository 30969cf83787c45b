"""One process of a machine trades with a keystore, from whatever state directory."""

import os
import subprocess
import sys
import time
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


def test_what_a_child_still_holds_while_it_starts_is_waited_for(tmp_path: Path):
    ours = address("lingering")
    first, second = StateDirectory(tmp_path / "one"), StateDirectory(tmp_path / "two")
    first.claim(ours)
    child = os.fork()
    if not child:
        time.sleep(0.2)  # between fork and exec, as the starting of a program is when the machine is busy
        os._exit(0)
    first.unlock()

    second.claim(ours)

    second.unlock()
    assert os.waitpid(child, 0)[1] == 0
