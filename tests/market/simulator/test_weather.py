from itertools import pairwise
from statistics import median

from msgspec.structs import replace

from core.market.simulator.simulator import Simulator
from tests.market.simulator.markets import CALM, play

QUIET = replace(CALM, launches_until_s=CALM.clock.start_s - 1.0)


def test_sol_starts_at_80_dollars_and_never_leaves_its_bounds():
    wild = replace(QUIET, sol_price=replace(CALM.sol_price, hourly_volatility=1.5))
    slots = play(Simulator(wild, 1), 50_000)
    prices = [slot.sol_price.pool_usd for slot in slots]
    first = prices[0]
    assert first is not None
    assert 79 < first < 81
    assert all(price is not None and 63 < price < 289 for price in prices)
    assert max(price or 0 for price in prices) > 200


def test_the_two_sources_differ_a_little():
    slots = play(Simulator(QUIET, 1), 5_000)
    apart = [abs((slot.sol_price.pool_usd or 0) / (slot.sol_price.http_usd or 1) - 1) for slot in slots]
    assert 0 < median(apart) < 0.005
    assert max(apart) < 0.03


def test_priority_fees_wander_around_their_median():
    fees = [slot.priority_fee_lamports for slot in play(Simulator(QUIET, 1), 20_000)]
    assert 80_000 < median(fees) < 125_000
    assert max(fees) > 2 * median(fees) > 4 * min(fees)
    steps = [abs(after / before - 1) for before, after in pairwise(fees)]
    assert median(steps) < 0.15
