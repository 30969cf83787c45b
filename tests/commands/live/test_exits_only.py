"""Something is held and nothing is well: a start sells it, and buys nothing."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.episode import DRIVEN, Episode, Ways

pytestmark = pytest.mark.slow

WAIT_S = 240.0
UPGRADED_BUYS = 1


@pytest.fixture
def port() -> Iterator[int]:
    node = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.node", "--seed", "5"], cwd=DRIVEN, stdout=subprocess.PIPE, text=True
    )
    assert node.stdout is not None
    yield int(node.stdout.readline())
    node.terminate()
    node.wait(timeout=60)


@pytest.fixture
def episode(port: int, tmp_path: Path) -> Iterator[Episode]:
    ways = Ways(port=port, kill_s=0.0, operations=1, until_s=time.monotonic() + WAIT_S)
    made = Episode(tmp_path / "episode", ways, seed=3)
    made.make()
    made.start()
    yield made
    made.end()


def until(is_so: Callable[[], Any]) -> None:
    end_s = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < end_s
        time.sleep(0.3)


def test_with_a_position_a_red_canary_and_more_than_the_cap_it_only_sells(episode: Episode):
    until(episode.operations)
    episode.kill()
    episode.asked("localnet_switches", {"upgraded": UPGRADED_BUYS})
    episode.asked("requestAirdrop", episode.wallets()[0], 1_000_000_000)
    time.sleep(2.0)
    admitted = [record["order_id"] for record in episode.records("entry_decided") if record["admitted"]]

    episode.start()
    until(lambda: all(one.closed_s for one in episode.operations().values()))
    time.sleep(20.0)

    now = [record["order_id"] for record in episode.records("entry_decided") if record["admitted"]]
    assert now == admitted
    received = [p for record in episode.records("external_received") for p in record["postings"]]
    assert ["wallet:lightning", 1_000_000_000] in received
    episode.stop()
    audit = episode.audit()
    assert audit.returncode == 0, audit.stdout


def test_a_second_process_on_the_same_state_directory_is_refused_and_names_the_first(episode: Episode):
    second = episode.ran("live")

    assert second.returncode == 2
    assert f"is in use by process {episode.pid}" in second.stderr
