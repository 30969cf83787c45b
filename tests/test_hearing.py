"""Whatever a strategy does, the machines get an answer in form or a fault that is counted, and never an exception."""

from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from commands.strategies import CANDIDATES, HOLDINGS
from core.hearing import Fault, Hearing, Overrun
from core.rules.verdict import Outcome
from core.strategy import Leave, MicroLightning, Opinion

CANDIDATE, HOLDING = CANDIDATES[0], HOLDINGS[0]
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.tuples(st.floats(), st.text())
)


class Says:
    """Answers what it is told to answer, or raises it."""

    name = "Says"

    def __init__(self, answer: Any):
        self.answer = answer

    def weigh(self, candidate: Any) -> Any:
        return self._said()

    def leave(self, holding: Any) -> Any:
        return self._said()

    def _said(self) -> Any:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class Mute(Exception):
    @override
    def __str__(self):
        raise ValueError("no text either")


class Sly(Opinion, frozen=True):
    """An Opinion in name."""


class Verdicts(Enum):
    PASS = "pass"


def test_micro_lightning_ranks_by_quality_less_risk_and_leaves_exits_to_the_rules():
    hearing = Hearing()

    heard = hearing.weigh(CANDIDATE)

    assert heard.opinion == Opinion(score=CANDIDATE.quality - CANDIDATE.risk)
    assert hearing.leave(HOLDING).leave is None
    assert hearing.name == MicroLightning.name
    assert not hearing.faults


@pytest.mark.parametrize(
    "error", [ValueError("boom"), SystemExit(3), GeneratorExit(), RecursionError(), Mute(), KeyError(3)]
)
def test_what_it_raises_is_counted_and_named(error: BaseException):
    hearing = Hearing(Says(error))

    assert type(error).__name__ in hearing.weigh(CANDIDATE).fault
    assert type(error).__name__ in hearing.leave(HOLDING).fault
    assert hearing.faults == {Fault.RAISED: 2}


def test_ctrl_c_is_the_persons_and_goes_through():
    with pytest.raises(KeyboardInterrupt):
        Hearing(Says(KeyboardInterrupt())).weigh(CANDIDATE)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        0.5,
        Opinion(score=float("nan")),
        Opinion(score=float("inf")),
        Opinion(score=10**400),
        Opinion(score=True),
        Opinion(score="much"),  # type: ignore[arg-type]
        Opinion(score=1.0, outcome="pass"),  # type: ignore[arg-type]
        Opinion(score=1.0, outcome=Verdicts.PASS),  # type: ignore[arg-type]
        Opinion(score=1.0, reason=None),  # type: ignore[arg-type]
        Sly(score=1.0),
    ],
)
def test_what_is_no_opinion_is_nonsense(answer: Any):
    hearing = Hearing(Says(answer))

    heard = hearing.weigh(CANDIDATE)

    assert heard.opinion is None
    assert heard.fault
    assert hearing.faults == {Fault.NONSENSE: 1}


@pytest.mark.parametrize("sold", [0.0, -0.1, 1.0001, float("nan"), float("inf"), True, "all", None])
def test_only_a_share_above_nothing_and_at_most_everything_can_be_sold(sold: Any):
    hearing = Hearing(Says(Leave(sold=sold, reason="")))

    assert hearing.leave(HOLDING).leave is None
    assert hearing.faults == {Fault.NONSENSE: 1}


@given(answer=ANYTHING, score=ANYTHING, reason=ANYTHING)
def test_an_opinion_that_is_heard_is_one_whatever_was_said(answer: Any, score: Any, reason: Any):
    for said in (answer, Opinion(score=score, reason=reason), Leave(sold=score, reason=reason)):
        hearing = Hearing(Says(said))
        heard, left = hearing.weigh(CANDIDATE), hearing.leave(HOLDING)
        assert (heard.opinion is None) == bool(heard.fault)
        if heard.opinion is not None:
            assert abs(heard.opinion.score) <= 1e9
            assert isinstance(heard.opinion.outcome, Outcome)
        if left.leave is not None:
            assert 0 < left.leave.sold <= 1
        assert sum(hearing.faults.values()) == bool(heard.fault) + bool(left.fault)


def test_reasons_are_shortened_and_made_harmless():
    heard = Hearing(Says(Opinion(score=1.0, reason="\x1b[31mred\u202e" + "x" * 1_000))).weigh(CANDIDATE)

    assert heard.opinion is not None
    assert heard.opinion.reason == "red" + "x" * 197


def slowly(call: Any) -> tuple[object, float]:
    return call(), 0.051


def test_in_real_time_a_late_answer_is_not_used():
    hearing = Hearing(MicroLightning(), timed=slowly)

    assert "51 ms of 50" in hearing.weigh(CANDIDATE).fault
    assert hearing.faults == {Fault.SLOW: 1}


def test_on_the_virtual_clock_a_late_answer_is_counted_and_used():
    hearing = Hearing(MicroLightning(), timed=slowly, late_counts=True)

    assert hearing.weigh(CANDIDATE).opinion is not None
    assert hearing.faults == {Fault.SLOW: 1}


def test_an_answer_that_does_not_come_is_cut_off():
    def never(_: Any) -> tuple[object, float]:
        raise Overrun

    assert Hearing(MicroLightning(), timed=never).leave(HOLDING).fault
