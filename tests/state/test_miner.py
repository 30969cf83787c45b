from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.effects import Effects, Offer, Write
from core.ledger.books import OpenOrder, Operation
from core.messages import (
    CandidateGone,
    CandidateReady,
    EnterMint,
    EntryAnswered,
    Order,
    RequestEntry,
    Tick,
    Undelivered,
)
from core.records import EntryDecided
from core.rules.mining import MiningRule
from core.rules.verdict import Verdict
from core.settings import Settings
from core.state import miner
from core.types import Purpose, Role
from tests.state.tokens import START_S, candidate, timers, told, world

TICK = Tick(key="rank")
PAUSED = (Verdict.passed("room"), Verdict.failed("militia", "three losses in a row"))
STALE = (Verdict.passed("militia"), Verdict.unknown("fresh", "judged 2.4 s ago"))


class Mine:
    """A miner in its world."""

    def __init__(self, rule: MiningRule | None = None) -> None:
        self.now = world(Settings(mining=rule if rule is not None else MiningRule()))
        self.state, self.effects = miner.begin(self.now)

    def step(self, *messages: Any) -> Effects:
        self.effects = ()
        for message in messages:
            self.state, effects = miner.step(self.state, message, self.now)
            self.effects += effects
        return self.effects

    def candidates(self, **qualities: float) -> None:
        """Fresh sights of these candidates."""
        for mint, quality in qualities.items():
            self.step(candidate(mint, at_s=self.now.at_s, quality=quality))

    def tick(self) -> list[str]:
        """Mints asked for a second later, every candidate being renewed in between."""
        self.now.at_s += 1.0
        for known in list(self.state.candidates.values()):
            self.step(replace(known, at_s=self.now.at_s))
        return [request.candidate.mint for request in told(self.step(TICK), "commandments")]

    def answer(self, mint: str, verdicts: tuple[Verdict, ...] = (), *, admitted: bool = False) -> Effects:
        return self.step(EntryAnswered(mint=mint, admitted=admitted, verdicts=verdicts))


def decided(effects: Effects) -> list[EntryDecided]:
    records = [effect.record for effect in effects if isinstance(effect, Write)]
    return [record for record in records if isinstance(record, EntryDecided)]


def test_once_a_second_the_best_by_quality_less_risk_is_put_before_the_gate():
    mine = Mine()
    assert timers(mine.effects) == {"rank": 1.0}
    mine.candidates(a=0.5, b=0.9, c=0.9)

    (request,) = told(mine.step(TICK), "commandments")

    assert isinstance(request, RequestEntry)
    assert (request.candidate.mint, request.by, request.deadline_s) == ("b", "miner", START_S + 2.0)
    assert timers(mine.effects) == {"rank": 1.0}


def test_one_wish_at_a_time():
    mine = Mine()
    mine.candidates(a=0.5, b=0.9)

    assert [mine.tick() for _ in range(3)] == [["b"], [], []]


def test_without_room_nothing_is_asked():
    mine = Mine()
    mine.candidates(a=0.5)
    held = Operation(id="op1", mint="held", symbol="", opened_at_s=0.0, entry_price=1.0)
    mine.now.books = replace(mine.now.books, operations={"op1": held})

    assert mine.tick() == []


def test_a_sight_older_than_2_seconds_is_not_entered():
    mine = Mine()
    mine.candidates(a=0.5)

    mine.now.at_s += 2.1
    assert told(mine.step(TICK), "commandments") == []


def test_one_refused_for_its_own_sake_stands_behind_the_others():
    mine = Mine()
    mine.candidates(a=0.5, b=0.9)

    asked = []
    for _ in range(4):
        asked += mine.tick()
        mine.answer(asked[-1], STALE)

    assert asked == ["b", "a", "b", "a"]


def test_a_refusal_that_would_meet_anybody_changes_no_rank():
    mine = Mine()
    mine.candidates(a=0.5, b=0.9)

    asked = []
    for _ in range(3):
        asked += mine.tick()
        mine.answer(asked[-1], PAUSED)

    assert asked == ["b", "b", "b"]


def test_a_candidate_that_is_gone_comes_back_without_its_refusals():
    mine = Mine()
    mine.candidates(a=0.5, b=0.9)
    mine.tick()
    mine.answer("b", STALE)

    mine.step(CandidateGone(mint="b"))
    assert mine.state.candidates.keys() == {"a"}
    mine.candidates(b=0.9)
    assert mine.tick() == ["b"]


def test_the_admitted_ones_watcher_is_told_and_it_takes_room_before_the_books_show_it():
    mine = Mine()
    mine.candidates(a=0.5, b=0.9)
    mine.tick()

    effects = mine.answer("b", admitted=True)

    assert effects == (Offer("watcher.b", EntryAnswered(mint="b", admitted=True, verdicts=())),)
    assert mine.state.candidates.keys() == {"a"}
    assert mine.tick() == []


