"""A scripted token, message by message: what its watcher tells, asks and records."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.effects import Effects, Finish, Now
from core.messages import (
    CandidateGone,
    CandidateReady,
    DataEnded,
    EnterMint,
    EntryAnswered,
    FactsSeen,
    GetFacts,
    Tick,
    Undelivered,
)
from core.records import CandidateFollowed
from core.rules.entry import EntryRule
from core.rules.verdict import Outcome
from core.settings import Settings
from core.state import watcher
from core.state.watcher import State
from tests.state.tokens import MINT, SOL, Script, judged, move_on, timers, told, world


class Watched:
    """A watcher with its script and world; time goes on with the script."""

    def __init__(self, settings: Settings | None = None, **launch: Any) -> None:
        self.script = Script()
        self.now: Now = world(settings)
        self.effects: Effects
        self.state: State
        self.state, self.effects = watcher.begin(self.script.launch(**launch), self.now)

    def step(self, *messages: Any) -> Effects:
        """The effects of all of these together."""
        self.effects = ()
        for message in messages:
            move_on(self.now, self.script)
            self.state, effects = watcher.step(self.state, message, self.now)
            self.effects += effects
        return self.effects

    def wait(self, seconds: float) -> None:
        self.script.wait(seconds)

    def crowded(self, lamports: int = 7 * SOL // 10) -> "Watched":
        """Old enough and with 60 holders: every market criterion passes."""
        self.wait(30)
        self.step(*self.script.crowd(60, lamports))
        self.wait(31)
        self.step(self.script.buy("last", SOL // 10))
        return self

    def ready(self) -> "Watched":
        self.crowded().step(FactsSeen(facts=self.script.facts()))
        return self


def outcomes(effects: Effects) -> list[tuple[str, Outcome]]:
    return [(record.stage, record.outcome) for record in judged(effects)]


def failing(effects: Effects) -> set[str]:
    return {verdict.criterion for verdict in judged(effects)[-1].verdicts if verdict.outcome is Outcome.FAIL}


def test_the_first_verdict_is_recorded_at_the_creation_with_all_outcomes():
    watched = Watched()

    (first,) = judged(watched.effects)

    assert (first.stage, first.outcome, len(first.verdicts)) == ("first", Outcome.FAIL, 17)
    assert timers(watched.effects) == {"end": 901.0}


def test_when_all_market_criteria_pass_facts_are_asked_for_the_stake():
    watched = Watched().crowded()

    (question,) = told(watched.effects, "accounts")

    assert isinstance(question, GetFacts)
    assert (question.mint, question.reply_to) == (MINT, f"watcher.{MINT}")
    assert question.stake_lamports == 40_000_000
    assert outcomes(watched.effects) == [("change", Outcome.UNKNOWN)]
    assert timers(watched.effects) == {"judge": 1.0}


def test_with_good_facts_the_miner_has_a_candidate():
    watched = Watched().ready()

    (ready,) = told(watched.effects, "miner")

    assert isinstance(ready, CandidateReady)
    assert (ready.mint, ready.at_s, ready.slot) == (MINT, watched.script.at_s, watched.script.slot)
    assert ready.holders == 61
    assert all(verdict.ok for verdict in ready.verdicts)
    assert outcomes(watched.effects) == [("change", Outcome.PASS)]


def test_facts_are_asked_and_the_candidate_renewed_once_a_second_while_it_passes():
    watched = Watched().ready()
    for _ in range(3):
        watched.wait(0.5)
        assert watched.step(watched.script.buy("last", SOL // 1_000)) == ()
        watched.wait(0.5)
        assert len(told(watched.step(Tick(key="judge")), "accounts")) == 1
        assert timers(watched.effects) == {"judge": 1.0}
        renewed = watched.step(FactsSeen(facts=watched.script.facts()))
        assert [type(message) for message in told(renewed, "miner")] == [CandidateReady]
        assert judged(renewed) == []


def test_old_facts_never_make_a_candidate():
    watched = Watched().crowded()
    facts = watched.script.facts()
    watched.wait(2.5)

    assert told(watched.step(FactsSeen(facts=facts)), "miner") == []


def test_a_candidate_whose_facts_stay_away_is_one_no_more():
    watched = Watched().ready()
    watched.wait(1)
    watched.step(Tick(key="judge"))
    watched.wait(1.5)

    assert told(watched.step(Tick(key="judge")), "miner") == [CandidateGone(mint=MINT)]


def test_a_candidate_that_collapses_is_gone_at_once():
    watched = Watched().ready()
    watched.script.held["whale"] = sum(watched.script.held.values()) // 2
    watched.wait(0.1)

    effects = watched.step(watched.script.sell("whale"))

    assert told(effects, "miner") == [CandidateGone(mint=MINT)]
    assert outcomes(effects) == [("change", Outcome.FAIL)]
    assert "emergency" in failing(effects)


def test_a_honeypot_is_refused_for_good():
    watched = Watched().crowded()

    effects = watched.step(FactsSeen(facts=watched.script.facts(freeze_authority=True)))

    assert outcomes(effects) == [("last", Outcome.FAIL)]
    assert timers(effects) == {"follow": 300.0}


def test_a_creator_that_trades_again_is_refused_for_good_and_a_candidate_withdrawn():
    watched = Watched().ready()
    watched.wait(0.1)

    effects = watched.step(watched.script.buy("creator", SOL // 100))

    assert outcomes(effects) == [("last", Outcome.FAIL)]
    assert told(effects, "miner") == [CandidateGone(mint=MINT)]


def test_a_silent_token_ends_by_its_timer_just_after_15_minutes():
    watched = Watched()
    watched.wait(901)

    effects = watched.step(Tick(key="end"))

    assert outcomes(effects) == [("last", Outcome.FAIL)]
    assert "age" in failing(effects)
    assert watched.state.token is None


@pytest.mark.parametrize("launch", [{"mayhem": True}, {"quote_mint": "usdc"}])
def test_what_cannot_be_traded_is_refused_at_its_creation(launch):
    watched = Watched(**launch)

    assert outcomes(watched.effects) == [("first", Outcome.FAIL), ("last", Outcome.FAIL)]
    assert watched.state.token is None


def test_a_refused_tokens_price_is_recorded_5_15_and_55_minutes_later():
    watched = Watched(mayhem=True)
    start = watched.state.price
    followed: list[Any] = []
    effects: Effects = ()
    for wait_s, left in ((300, {"follow": 600.0}), (600, {"follow": 2_400.0}), (2_400, {})):
        watched.step(watched.script.buy("someone", SOL))
        watched.wait(wait_s)
        effects = watched.step(Tick(key="follow"))
        assert timers(effects) == left
        followed += [effect.record for effect in effects if hasattr(effect, "record")]

    price = watched.script.curve.virtual_quote / watched.script.curve.virtual_base
    assert [type(record) for record in followed] == [CandidateFollowed] * 3
    assert [record.after_s for record in followed] == [300, 900, 3_300]
    assert followed[-1].price == price
    assert followed[-1].change == pytest.approx(price / start - 1)
    assert effects[-1] == Finish()


def test_the_one_that_is_taken_ends_with_the_verdict_it_was_taken_by():
    watched = Watched().ready()

    effects = watched.step(EntryAnswered(mint=MINT, admitted=True, verdicts=()))

    (last,) = judged(effects)
    assert (last.stage, last.outcome) == ("last", Outcome.PASS)
    assert last.verdicts[-1].reason == "taken"
    assert timers(effects) == {"escort": 1.0}
    assert told(effects, "miner") == []


def test_at_the_end_of_a_recording_the_last_verdict_is_written():
    watched = Watched().ready()

    effects = watched.step(DataEnded(mint=MINT, at_s=watched.script.at_s, slot=watched.script.slot))

    assert outcomes(effects) == [("last", Outcome.PASS)]
    assert effects[-1] == Finish()


def test_a_person_who_asks_why_is_told_all_verdicts():
    watched = Watched()
    wish = EnterMint(mint=MINT, by="somebody", reply_to="miner")

    (answer,) = told(watched.step(wish), "miner")

    assert not answer.admitted
    assert "age" in {verdict.criterion for verdict in answer.verdicts if not verdict.ok}

    watched.wait(901)
    watched.step(Tick(key="end"))
    (answer,) = told(watched.step(wish), "miner")
    assert answer.verdicts[0].reason == "refused for good"


def test_a_question_that_nobody_could_take_changes_nothing():
    watched = Watched().crowded()
    (question,) = told(watched.effects, "accounts")

    assert watched.step(Undelivered(to="accounts", command=question, full=False)) == ()


def test_a_gap_leaves_the_holders_unknown_for_good():
    watched = Watched()
    watched.wait(30)
    watched.step(*watched.script.crowd(), watched.script.buy("late", SOL // 10, skipped=3))
    watched.wait(31)

    watched.step(watched.script.buy("last", SOL // 10))

    assert told(watched.effects, "accounts") == []
    verdicts = {v.criterion: v.outcome for v in judged(watched.effects)[-1].verdicts}
    assert verdicts["holders"] is verdicts["creator"] is Outcome.UNKNOWN


def test_recorded_needs_no_facts():
    watched = Watched(Settings(entry=EntryRule(profile="recorded")), skipped=1).crowded(11 * SOL // 10)

    assert told(watched.effects, "accounts") == []
    assert [message.mint for message in told(watched.effects, "miner")] == [MINT]


def test_a_pass_that_a_burst_hid_is_found_a_second_later():
    watched = Watched()
    watched.wait(61)
    *early, last = watched.script.crowd(50)
    watched.step(*early)
    watched.wait(0.2)

    assert timers(watched.step(last)) == {"judge": pytest.approx(0.8)}
    watched.wait(0.8)
    assert len(told(watched.step(Tick(key="judge")), "accounts")) == 1


def test_changes_are_recorded_and_not_every_number():
    watched = Watched()
    watched.wait(30)
    records = judged(watched.step(*watched.script.crowd(400, SOL // 50)))
    watched.wait(40)
    records += judged(watched.step(*[watched.script.buy("x", SOL // 50) for _ in range(400)]))

    assert 0 < len(records) < 8


def test_100000_distinct_traders_leave_a_small_watcher():
    watched = Watched()
    trade = watched.script.buy("x", SOL)
    for i in range(100_000):
        watched.state, _ = watcher.step(
            watched.state, replace(trade, trader=f"owner{i}", signature=str(i)), watched.now
        )

    assert watched.state.token is not None
    assert watched.state.token.holders.nets is None
    assert len(watched.state.token.prices.past) + len(watched.state.token.liquidities.past) < 10


def test_what_was_refused_keeps_nothing_to_judge_by():
    watched = Watched().ready()
    watched.wait(901)
    watched.step(Tick(key="end"))

    assert (watched.state.token, watched.state.passed) == (None, None)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell", "tick", "facts", "bad facts"]), st.integers(0, 70), st.integers(0, 1_999)
    ),
    max_size=60,
)


def play(steps: list[tuple[str, int, int]]) -> list[Effects]:
    watched = Watched()
    watched.wait(45)
    heard = [watched.effects, watched.step(*watched.script.crowd(55))]
    for kind, who, millis in steps:
        watched.wait(millis / 1_000)
        script, trader = watched.script, f"{MINT}.buyer{who}"
        if kind == "buy" or (kind == "sell" and not script.held.get(trader)):
            heard.append(watched.step(script.buy(trader, SOL // 10)))
        elif kind == "sell":
            heard.append(watched.step(script.sell(trader)))
        elif kind == "tick":
            heard.append(watched.step(Tick(key="judge")))
        else:
            heard.append(watched.step(FactsSeen(facts=script.facts(mint_authority=kind == "bad facts"))))
    return heard


@given(STEPS)
def test_the_same_messages_have_the_same_effects_and_candidates_come_and_go_in_turn(steps):
    heard = play(steps)

    assert play(steps) == heard
    ready = False
    for effects in heard:
        for message in told(effects, "miner"):
            assert ready or isinstance(message, CandidateReady)
            ready = isinstance(message, CandidateReady)
    stages = [record.stage for effects in heard for record in judged(effects)]
    assert stages[0] == "first"
    assert "last" not in stages[:-1]
