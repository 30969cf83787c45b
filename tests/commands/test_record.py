"""`record`: what a node told is on disk, also when the process is killed, and `replay` reads it."""

import signal
import subprocess
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import gevent
import pytest

import run
from actors.adapters.recording import SUFFIX, Recording
from core.chain.decode import Decoder
from core.chain.programs import PUMP
from core.chain.pump import CreateEvent
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.messages import FeedBatch
from localnet import launching
from localnet.chain import Pace
from localnet.node import Node as LocalNode
from tests.actors.adapters.node import Node
from tests.commands.process import command, environment
from tests.localnet.stage import Stage, person


def started(folder: Path, node: Node) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        command("record", "--out", "taken"),
        cwd=folder,
        env=environment(SOLANA_WS_URL=node.url),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with gevent.Timeout(60):
        node.wait_ready(connections=1)
    return process


def batches(folder: Path) -> list[FeedBatch]:
    feed = Recording(folder / "taken")
    return list(iter(feed.next, None))


def signatures(folder: Path) -> list[str]:
    if not list((folder / "taken").glob("*" + SUFFIX)) or not file_of(folder).stat().st_size:
        return []
    return [raw.signature for batch in batches(folder) for raw in batch.transactions]


def file_of(folder: Path) -> Path:
    return max((folder / "taken").glob("*" + SUFFIX))


def wait_until(what: Callable[[], bool]) -> None:
    with gevent.Timeout(30):
        while not what():
            gevent.sleep(0.05)


def test_a_recording_survives_a_kill_and_a_torn_frame_goes_on_and_is_replayed(
    tmp_path: Path, capsys: "pytest.CaptureFixture[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    market = Simulator(MarketSettings(), 4)
    told = [one for _ in range(40) for one in market.step().transactions]
    first, second = told[: len(told) // 2], told[len(told) // 2 :]
    node = Node()
    process = started(tmp_path, node)
    try:
        for one in first:
            node.log(PUMP, one.slot, one.signature, *one.logs, err=one.err)
        # Nothing more comes, and it is on disk all the same.
        wait_until(lambda: len(signatures(tmp_path)) == len(first))
        process.kill()
        process.wait()
        with file_of(tmp_path).open("ab") as file:
            file.write(file_of(tmp_path).read_bytes()[:50])  # as a power failure tears the frame under way
        node.drop()
        node.wait(lambda: not node.peers)
        process = started(tmp_path, node)
        for one in second:
            node.log(PUMP, one.slot, one.signature, *one.logs, err=one.err)
        wait_until(lambda: len(signatures(tmp_path)) == len(told))
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        node.stop()

    assert process.returncode == 0, said
    assert said.startswith("Recording ws://127.0.0.1:")
    assert "sesame" not in said
    assert f"{len(second)} transactions" in said.splitlines()[-1]
    assert signatures(tmp_path) == [one.signature for one in told]
    taken = batches(tmp_path)
    assert [batch.at_s for batch in taken] == sorted(batch.at_s for batch in taken)
    assert abs(taken[-1].at_s - time.time()) < 60.0
    # Each run begins with a gap; where the file was torn it is one too.
    assert sum(batch.gap for batch in taken) == 2

    monkeypatch.chdir(tmp_path)
    assert run.main(["replay", "taken"]) == 0
    report = capsys.readouterr().out
    assert "1 damaged parts of taken were passed over" in report


def test_without_a_node_or_a_place_it_is_refused(
    tmp_path: Path, capsys: "pytest.CaptureFixture[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SOLANA_WS_URL", raising=False)
    assert run.main(["record"]) == 2
    assert "record needs SOLANA_WS_URL" in capsys.readouterr().err
    monkeypatch.setenv("SOLANA_WS_URL", "ws://127.0.0.1:1/")
    (tmp_path / "a file").write_text("")
    assert run.main(["record", "--out", "a file/below"]) == 2
    assert "cannot be made" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["a file"]


def test_a_recording_of_the_local_node_is_replayed_with_its_coins(
    tmp_path: Path, capsys: "pytest.CaptureFixture[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    node = LocalNode(pace=Pace(slot_s=0.1, finalized_slots=4))
    stage = Stage()
    stage.chain = node.chain
    node.start()
    process = subprocess.Popen(
        command("record", "--out", "taken"),
        cwd=tmp_path,
        env=environment(SOLANA_WS_URL=node.socket_url),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        creator = stage.rich("creator")
        mints = (person(f"mint {number}") for number in count())
        with gevent.Timeout(60):
            while not signatures(tmp_path):
                mint = next(mints)
                words = ("A coin", "COIN", "https://metadata.invalid/coin")
                make = launching.create_v2(mint.pubkey(), creator.pubkey(), creator.pubkey(), words)
                node.chain.queue(stage.signed([make], creator, mint))
                gevent.sleep(0.3)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        node.stop()

    assert process.returncode == 0, said
    monkeypatch.chdir(tmp_path)
    assert run.main(["replay", "taken"]) == 0
    assert "coin" in capsys.readouterr().out.lower()
    kinds = [
        event
        for batch in batches(tmp_path)
        for raw in batch.transactions
        for event in Decoder().decode_logs(raw.logs, raw.err)
    ]
    assert any(isinstance(event, CreateEvent) for event in kinds)
