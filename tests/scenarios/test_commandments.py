"""For each commandment a market in which it refuses or forces: in the journal, at the gate, in the monitor."""

from math import ceil

import pytest
from msgspec.structs import replace

from core.market.simulator.scripts import Completed, CreatorSells, Plant, PriceTo, Since
from core.records import (
    CandidateJudged,
    CommandmentViolated,
    EmergencyFired,
    OperationClosed,
    OperationSettled,
    OrderSettled,
    RotationFinished,
    RotationStarted,
)
from core.rules.verdict import Outcome
from core.settings import Settings
from core.types import ExitReason, Role
from tests.scenarios.panel import Seen
from tests.scenarios.stage import KIND, Stage, refusals, script, scripted

OURS = Since.OUR_BUY


def waiting(at_s: float) -> Plant:
    """Goes on being bought a little, and so is a candidate for minutes."""
    return Plant(at_s=at_s, steps=(PriceTo(after_s=64.0, to=7.5, over_s=400.0),))


def slump(at_s: float) -> Plant:
    """Falls by 30 % once we hold it: the stop loss sells."""
    return Plant(at_s=at_s, steps=(Completed(after_s=55.0), PriceTo(after_s=20.0, since=OURS, to=11.2)))


def test_1_life_limit_forces_out_refuses_entries_and_counts_the_violation():
    """The curve is full and its pool does not open for an hour: nothing can be sold, whatever the rule says. There is
    room for a second operation, so that a candidate is asked for at all."""
    stuck = Plant(at_s=5.0, steps=(Completed(after_s=20.0, since=OURS, migrates_s=3_400.0),))
    settings = Settings(paper=KIND, mining=replace(Settings().mining, room=2))
    stage = Stage(scripted(stuck, waiting(3_310.0)), settings=settings)
    seen = Seen(stage)
    stage.until_open().run(3_340.0)

    (fired,) = stage.of(EmergencyFired)
    assert fired.trigger is ExitReason.TIME_EXCEEDED
    violated = stage.of(CommandmentViolated)
    assert {record.commandment for record in violated} == {1}
    assert violated[0].at_s == pytest.approx(fired.at_s + 30.0, abs=1.0)
    assert "commandment" in {alert.key for alert in stage.alerts if alert.severity == "critical"}
    assert stage.gate.commandments[0].violations == 1
    assert seen.commandment(1)["violations"] == 1
    assert seen.metric("violations_total", commandment="1") == 1
    assert seen.metric("emergencies_total", trigger="time_exceeded") == 1
    refused = refusals(stage, "life")
    assert refused
    assert all(record.at_s >= fired.at_s for record in refused)
    assert seen.metric("entries_total", verdict="refused", criterion="life") >= 1
    assert seen.commandment(1)["refused"] == len(refusals(stage, "life"))

    stage.until_closed().run(12.0)
    assert stage.gate.commandments[0].compliant
    assert stage.gate.commandments[0].entries_open


def test_2_reincarnation_after_three_operations_entries_wait_for_the_rotation():
    stage = Stage(scripted(slump(5.0), slump(205.0), slump(405.0), waiting(415.0)))
    seen = Seen(stage)
    stage.until_closed(3)
    balances = {role: stage.books.balance(role) for role in Role}
    stage.until(lambda s: s.of(RotationStarted), most_s=60.0)
    rotating = stage.gate.commandments[1]
    assert not rotating.entries_open
    assert rotating.state.startswith("rotating to generation 1")
    assert seen.commandment(2)["entries_open"] is False

    stage.until(lambda s: s.of(RotationFinished), most_s=60.0).run(2.0)

    started, finished = stage.of(RotationStarted)[0], stage.of(RotationFinished)[0]
    assert finished.at_s - started.at_s < 30.0
    assert refusals(stage, "reincarnation")
    assert all(record.at_s <= finished.at_s + 1.0 for record in refusals(stage, "reincarnation"))
    assert stage.books.balance(Role.PSYCHOLOGY) == balances[Role.PSYCHOLOGY]
    assert stage.gate.commandments[1].entries_open
    assert seen.metric("entries_total", verdict="refused", criterion="reincarnation") >= 1
    assert seen.commandment(2)["refused"] == len(refusals(stage, "reincarnation"))
    assert seen.metric("rotations_total") == 1
    assert seen.metric("wallet_generation") == 1


