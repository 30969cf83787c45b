from statistics import median

import pytest
from msgspec.structs import replace

from core.errors import Refused
from core.market.simulator.scenarios import CALM as CALM_WEATHER
from core.market.simulator.scenarios import SCENARIOS, mixed
from core.market.simulator.simulator import Simulator
from core.market.simulator.state import Kind
from core.messages import Launched
from tests.market.simulator.markets import CALM, play


def measured(name: str) -> dict[str, float]:
    simulator = Simulator(replace(CALM, scenario=mixed(name)), 3, decoded=True)
    slots = play(simulator, 1_500)
    mints = [event.mint for slot in slots for event in slot.events if isinstance(event, Launched)]
    landed, failed = sum(slot.landed for slot in slots), sum(slot.failed for slot in slots)
    return {
        "launches": len(mints),
        "trades": landed,
        "failed": failed / (landed + failed),
        "fee": median(slot.priority_fee_lamports for slot in slots),
        "honeypots": sum(simulator.kind(mint) is Kind.HONEYPOT for mint in mints) / len(mints),
        "insiders": sum(simulator.kind(mint) in {Kind.GROUP, Kind.BUNDLE, Kind.DEPLOYER_SNIPED} for mint in mints)
        / len(mints),
    }


def test_each_scenario_changes_what_it_is_named_for():
    calm = measured("calm")
    assert measured("hot")["trades"] > 1.4 * calm["trades"]
    assert measured("rug_wave")["insiders"] > 1.5 * calm["insiders"]
    assert measured("honeypot_season")["honeypots"] > 0.03 > calm["honeypots"]
    congestion = measured("congestion")
    assert congestion["failed"] == pytest.approx(0.5, abs=0.03)
    assert 5 < congestion["fee"] / calm["fee"] < 20


def test_scenarios_mix_by_multiplying():
    both = mixed("hot", "congestion")
    assert both.launches == SCENARIOS["hot"].launches
    assert both.priority_fee == SCENARIOS["congestion"].priority_fee
    assert mixed("hot", "hot").attention == pytest.approx(SCENARIOS["hot"].attention ** 2)
    assert mixed() == mixed("calm") == CALM_WEATHER


def test_an_unknown_scenario_is_refused_with_the_names_there_are():
    with pytest.raises(Refused, match="rug_wave"):
        mixed("sunshine")
