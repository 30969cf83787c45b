"""How fast the simulated market makes events, against a plain loop on the same machine.

`pytest -m benchmark -s tests/benchmarks/test_market_speed.py` prints events per second.
"""

import sys
from heapq import heappop, heappush
from random import Random
from time import perf_counter, process_time

import pytest

from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator

pytestmark = pytest.mark.benchmark

LOOPS = 100_000


def reference_s() -> float:
    """A loop of draws, heap moves and big-integer arithmetic: what any simulator of trades must at least do."""
    random, heap = Random(1), [(0, 0)]
    start = perf_counter()
    for number in range(LOOPS):
        heappop(heap)
        heappush(heap, (number + int(random.random() * 10), number))
        _ = (10**15 + number) * 10**11 // (10**12 + number)
    return perf_counter() - start


@pytest.mark.parametrize(("decoded", "slots", "bound"), [(True, 4_000, 60.0), (False, 1_500, 80.0)])
def test_an_event_costs_a_bounded_number_of_reference_loops(decoded, slots, bound):
    simulator = Simulator(MarketSettings(), 1, decoded=decoded)
    for _ in range(500):
        simulator.step()
    start = perf_counter()
    played = [simulator.step() for _ in range(slots)]
    taken_s = perf_counter() - start
    count = sum(len(slot.events) + len(slot.transactions) for slot in played)
    loops = (taken_s / count) / (min(reference_s() for _ in range(3)) / LOOPS)
    form = "decoded" if decoded else "wire"
    sys.stdout.write(f"\n{form}: {count / taken_s:,.0f} events/s, {loops:.1f} reference loops an event\n")
    assert loops < bound


def test_ten_hours_of_market_take_at_most_a_minute_of_one_core():
    simulator = Simulator(MarketSettings(), 1, decoded=True)
    start, events = process_time(), 0
    for _ in range(int(10 * 3_600 / simulator.settings.clock.slot_s)):
        events += len(simulator.step().events)
    taken_s = process_time() - start
    sys.stdout.write(f"\nten hours: {taken_s:.1f} s of one core, {events:,} events, {events / taken_s:,.0f} a second\n")
    assert taken_s < 60.0
