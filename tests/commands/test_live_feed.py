"""`MICRO_FEED=live`: what a node's log subscriptions bring reaches the watchers of the whole product, on paper."""

import os
import signal
import subprocess
import sys
import urllib.error
from pathlib import Path

import gevent

from core.chain.programs import PUMP
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from tests.actors.adapters.node import Node
from tests.commands.test_one_operation import free_port, read


def test_launches_that_a_node_tells_become_candidates_and_none_is_entered(project: Path, tmp_path: Path) -> None:
    node, monitor, executor = Node(), free_port(), free_port()
    ports = ["--set", f"MICRO_MONITOR_PORT={monitor}", "--set", f"MICRO_EXECUTOR_PORT={executor}"]
    command = [sys.executable, "run.py", "paper", "--state", str(tmp_path), "--set", "MICRO_FEED=live", *ports]
    process = subprocess.Popen(
        command,
        cwd=project,
        env=os.environ | {"SOLANA_WS_URL": node.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        node.wait_ready()
        market = Simulator(MarketSettings(), 4)
        for transaction in (one for _ in range(60) for one in market.step().transactions):
            node.log(PUMP, transaction.slot, transaction.signature, *transaction.logs, err=transaction.err)
        candidates: list[object] = []
        with gevent.Timeout(30):
            while len(candidates) < 3:
                gevent.sleep(0.2)
                try:
                    candidates = read(monitor, "/candidates")["items"]
                except (urllib.error.URLError, ConnectionError):
                    continue  # not listening yet
        operations = read(monitor, "/operations")["items"]
    finally:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
        node.stop()

    assert process.returncode == 0, said
    assert operations == []
    assert all("honeypot" in str(one) for one in candidates)


def test_live_without_the_address_of_a_node_is_refused(project: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SOLANA_WS_URL"}
    ports = [
        "--set", f"MICRO_MONITOR_PORT={free_port()}", "--set", f"MICRO_EXECUTOR_PORT={free_port()}"
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "run.py", "paper", "--state", str(tmp_path), "--set", "MICRO_FEED=live", *ports],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "MICRO_FEED=live needs SOLANA_WS_URL" in done.stderr
