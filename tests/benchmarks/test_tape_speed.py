"""How fast the tape and a node's frames are read, against a plain loop on the same machine.

`pytest -m benchmark -s tests/benchmarks/test_tape_speed.py` prints microseconds.
"""

import sys
from time import perf_counter

import msgspec
import pytest

from actors.adapters.live_frames import FrameReader
from core.chain.decode import Decoder
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.market.tape import Tape
from tests.benchmarks.reference import LOOPS, reference_loop_s

pytestmark = pytest.mark.benchmark


def turns(seconds: float, count: int, what: str) -> float:
    """Turns of the reference loop that one of `count` took."""
    turn_s = reference_loop_s() / LOOPS
    sys.stdout.write(f"\n{what}: {seconds / count * 1e6:.2f} us, {seconds / count / turn_s:.0f} reference turns\n")
    return seconds / count / turn_s


def test_a_trade_costs_the_tape_a_bounded_number_of_turns():
    simulator, decoder = Simulator(MarketSettings(), 3), Decoder()
    raws = [raw for _ in range(2_000) for raw in simulator.step().transactions]
    events = [event for raw in raws for event in decoder.decode_logs(raw.logs, raw.err)]

    def once() -> float:
        tape = Tape()
        began_s = perf_counter()
        for event in events:
            tape.read(event, 1, 1.0, "signature")
        return perf_counter() - began_s

    assert turns(min(once() for _ in range(3)), len(events), "tape, an event") < 100


def test_a_frame_of_two_kilobytes_costs_a_bounded_number_of_turns():
    simulator = Simulator(MarketSettings(), 3)
    raws = [raw for _ in range(1_000) for raw in simulator.step().transactions]
    frames = []
    for raw in raws:
        value = {"signature": raw.signature, "err": raw.err, "logs": raw.logs}
        params = {"subscription": 5, "result": {"context": {"slot": raw.slot}, "value": value}}
        frames.append(msgspec.json.encode({"jsonrpc": "2.0", "method": "logsNotification", "params": params}))
    reader = FrameReader(lambda _: None)

    def once() -> float:
        began_s = perf_counter()
        for frame in frames:
            reader.read(frame)
        return perf_counter() - began_s

    assert turns(min(once() for _ in range(3)), len(frames), "frame") < 300
