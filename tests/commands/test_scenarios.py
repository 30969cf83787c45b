"""The market that a person asks for, and the one that a state directory already holds."""

import pytest
from msgspec.structs import replace

from actors.adapters.state_directory import StateDirectory
from commands import sources
from core.errors import Refused
from core.market.simulator.scenarios import CALM, SOL_CRASH, mixed
from core.settings import Settings


def asked(scenario: str) -> Settings:
    return replace(Settings(), runtime=replace(Settings().runtime, scenario=scenario))


def test_the_settings_choose_the_scenario():
    assert sources.market_settings(asked("")).scenario == CALM
    assert sources.market_settings(asked("hot,rug_wave")).scenario == mixed("hot", "rug_wave")
    with pytest.raises(Refused, match="did you mean rug_wave"):
        sources.market_settings(asked("rug_wav"))


def test_capital_is_worth_its_dollars_at_the_scenarios_price_of_sol(tmp_path):
    source = sources.embedded(asked("sol_crash"), StateDirectory(tmp_path))
    source.feed.close()
    assert source.sol_usd == SOL_CRASH.sol_start_usd == 120.0


def test_a_state_directory_goes_on_with_its_own_market_and_refuses_another(tmp_path):
    state = StateDirectory(tmp_path)
    sources.embedded(asked("hot"), state).feed.close()

    for same in ("", "hot"):
        again = sources.embedded(asked(same), state)
        again.feed.close()
    with pytest.raises(Refused, match="another scenario") as refused:
        sources.embedded(asked("calm"), state)
    assert "\n" not in str(refused.value)
    sources.embedded(asked(""), state).feed.close()
