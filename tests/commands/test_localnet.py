"""The command as a process: it listens, trades, ends politely, goes on from its file; nonsense is refused."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

import run
from core.errors import Refused

ENDS_S = 30
Start = Callable[..., "Process"]


@pytest.fixture
def start(project: Path) -> Iterator[Start]:
    """Starts processes, none of which outlives the test."""
    started: list[Process] = []

    def begin(*arguments: str) -> Process:
        started.append(Process(project, *arguments))
        return started[-1]

    yield begin
    for one in started:
        one.process.kill()
        one.process.communicate()


class Process:
    """`run.py localnet` on a free pair of ports."""

    def __init__(self, project: Path, *arguments: str) -> None:
        command = [sys.executable, "run.py", "localnet", "--port", "0", "--slot-ms", "50", *arguments]
        self.process = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        self.url = self.said.split()[2].rstrip(",") if self.said else ""

    def call(self, method: str, *params: object) -> object:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        with urlopen(Request(self.url, body, {"Content-Type": "application/json"}), timeout=10) as answer:  # noqa: S310 - loopback
            return json.loads(answer.read())["result"]

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=ENDS_S)
        assert errors == ""
        return self.process.returncode


def test_it_trades_saves_at_the_end_and_goes_on_from_there(start: Start, tmp_path: Path):
    state = str(tmp_path / "chain")
    first = start("--market", "hot", "--state", state, "--switch", "loss_pct=5", "--sol-usd", "91")
    assert first.said.startswith("localnet: JSON-RPC http://127.0.0.1:")
    slot = first.call("localnet_advance", 25)
    market = first.call("localnet_market")
    assert isinstance(market, dict)
    assert market["tally"]["traded"] > 5
    assert first.end() == 0

    second = start("--state", state)

    assert isinstance(slot, int)
    going_on = second.call("getSlot", {"commitment": "processed"})
    assert isinstance(going_on, int)
    assert going_on >= slot
    switches, again = second.call("localnet_switches"), second.call("localnet_market")
    assert isinstance(switches, dict)
    assert switches["loss_pct"] == 5
    assert isinstance(again, dict)
    assert again["tally"]["traded"] >= market["tally"]["traded"]
    price = second.call("localnet_solPrice")
    assert isinstance(price, float)
    assert 60 < price < 130
    assert second.end() == 0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--switch", "loss=5"], "--switch takes NAME=VALUE"),
        (["--switch", "loss_pct=500"], "--switch: "),
        (["--slot-ms", "0"], "must be above 0"),
        (["--market", "nowhere"], "unknown scenario"),
        (["--port", "70000"], "port 70000"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: list[str], why: str):
    options = run.parser().parse_args(["localnet", "--port", "0", *arguments])

    with pytest.raises(Refused, match=why) as refusal:
        options.run(options)

    assert "\n" not in str(refusal.value)
