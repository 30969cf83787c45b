"""What decoding costs: `python -m tests.benchmarks.decode`.

Each figure is the best of many short rounds, and a round of the reference loop runs between them, so that a busy
machine slows both. The aim is 5 µs for a TradeEvent; to find it in its log costs about as much again.
"""

import sys
from base64 import b64encode
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

from msgspec import convert
from msgspec.structs import replace

from core.chain.decode import Decoder
from core.chain.events import decode_event, encode_event
from core.chain.fees import Shareholder
from core.chain.programs import PUMP, WSOL_MINT
from core.chain.wire import log_lines
from tests.chain.states import TRADE

ROUNDS = 60
CALLS = 300
SHARED = replace(TRADE, is_buy=False, ix_name="sell", shareholders=(Shareholder(WSOL_MINT, 10_000),))


class Figure(NamedTuple):
    """Best time of one event, and the same divided by the best time of the reference loop."""

    name: str
    micros: float
    ratio: float


def reference() -> None:
    """A thousand turns of an empty loop: 10 to 20 µs on the machines this was written on."""
    for _ in range(1_000):
        pass


def measured() -> list[Figure]:
    payload = b64encode(encode_event(TRADE)).decode()
    shared = b64encode(encode_event(SHARED)).decode()
    one, four = log_lines(PUMP, [TRADE]), log_lines(PUMP, [TRADE, SHARED, TRADE, SHARED])
    decoder = Decoder()
    cases: list[tuple[str, int, Callable[[], object]]] = [
        ("TradeEvent from its base64", 1, lambda: decode_event(PUMP, convert(payload, bytes))),
        ("TradeEvent with a shareholder from its base64", 1, lambda: decode_event(PUMP, convert(shared, bytes))),
        (f"decode_logs, {len(one)} lines, one event", 1, lambda: decoder.decode_logs(one, None)),
        (f"decode_logs, {len(four)} lines, four events, each", 4, lambda: decoder.decode_logs(four, None)),
        ("encode_event", 1, lambda: encode_event(TRADE)),
    ]
    best, loop = [float("inf")] * len(cases), float("inf")
    for _ in range(ROUNDS):
        loop = min(loop, seconds(reference))
        for i, (_, events, call) in enumerate(cases):
            best[i] = min(best[i], seconds(call) / events)
    return [Figure(name, time * 1e6, time / loop) for (name, _, _), time in zip(cases, best, strict=True)]


def seconds(call: Callable[[], object]) -> float:
    """Mean time of a call over one round."""
    started = perf_counter()
    for _ in range(CALLS):
        call()
    return (perf_counter() - started) / CALLS


if __name__ == "__main__":
    for figure in measured():
        sys.stdout.write(f"{figure.micros:6.2f} µs  {figure.ratio:5.2f} reference loops  {figure.name}\n")
