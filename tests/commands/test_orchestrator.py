"""The programmatic door: start, run one operation to its end, look, stop; on the embedded market, on paper."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent import monkey
from msgspec.structs import replace

from actors.adapters.state_directory import StateDirectory
from commands.audit import audited
from commands.outcomes import MicroOperation
from core.errors import AskTimeout, Refused
from core.market.simulator.scenarios import LABORATORY
from core.market.simulator.scripts import CreatorSells, Plant, PriceTo, Since
from core.market.simulator.settings import MarketSettings
from core.rules.verdict import Outcome
from core.types import ExitReason, Role
from micro_lightning import MicroLightningOrchestrator, Opinion, Status
from tests.commands.process import environment

QUIET = MarketSettings(scenario=LABORATORY)


def with_tokens(*plants: Plant) -> MarketSettings:
    """A market in which nothing happens but these tokens."""
    return MarketSettings(scenario=replace(LABORATORY, tokens=plants))


SOLD_BY_CREATOR = CreatorSells(after_s=10.0, since=Since.OUR_BUY)
TWO = with_tokens(Plant(at_s=5.0, steps=(SOLD_BY_CREATOR,)), Plant(at_s=400.0, steps=(SOLD_BY_CREATOR,)))
LANDS = {"MICRO_PAPER_FAILED_SHARE": "0", "MICRO_PAPER_MISSED_SHARE": "0"}
"""Nothing of ours fails by chance."""


def one_operation(**given: Any) -> MicroOperation:
    with MicroLightningOrchestrator(**given) as orchestrator:
        return orchestrator.execute_micro_operation()


def test_one_operation_is_run_to_its_end_and_the_books_say_the_same(tmp_path: Path):
    operation = one_operation(seed=4, state_dir=tmp_path, market=TWO, settings=LANDS)

    state = StateDirectory(tmp_path)
    result = audited(state)
    (closed,) = result.books.closed
    assert result.ok
    assert (operation.id, operation.mint) == (closed.id, closed.mint)
    assert operation.net_lamports == closed.net_lamports
    assert operation.tax_lamports == max(-(-closed.net_lamports // 10), 0)
    assert operation.hold_s == pytest.approx(closed.closed_at_s - closed.opened_at_s, abs=0.001)
    assert operation.reason is operation.panic is ExitReason.CREATOR_SELL
    assert sum(one.tokens for one in operation.exits) == sum(tokens for _, _, tokens in closed.entries)
    assert sum(one.proceeds_lamports for one in operation.exits) == operation.proceeds_lamports


def test_the_same_seed_gives_the_same_operation():
    assert one_operation(seed=5, market=TWO, settings=LANDS) == one_operation(seed=5, market=TWO, settings=LANDS)


def test_a_state_directory_is_gone_on_with(tmp_path: Path):
    first = one_operation(seed=4, state_dir=tmp_path, market=TWO, settings=LANDS)
    with MicroLightningOrchestrator(seed=4, state_dir=tmp_path, market=TWO, settings=LANDS) as orchestrator:
        status = orchestrator.get_status()
        second = orchestrator.execute_micro_operation()

    assert status.operations == 1
    assert status.net_lamports == first.net_lamports
    assert second.opened_at_s > first.closed_at_s
    assert second.mint != first.mint


def test_the_status_follows_the_desk():
    orchestrator = MicroLightningOrchestrator(seed=4, market=TWO, settings=LANDS)
    assert orchestrator.get_status() == Status()

    orchestrator.start()
    begun = orchestrator.get_status()
    orchestrator.execute_micro_operation()
    after = orchestrator.get_status()
    folder = Path(after.state_dir)
    assert folder.is_dir()
    assert orchestrator.stop()
    ended = orchestrator.get_status()

    assert begun.running
    assert (begun.operations, begun.strategy, begun.seed) == (0, "Micro-Lightning", 4)
    assert sum(begun.wallets_lamports.values()) == begun.equity_lamports == 250_000_000
    assert begun.wallets_lamports[Role.LIGHTNING] == 50_000_000
    assert after.operations == 1
    assert after.market_at_s > begun.market_at_s
    assert not ended.running
    assert any(one.startswith("stopping") for one in ended.against)
    assert not folder.exists()


def test_an_open_position_is_shown_while_it_is_open():
    with MicroLightningOrchestrator(market=with_tokens(Plant(at_s=5.0)), settings=LANDS) as orchestrator:
        with pytest.raises(AskTimeout, match="no operation ended within 120 s"):
            orchestrator.execute_micro_operation(within_s=120.0)
        (position,) = orchestrator.get_status().positions

    assert position.tokens == position.bought_tokens > 0


def test_without_a_token_that_passes_the_time_runs_out():
    with MicroLightningOrchestrator(market=QUIET) as orchestrator, pytest.raises(AskTimeout):
        orchestrator.execute_micro_operation(within_s=30.0)


def test_where_no_operation_can_begin_it_says_why():
    too_little = {"MICRO_CAPITAL_USD": "9"}
    with (
        MicroLightningOrchestrator(market=QUIET, settings=too_little) as orchestrator,
        pytest.raises(Refused, match="the capital is too small for a stake"),
    ):
        orchestrator.execute_micro_operation()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"settings": {"MICRO_MILITA_PAUSE_S": "1"}}, "did you mean MICRO_MILITIA_PAUSE_S"),
        ({"clock_speed": -1.0}, "CLOCK_SPEED"),
        ({"strategy": "strategies.cautious:Careless"}, "has no class Careless"),
        ({"strategy": object()}, "name"),
    ],
)
def test_wrong_input_is_refused_before_anything_begins(given: dict[str, Any], said: str):
    with pytest.raises(Refused, match=said):
        MicroLightningOrchestrator(**given)


def test_it_is_started_once_and_asked_only_while_it_runs():
    orchestrator = MicroLightningOrchestrator(market=QUIET)
    with pytest.raises(Refused, match="not started"):
        orchestrator.execute_micro_operation()
    assert orchestrator.stop()

    with orchestrator, pytest.raises(Refused, match="started already"):
        orchestrator.start()


def test_two_never_share_a_state_directory(tmp_path: Path):
    with MicroLightningOrchestrator(market=QUIET, state_dir=tmp_path):
        second = MicroLightningOrchestrator(market=QUIET, state_dir=tmp_path)
        with pytest.raises(Refused, match="is in use by process"):
            second.start()


def test_unpatched_it_does_not_start(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(monkey, "is_module_patched", lambda _: False)

    with pytest.raises(Refused, match="import micro_lightning before anything else"):
        MicroLightningOrchestrator(market=QUIET).start()


class Never:
    name = "Never"

    def weigh(self, candidate: Any) -> Opinion:
        return Opinion(score=0.0, outcome=Outcome.FAIL, reason="never")

    def leave(self, holding: Any) -> None:
        return None


def test_a_strategy_can_be_given_as_an_object():
    with MicroLightningOrchestrator(market=TWO, settings=LANDS, strategy=Never()) as orchestrator:
        with pytest.raises(AskTimeout):
            orchestrator.execute_micro_operation(within_s=300.0)
        assert orchestrator.get_status().strategy == "Never"
        assert orchestrator.get_status().operations == 0


class Stuck:
    name = "Stuck"

    def weigh(self, candidate: Any) -> Opinion:
        return Opinion(score=0.0)

    def leave(self, holding: Any) -> None:
        while holding.mint != "TrialMint":
            pass


def test_a_strategy_that_hangs_while_we_hold_does_not_keep_the_exit_from_us():
    """In real time, in an actor's greenlet: each hanging answer is cut off, counted and passed over."""
    moving = PriceTo(after_s=3.0, since=Since.OUR_BUY, to=6.4, over_s=4.0)
    market = with_tokens(Plant(at_s=5.0, steps=(moving, SOLD_BY_CREATOR)))
    with MicroLightningOrchestrator(market=market, settings=LANDS, strategy=Stuck(), clock_speed=60.0) as orchestrator:
        operation = orchestrator.execute_micro_operation(within_s=600.0)
        faults = orchestrator.get_status().strategy_faults

    assert operation.panic is ExitReason.CREATOR_SELL
    assert faults.keys() == {"slow"}


def test_in_real_time_it_goes_on_by_itself():
    with MicroLightningOrchestrator(market=QUIET, clock_speed=100.0) as orchestrator:
        began_at_s = orchestrator.get_status().market_at_s
        with gevent.Timeout(20.0):
            while orchestrator.get_status().market_at_s < began_at_s + 10.0:
                gevent.sleep(0.01)

    assert not orchestrator.get_status().running


def test_the_example_of_the_readme_runs(project: Path, tmp_path: Path):
    (example,) = re.findall(r"```python\n(.*?)```", (project / "README.md").read_text(), re.DOTALL)
    file = tmp_path / "example.py"
    file.write_text(example)

    done = subprocess.run(
        [sys.executable, str(file)],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(project)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert re.match(r"op1 \w{32,44}: -?\d+ lamports in \d+ s\n(  \w+: \d+ for \d+\n)+\d+\n$", done.stdout), done.stdout
