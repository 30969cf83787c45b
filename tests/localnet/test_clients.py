"""The official clients work against the node without knowing that it is ours."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.localnet.client import running
from tests.oracle import node as oracle

FOLDER = Path(__file__).resolve().parent


def said(command: list[str], **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=120, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_solana_pys_own_clients_send_hear_and_read():
    with running() as (node, _):
        found = said([sys.executable, str(FOLDER / "solana_py.py"), node.url, node.socket_url])

    assert found == {
        "connected": True,
        "simulated": True,
        "heard": True,
        "fee": 5_000,
        "balance": 10**9,
        "listed": True,
        "status": True,
        "program": True,
        "rent": 2_039_280,
    }


def test_the_official_sdks_launch_trade_graduate_and_trade_on():
    try:
        oracle.install()
    except oracle.Absent as absent:
        pytest.skip(str(absent))
    with running() as (node, _):
        found = said(["node", str(FOLDER / "official.cjs"), node.url], NODE_PATH=str(oracle.PACKAGES))

    assert found.pop("heard") >= 8
    assert found == {
        "airdrop": None,
        "paid": 10**9,
        "fee": 5_000,
        "parsed": 3,
        "signatures": True,
        "held": True,
        "soldLegacy": 0,
        "soldV2": 0,
        "complete": True,
        "pool": True,
        "curve": 151,
    }
