"""A strategy's say about a token: one more verdict after all of the rules', and a score; never a pass for a fail."""

from msgspec.structs import replace

from core.effects import Now
from core.hearing import Hearing
from core.messages import CandidateReady, RaiseAlert
from core.rules.verdict import Outcome, Verdict
from core.state import miner, opinion, token, watcher
from core.strategy import Candidate, Holding, Leave, MicroLightning, Opinion
from tests.state.tokens import MINT, Script, candidate, judged, move_on, told, world


class Fixed:
    """Has this opinion of every token; None = it raises."""

    name = "Fixed"

    def __init__(self, opinion: Opinion | None):
        self.opinion = opinion
        self.seen: list[Candidate] = []

    def weigh(self, candidate: Candidate) -> Opinion:
        self.seen.append(candidate)
        if self.opinion is None:
            raise ValueError("no idea")
        return self.opinion

    def leave(self, holding: Holding) -> Leave | None:
        return None


def passing(strategy: Fixed | MicroLightning) -> tuple[Script, Now, token.Token]:
    """A token that passes every rule, in a world with this strategy."""
    script = Script()
    now = world()
    now.strategy = Hearing(strategy)
    seen = token.begin(script.launch())
    script.wait(70.0)
    for trade in script.crowd():
        token.traded(seen, trade, owners_kept=2_000, span_s=60.0)
    move_on(now, script)
    seen.seen_at_s = now.at_s
    token.learned(seen, script.facts())
    return script, now, seen


def test_a_token_that_passes_and_is_liked_carries_the_score():
    strategy = Fixed(Opinion(score=0.7))
    _, now, seen = passing(strategy)

    weighed = opinion.judged(seen, now)

    assert weighed.judgement.outcome is Outcome.PASS
    assert weighed.score == 0.7
    shown = strategy.seen[0]
    assert (shown.mint, shown.holders, shown.reentry) == (MINT, 60, False)
    assert shown.liquidity_lamports == seen.reserves.real_quote


def test_a_veto_is_a_failed_verdict_with_its_reason_and_facts_are_still_asked_for():
    _, now, seen = passing(Fixed(Opinion(score=0.7, outcome=Outcome.FAIL, reason="too loud")))

    judgement = opinion.judged(seen, now).judgement

    assert judgement.outcome is Outcome.FAIL
    assert judgement.verdicts[-1] == Verdict.failed("strategy", "too loud")
    assert judgement.failing == ("strategy",)
    assert judgement.market_passes
    assert not judgement.final


def test_a_fault_is_unknown_and_told():
    _, now, seen = passing(Fixed(None))

    weighed = opinion.judged(seen, now)

    assert weighed.judgement.outcome is Outcome.UNKNOWN
    assert weighed.judgement.verdicts[-1].outcome is Outcome.UNKNOWN
    (alert,) = told(weighed.told, "notifier")
    assert isinstance(alert, RaiseAlert)
    assert (alert.key, alert.mint) == ("strategy_fault", MINT)
    assert "ValueError: no idea" in alert.text


def test_a_token_that_the_rules_refuse_is_never_shown_to_it():
    strategy = Fixed(Opinion(score=1e9))
    _, now, seen = passing(strategy)
    seen.creator_transactions = 2

    judgement = opinion.judged(seen, now).judgement

    assert judgement.outcome is Outcome.FAIL
    assert strategy.seen == []


def test_the_watcher_tells_the_miner_only_of_what_the_strategy_likes():
    for said, ready in ((Opinion(score=0.3), True), (Opinion(score=0.3, outcome=Outcome.UNKNOWN), False)):
        script, now, _ = passing(Fixed(said))
        fresh = Script()
        state, _ = watcher.begin(fresh.launch(), world())
        assert state.token is not None
        fresh.wait(70.0)
        for trade in fresh.crowd():
            token.traded(state.token, trade, owners_kept=2_000, span_s=60.0)
        move_on(now, fresh)
        state.token.seen_at_s = now.at_s
        token.learned(state.token, fresh.facts())
        effects = watcher._judge(state, state.token, now, fresh=True)
        candidates = [one for one in told(effects, "miner") if isinstance(one, CandidateReady)]
        assert [one.score for one in candidates] == ([0.3] if ready else [])
        assert judged(effects)[0].outcome is said.outcome
        assert script.mint == fresh.mint


def test_the_miner_ranks_by_the_score_and_by_quality_less_risk_without_one():
    now = world()
    state, _ = miner.begin(now)
    best = replace(candidate("b", quality=0.4), score=2.0)
    for one in (replace(candidate("a", quality=0.9), score=1.0), best, candidate("c", quality=0.5, risk=0.1)):
        miner.step(state, one, now)

    ranking = miner.view(state).ranking
    assert [(one.mint, one.score) for one in ranking] == [("b", 2.0), ("a", 1.0), ("c", 0.4)]


def test_more_of_what_we_hold_needs_its_pass_too():
    strategy = Fixed(Opinion(score=0.0, outcome=Outcome.FAIL, reason="once is enough"))
    _, now, seen = passing(strategy)
    sight = token.sight(seen, now)
    judgement = opinion.judged(seen, now).judgement
    passed = (Verdict.passed("holders"),)

    verdicts, _ = opinion.of_more(passed, seen, sight, judgement, now)

    assert verdicts == (*passed, Verdict.failed("strategy", "once is enough"))
    assert strategy.seen[-1].reentry
    barred = (Verdict.failed("holders"),)
    assert opinion.of_more(barred, seen, sight, judgement, now) == (barred, ())