def test_room_for_two_is_filled_one_after_the_other():
    mine = Mine(MiningRule(room=2))
    mine.candidates(a=0.5, b=0.9, c=0.7)
    assert mine.tick() == ["b"]
    mine.answer("b", admitted=True)
    order = Order(id="entry.op1.1", purpose=Purpose.ENTRY, role=Role.LIGHTNING, payer=Role.LIGHTNING, mint="b")
    mine.now.books = replace(mine.now.books, orders={order.id: OpenOrder(order=order, at_s=START_S)})

    assert mine.tick() == ["c"]
    mine.answer("c", admitted=True)
    assert mine.tick() == []


def test_an_admitted_entry_that_never_showed_leaves_its_room_after_10_seconds():
    mine = Mine()
    mine.candidates(a=0.5, b=0.9)
    mine.tick()
    mine.answer("b", admitted=True)

    assert [mine.tick() for _ in range(10)] == [[]] * 9 + [["a"]]


def test_a_gate_that_never_answers_is_asked_again_after_10_seconds():
    mine = Mine()
    mine.candidates(a=0.5)

    assert [mine.tick() for _ in range(11)] == [["a"]] + [[]] * 9 + [["a"]]


def test_a_gate_that_is_down_is_asked_again_at_the_next_tick():
    mine = Mine()
    mine.candidates(a=0.5)
    (request,) = told(mine.step(TICK), "commandments")

    mine.step(Undelivered(to="commandments", command=request, full=False))

    assert mine.tick() == ["a"]


def test_candidates_are_bounded_and_the_worst_goes():
    mine = Mine(MiningRule(candidates_kept=3))
    mine.candidates(a=0.5, b=0.4, c=0.9, d=0.6, e=0.1)

    assert mine.state.candidates.keys() == {"a", "c", "d"}


def test_a_person_may_ask_for_one_mint_and_it_goes_before_the_gate_at_once():
    mine = Mine()
    mine.candidates(a=0.5, b=0.9)

    (request,) = told(mine.step(EnterMint(mint="a", by="alice", reply_to="panel")), "commandments")
    assert (request.candidate.mint, request.by) == ("a", "alice")

    answered = EntryAnswered(mint="a", admitted=False, verdicts=PAUSED)
    assert told(mine.step(answered), "panel") == [answered]


def test_a_person_who_names_none_gets_the_best():
    mine = Mine()
    mine.candidates(a=0.5, b=0.9)

    (request,) = told(mine.step(EnterMint(mint="", by="alice")), "commandments")

    assert request.candidate.mint == "b"


def test_for_a_mint_that_is_no_candidate_its_watcher_says_why_not():
    mine = Mine()
    wish = EnterMint(mint="x", by="alice", reply_to="panel")
    assert mine.step(wish) == (Offer("watcher.x", EnterMint(mint="x", by="alice", reply_to="miner")),)

    young = (Verdict.failed("age", "0.5 min old"),)
    effects = mine.answer("x", young)

    (record,) = decided(effects)
    assert (record.mint, record.by, record.admitted, record.verdicts) == ("x", "alice", False, young)
    assert told(effects, "panel") == [EntryAnswered(mint="x", admitted=False, verdicts=young)]


def test_a_mint_that_nobody_watches_is_refused_within_a_second():
    mine = Mine()
    mine.step(EnterMint(mint="x", by="alice"))
    mine.now.at_s += 1.0

    (record,) = decided(mine.step(TICK))

    assert record.verdicts[0].reason == "nobody watches this token"


def test_a_wish_is_refused_with_its_reason_while_there_is_no_room_or_no_candidate_or_another_wish():
    mine = Mine()
    reasons = [decided(mine.step(EnterMint(mint="", by="alice")))[0].verdicts[0].reason]
    mine.candidates(a=0.5)
    mine.step(TICK)
    reasons.append(decided(mine.step(EnterMint(mint="a", by="alice")))[0].verdicts[0].reason)
    mine.answer("a", admitted=True)
    reasons.append(decided(mine.step(EnterMint(mint="b", by="alice")))[0].verdicts[0].reason)

    assert reasons == ["no token passes now", "another wish is being answered", "no room for another position"]


def test_one_that_passes_but_is_no_candidate_yet_is_not_admitted_by_its_watchers_word():
    mine = Mine()
    mine.step(EnterMint(mint="x", by="alice"))

    (record,) = decided(mine.answer("x", (Verdict.passed("age"),)))

    assert not record.verdicts[-1].ok


SCORES = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 10), st.integers(0, 10)), max_size=12)


@given(SCORES, st.sampled_from([1, 2, 3]))
def test_the_choice_is_the_best_of_a_plain_list(sights, room):
    mine = Mine(MiningRule(room=room))
    newest: dict[str, CandidateReady] = {}
    for mint, quality, risk in sights:
        newest[mint] = candidate(mint, at_s=START_S, quality=quality / 10, risk=risk / 10)
        mine.step(newest[mint])

    chosen = [request.candidate for request in told(mine.step(TICK), "commandments")]

    scores = {mint: round(10 * (one.quality - one.risk)) for mint, one in newest.items()}
    best = [mint for mint in sorted(scores) if scores[mint] == max(scores.values())][:1]
    assert [one.mint for one in chosen] == best
