"""What a trade costs a watcher, as a ratio to the plainest loop that could do anything with it, and what it weighs.

`python -m tests.benchmarks.test_watcher` prints the figures in microseconds and bytes.
"""

import gc
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence

import pytest
from msgspec.structs import replace

from core.effects import Now
from core.messages import FactsSeen, Tick, Traded
from core.state import watcher
from core.state.watcher import State
from tests.state.tokens import SOL, Script, move_on, world

pytestmark = pytest.mark.benchmark

TRADES = 20_000


def trades(script: Script) -> list[Traded]:
    """Buys and sells of forty traders, twenty a second, after half a minute: too few holders throughout."""
    rng, made = random.Random(1), []
    script.wait(30)
    for _ in range(TRADES):
        script.wait(0.05)
        trader = f"trader{rng.randrange(40)}"
        sells = script.held.get(trader) and rng.random() < 0.6
        made.append(script.sell(trader) if sells else script.buy(trader, SOL // 100))
    return made


def best_s(run: Callable[[], None], rounds: int = 7) -> float:
    """The quickest of some rounds, without the garbage collector: the others were disturbed."""
    best = float("inf")
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            start = time.perf_counter()
            run()
            best = min(best, time.perf_counter() - start)
    finally:
        gc.enable()
    return best


def reference_us(messages: Sequence[Traded]) -> float:
    """A loop that adds every trade to a dict by trader and keeps the highest price."""

    def run() -> None:
        held: dict[str, int] = {}
        highest = 0.0
        for trade in messages:
            held[trade.trader] = held.get(trade.trader, 0) + trade.tokens
            price = trade.reserves.quote / trade.reserves.base
            if price > highest:  # noqa: PLR1730  # the plainest loop
                highest = price

    return best_s(run) / len(messages) * 1e6


def step_us(messages: Sequence[Traded], **launch: bool) -> float:
    def run() -> None:
        state, now = begun(**launch)
        now.at_s += 30.0
        for trade in messages:
            state, _ = watcher.step(state, trade, now)

    return best_s(run) / len(messages) * 1e6


def judge_us() -> float:
    """A whole judgement of a candidate, with fresh facts and the answer to the miner."""
    script, now = Script(), world()
    state, _ = watcher.begin(script.launch(), now)
    script.wait(61)
    for trade in script.crowd():
        move_on(now, script)
        state, _ = watcher.step(state, trade, now)
    state, _ = watcher.step(state, Tick(key="judge"), now)
    seen = FactsSeen(facts=script.facts())

    def run() -> None:
        for _ in range(1_000):
            watcher.step(state, seen, now)

    result = best_s(run) / 1_000 * 1e6
    assert state.ready
    return result


def begun(**launch: bool) -> tuple[State, Now]:
    now = world()
    return watcher.begin(Script().launch(**launch), now)[0], now


def bytes_each(make: Callable[[int], State], count: int = 500) -> int:
    """Bytes of one more watcher, everything that only it refers to included."""
    make(-1)
    gc.collect()
    tracemalloc.start()
    kept = [make(i) for i in range(count)]
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size // len(kept)


def idle(number: int, **launch: bool) -> State:
    """A watcher just begun, its launch decoded for it alone."""
    script = Script(f"mint{number}")
    return watcher.begin(script.launch(creator=f"creator{number}", user=f"user{number}", **launch), world_once)[0]


def crowded(number: int) -> State:
    """A watcher that counts a hundred holders."""
    state = idle(number)
    for i, trade in enumerate(crowd_once):
        state, _ = watcher.step(state, replace(trade, trader=f"owner{number}.{i}"), world_once)
    return state


def followed(number: int) -> State:
    return idle(number, mayhem=True)


world_once = world()
crowd_once = Script().crowd(100, SOL // 10)


def lowest_ratio(measure: Callable[[], float], reference: Callable[[], float]) -> float:
    """Measured side by side a few times: a machine that slows down between the two makes some of them too high."""
    return min(measure() / reference() for _ in range(3))


def test_a_trade_that_changes_no_outcome_costs_some_twenty_plain_steps():
    messages = trades(Script())

    assert lowest_ratio(lambda: step_us(messages), lambda: reference_us(messages)) < 45


def test_a_trade_of_a_refused_token_costs_a_few_plain_steps():
    messages = trades(Script())

    assert lowest_ratio(lambda: step_us(messages, mayhem=True), lambda: reference_us(messages)) < 6


def test_a_whole_judgement_costs_less_than_a_thousand_plain_steps():
    messages = trades(Script())

    assert lowest_ratio(judge_us, lambda: reference_us(messages)) < 1_000


def test_a_watcher_is_small():
    assert bytes_each(idle) < 4_000
    assert bytes_each(crowded) < 25_000
    assert bytes_each(followed) < 2_000


def main() -> None:
    messages = trades(Script())
    reference = reference_us(messages)
    for name, micros in (
        ("reference loop", reference),
        ("trade, kept out by a cheap bound", step_us(messages)),
        ("trade, refused for good", step_us(messages, mayhem=True)),
        ("whole judgement of a candidate", judge_us()),
    ):
        sys.stdout.write(f"{name:34} {micros:7.2f} µs  {micros / reference:6.1f} ×\n")
    for name, size in (
        ("begun", bytes_each(idle)),
        ("with 100 holders", bytes_each(crowded)),
        ("refused, price followed", bytes_each(followed)),
    ):
        sys.stdout.write(f"watcher {name:26} {size:7,} bytes\n")


if __name__ == "__main__":
    main()
