from pathlib import Path

import msgspec
import pytest

from actors.adapters.scenario_file import read, scenario_of
from core.errors import Refused
from core.market.simulator.scenarios import CALM, RUG_WAVE, SCENARIOS, mixed
from core.market.simulator.scripts import CreatorSells, Since
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.market.simulator.spells import FeeWave, SolCrash


def written(folder: Path, text: str, name: str = "one.toml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_nothing_is_calm_and_a_name_is_that_scenario():
    assert scenario_of("") == scenario_of("calm") == CALM
    assert scenario_of("rug_wave") == RUG_WAVE
    assert scenario_of("hot, congestion") == mixed("hot", "congestion")


def test_a_file_mixes_named_scenarios_with_its_own_factors_spells_and_tokens(tmp_path):
    path = written(
        tmp_path,
        """
        about = "for the test"
        mix = ["rug_wave"]
        groups = 0.5
        spells = [{ kind = "fee_wave", at_s = 60, for_s = 30, fees = 4 }]
        tokens = [{ at_s = 7, steps = [{ do = "creator_sells", after_s = 9, since = "our_buy", share = 0.5 }] }]
        """,
    )
    scenario = scenario_of(path)
    assert scenario.groups == RUG_WAVE.groups * 0.5
    assert scenario.creator_dumps == RUG_WAVE.creator_dumps
    assert scenario.spells == (FeeWave(at_s=60.0, for_s=30.0, fees=4.0),)
    (token,) = scenario.tokens
    assert token.steps == (CreatorSells(after_s=9.0, since=Since.OUR_BUY, share=0.5),)
    assert scenario_of(f"{path},hot").launches == SCENARIOS["hot"].launches


def test_json_says_the_same(tmp_path):
    path = written(tmp_path, '{"spells": [{"kind": "sol_crash", "at_s": 1, "for_s": 2, "fall": 0.1}]}', "one.json")
    assert scenario_of(path).spells == (SolCrash(at_s=1.0, for_s=2.0, fall=0.1),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sunshine = 1", "unknown field `sunshine`"),
        ("launches = -1", r"\$\.launches"),
        ('launches = "many"', r"\$\.launches"),
        ('mix = ["rugwave"]', "did you mean rug_wave"),
        ("spells = [{ kind = 'fog', for_s = 1 }]", "fog"),
        ("spells = [{ kind = 'feed_outage' }]", "for_s"),
        ("spells = [{ kind = 'sol_crash', for_s = 0 }]", r"\$\.spells\[0\]\.for_s"),
        ("tokens = [{ steps = [{ do = 'price_to', after_s = 1, to = 0 }] }]", r"\$\.tokens\[0\]\.steps\[0\]\.to"),
        ("tokens = [{ steps = [{ do = 'trap', after_s = 1, trap = 'glue' }] }]", "glue"),
        ("launches = nan", r"launches"),
        ("launches =", "is no TOML"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_with_the_place(tmp_path, text, said):
    with pytest.raises(Refused, match=said) as refused:
        read(Path(written(tmp_path, text)))
    assert "\n" not in str(refused.value)
    assert "one.toml" in str(refused.value)


@pytest.mark.parametrize(("name", "text"), [("list.json", "[1]"), ("deep.json", "[" * 100_000), ("bytes.toml", "\0")])
def test_what_is_no_table_is_refused(tmp_path, name, text):
    with pytest.raises(Refused, match=name):
        scenario_of(written(tmp_path, text, name))


def test_a_file_that_is_not_there_and_one_that_is_a_folder_are_refused(tmp_path):
    with pytest.raises(Refused, match="cannot be read"):
        scenario_of(str(tmp_path / "none.toml"))
    with pytest.raises(Refused, match="cannot be read"):
        scenario_of(f"{tmp_path}/")


def test_every_example_is_a_scenario_that_a_market_can_be_made_of_and_restored(project):
    examples = sorted((project / "config" / "scenarios").iterdir())
    assert len(examples) >= 4
    for path in examples:
        scenario = read(path)
        assert scenario != CALM
        simulator = Simulator(MarketSettings(scenario=scenario), 1, decoded=True)
        for _ in range(50):
            simulator.step()
        assert Simulator.restore(simulator.snapshot(), decoded=True).settings.scenario == scenario
        as_json = msgspec.json.encode(simulator.settings)
        assert msgspec.json.decode(as_json, type=MarketSettings) == simulator.settings
