"""The scenarios of market.md as the desk lives through them."""

import pytest

from core.market.simulator.scenarios import mixed
from core.market.simulator.scripts import Plant, PriceTo, Since, Trap
from core.market.simulator.spells import FeedOutage, ProgramUpgrade, SolCrash
from core.market.simulator.state import Kind
from core.messages import ExitPosition
from core.records import CandidateJudged, EmergencyFired, EntryDecided, OrderSettled
from core.rules.breaker import BreakerRule
from core.rules.militia import MilitiaRule
from core.rules.verdict import Outcome, Verdict
from core.settings import Settings
from core.types import ExitReason
from tests.scenarios.stage import Stage, assert_panic_exit, script, scripted

LAYOUT = "account layout error"


def last_verdicts(stage: Stage, mint: str) -> dict[str, Verdict]:
    judged = [record for record in stage.of(CandidateJudged) if record.mint == mint]
    return {verdict.criterion: verdict for verdict in judged[-1].verdicts}


def mint_of(stage: Stage, number: int = 1) -> str:
    return stage.simulator._names.mint(number)


def test_rug_wave_every_emergency_is_a_complete_panic_exit():
    stage = Stage(mixed("rug_wave"), settings=Settings(), seed=3).run(540.0)

    triggers = [record.trigger for record in stage.of(EmergencyFired)]
    assert {ExitReason.MASSIVE_DUMP, ExitReason.CREATOR_SELL} <= set(triggers)
    for trigger in set(triggers):
        for number in range(triggers.count(trigger)):
            assert_panic_exit(stage, trigger, number=number)
    assert stage.gate.breaker_until_s > 0.0


def test_honeypot_season_no_visible_trap_is_bought():
    stage = Stage(mixed("honeypot_season"), settings=Settings(), seed=2).run(240.0)

    launched = {record.mint for record in stage.of(CandidateJudged)}
    traps = {mint for mint in launched if stage.simulator.kind(mint) is Kind.HONEYPOT}
    assert len(traps) > 4
    bought = {record.mint for record in stage.of(EntryDecided) if record.admitted}
    assert bought
    assert not bought & traps


def test_a_wave_of_traps_that_shut_on_us_each_is_resolved_within_30_seconds():
    """Whatever the landing draws: nothing can be sold, so each ends as unsellable, flagged, told, its room free."""
    shut = Trap(after_s=12.0, since=Since.OUR_BUY)
    wave = tuple(Plant(at_s=5.0 + 150.0 * number, steps=(shut,)) for number in range(3))
    settings = Settings(breaker=BreakerRule(open_s=5.0), militia=MilitiaRule(losses_in_a_row=9))
    stage = Stage(scripted(*wave), settings=settings).until_closed(2, most_s=900.0).run(5.0)

    fired = stage.of(EmergencyFired)
    assert {record.trigger for record in fired} == {ExitReason.HONEYPOT}
    for record, closed in zip(fired, stage.books.closed, strict=True):
        assert closed.closed_at_s - record.at_s < 30.0
        assert stage.books.flagged[closed.mint] is ExitReason.HONEYPOT
    assert not stage.books.operations
    assert len([alert for alert in stage.alerts if "unsellable" in alert.text]) == 2


def test_an_outage_leaves_holders_unknown():
    stage = Stage(scripted(Plant(at_s=5.0), spells=(FeedOutage(at_s=20.0, for_s=20.0),))).run(120.0)

    assert not stage.books.admissions
    holders = last_verdicts(stage, mint_of(stage))["holders"]
    assert holders.outcome is Outcome.UNKNOWN
    assert "missed" in holders.reason


def test_while_a_program_is_unknown_nothing_is_bought_and_exits_go_on_trying():
    held, young = Plant(at_s=5.0), Plant(at_s=60.0)
    late = PriceTo(after_s=80.0, to=2.0)  # a trade in the upgrade: nobody can read it
    stage = Stage(scripted(held, Plant(at_s=60.0, steps=(late,)), spells=(ProgramUpgrade(at_s=115.0, for_s=90.0),)))
    stage.until_open().run(55.0)
    assert young.at_s + 60.0 > 115.0
    mint = next(iter(stage.books.operations.values())).mint
    stage.runner.tell(f"position.{mint}", ExitPosition(mint=mint, reason=ExitReason.OPERATOR, by="test"))
    stage.run(10.0)
    failed = [record for record in stage.of(OrderSettled) if record.outcome == "failed"]
    assert len(failed) > 2
    assert {record.error for record in failed} == {LAYOUT}
    assert stage.books.operations

    stage.until_closed(most_s=120.0)

    assert 205.0 < stage.books.closed[0].exits[-1].at_s - stage.start_s < 215.0
    assert [record.mint for record in stage.of(EntryDecided) if record.admitted] == [mint]


def test_sol_crash_no_entry_while_the_two_sources_disagree():
    crash = SolCrash(at_s=30.0, for_s=300.0, fall=0.4)
    stage = Stage(scripted(Plant(at_s=5.0), sol_start_usd=120.0, spells=(crash,)))
    stage.run(60.0)
    unknown = 0
    for _ in range(300):
        stage.run(1.0)
        unknown += stage.runner.now.market.usd(stage.runner.now.at_s) is None

    assert unknown > 100
    price = stage.runner.now.market.usd_unchecked()
    assert price is not None
    assert 68.0 < price < 78.0
    admitted = [record for record in stage.of(EntryDecided) if record.admitted]
    assert all(record.sol_usd is not None for record in admitted)


@pytest.mark.parametrize(("kind", "reason"), [("mayhem", "mayhem coin"), ("usdc", "quoted in another coin than SOL")])
def test_what_is_not_tradable_is_refused_for_good_by_its_venue(kind, reason):
    stage = Stage(script(**{kind: True})).run(120.0)

    verdict = last_verdicts(stage, mint_of(stage))["venue"]
    assert verdict.final
    assert verdict.reason == reason
    assert not stage.books.admissions


def test_a_staircase_is_sold_level_by_level():
    stairs = ((90.0, 7.6), (180.0, 9.1), (270.0, 11.0), (360.0, 14.0))
    steps = [PriceTo(after_s=after_s, since=Since.OUR_BUY, to=to) for after_s, to in stairs]
    stage = Stage(script(*steps)).until_open()
    done = [len(next(iter(stage.run(90.0).books.operations.values())).levels_done) for _ in stairs]
    stage.run(40.0)

    (operation,) = stage.books.operations.values()
    assert sorted(operation.levels_done) == [0, 1, 2, 3]
    assert {fill.reason for fill in operation.exits} == {ExitReason.TAKE_PROFIT}
    assert done == sorted(done)