def test_3_militia_three_losses_stop_entries_for_half_an_hour():
    early, late = waiting(420.0), waiting(2_250.0)
    stage = Stage(scripted(slump(5.0), slump(205.0), slump(405.0), early, late))
    seen = Seen(stage)
    stage.until_closed(3).run(60.0)

    assert [op.net_lamports < 0 for op in stage.books.closed] == [True] * 3
    third = stage.of(OperationClosed)[2]
    militia = stage.gate.commandments[2]
    assert (militia.state, militia.entries_open) == ("paused", False)
    assert militia.next_change_at_s == third.at_s + 1_800.0
    assert seen.commandment(3)["entries_open"] is False
    assert seen.metric("militia_cooldown_seconds") == pytest.approx(third.at_s + 1_800.0 - stage.runner.now.at_s)
    assert refusals(stage, "militia")
    assert len(stage.books.closed) == 3

    stage.until_open(most_s=2_400.0)

    (operation,) = stage.books.operations.values()
    assert operation.opened_at_s > third.at_s + 1_800.0
    assert seen.metric("entries_total", verdict="refused", criterion="militia") >= 1
    assert seen.commandment(3)["refused"] == len(refusals(stage, "militia"))


def test_4_emotional_accounting_takes_its_tenth_before_the_next_entry():
    rise = (PriceTo(after_s=20.0, since=OURS, to=8.0), CreatorSells(after_s=30.0, since=OURS))
    stage = Stage(scripted(Plant(at_s=5.0, steps=rise), waiting(20.0)))
    seen = Seen(stage)
    before = stage.books.balance(Role.PSYCHOLOGY)
    stage.until_closed()
    assert not stage.gate.commandments[3].entries_open
    assert "profits to be taxed: 1" in str(seen.commandment(4)["state"])
    stage.until_open(most_s=120.0)

    (closed,) = stage.books.closed
    assert closed.net_lamports > 0
    tax = ceil(closed.net_lamports / 10)
    (settled,) = stage.of(OperationSettled)
    assert settled.tax_lamports == tax
    assert stage.books.balance(Role.PSYCHOLOGY) == before + tax
    refused = refusals(stage, "psychology")
    assert refused
    assert closed.closed_at_s <= refused[0].at_s <= settled.at_s
    taxed = next(r for r in stage.of(OrderSettled) if r.order_id.startswith("tax."))
    assert taxed.at_s <= settled.at_s < stage.records[-1].at_s + 1.0
    assert seen.metric("entries_total", verdict="refused", criterion="psychology") >= 1
    assert seen.commandment(4)["refused"] == len(refusals(stage, "psychology"))
    assert seen.metric("tax_lamports_total") == tax
    assert seen.metric("psychology_fund_lamports") == before + tax


def test_5_battlefield_wins_over_a_profile_that_asks_for_less():
    """Forty holders are enough for these settings, and not for the commandment."""
    entry = Settings().entry
    wide = replace(entry, default=replace(entry.default, holders_min=10, quality_min=0.2))
    settings = Settings(paper=KIND, entry=wide)
    stage = Stage(script(buyers=40, buy_sol=1.0), settings=settings).run(180.0)
    seen = Seen(stage)

    against = [
        tuple(verdict.criterion for verdict in record.verdicts if verdict.outcome is Outcome.FAIL)
        for record in stage.of(CandidateJudged)
    ]
    assert ("battlefield",) in against
    assert not stage.books.admissions
    assert seen.metric("candidates_total", stage="change", verdict="fail", criterion="battlefield") >= 1
    assert seen.commandment(5)["state"] == "every entry is judged"
    assert seen.commandment(5)["refused"] == 0  # not for good yet
    stage.run(800.0)
    assert seen.commandment(5)["refused"] == 1
    enough = Stage(script(buyers=60, buy_sol=0.7), settings=settings).run(180.0)
    assert enough.books.admissions == 1
