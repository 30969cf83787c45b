import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.canary import Canary, CanaryRule, due, entry_verdict, judged
from core.rules.verdict import Outcome

RULE = CanaryRule()
NOW_S = 50_000.0


def answer(error: str | None, *, lamports: int = 1_000_000) -> Canary:
    return judged(at_s=NOW_S, error=error, lamports=lamports, needed_lamports=500_000)


def test_it_is_asked_at_the_start_and_every_ten_minutes():
    assert due(RULE, Canary(), now_s=0.0)
    assert not due(RULE, answer(""), now_s=NOW_S + 599.9)
    assert due(RULE, answer(""), now_s=NOW_S + 600.0)


def test_a_smallest_buy_and_sell_that_go_through_let_entries_pass():
    assert entry_verdict(RULE, answer(""), now_s=NOW_S).ok


@pytest.mark.parametrize("error", ["custom program error: 0x1770", "AccountDidNotDeserialize", "NotEnoughAccountKeys"])
def test_a_program_or_layout_error_halts_entries(error: str):
    verdict = entry_verdict(RULE, answer(error), now_s=NOW_S)
    assert verdict.outcome is Outcome.FAIL
    assert error in verdict.reason


def test_unfunded_is_unknown_and_no_error_of_the_program():
    assert answer("AccountDidNotDeserialize", lamports=499_999).outcome is Outcome.UNKNOWN
    assert answer("insufficient funds for rent").outcome is Outcome.UNKNOWN


def test_no_answer_and_an_answer_of_half_an_hour_ago_are_unknown():
    assert answer(None).outcome is Outcome.UNKNOWN
    assert entry_verdict(RULE, answer(""), now_s=NOW_S + 1_800.1).outcome is Outcome.UNKNOWN


def test_once_seen_broken_it_stays_so_until_it_is_seen_well():
    assert entry_verdict(RULE, answer("layout"), now_s=NOW_S + 86_400.0).outcome is Outcome.FAIL


@given(st.one_of(st.none(), st.text(max_size=20)), st.integers(0, 2_000_000), st.floats(0.0, 1e6))
def test_only_a_funded_fresh_and_clean_answer_passes(error: str | None, lamports: int, age_s: float):
    verdict = entry_verdict(RULE, answer(error, lamports=lamports), now_s=NOW_S + age_s)
    assert verdict.ok is (error == "" and lamports >= 500_000 and NOW_S + age_s - NOW_S <= 1_800.0)
