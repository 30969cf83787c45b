from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.risk import RiskRule, risk_score

RULE = RiskRule()
CALM = {"age_s": 900.0, "liquidity_usd": 5_000.0, "holders": 100, "creator_transactions": 1}


def risk(**changes):
    return risk_score(RULE, **{**CALM, **changes})


@pytest.mark.parametrize(
    ("change", "worth"),
    [
        ({}, 0.0),
        ({"age_s": 299}, 0.3),
        ({"age_s": 300}, 0.2),
        ({"age_s": 600}, 0.1),
        ({"age_s": 900}, 0.0),
        ({"liquidity_usd": 999}, 0.4),
        ({"liquidity_usd": 1_000}, 0.2),
        ({"liquidity_usd": 2_500}, 0.0),
        ({"holders": 24}, 0.3),
        ({"holders": 25}, 0.1),
        ({"holders": 50}, 0.0),
        ({"creator_transactions": 2}, 0.2),
        ({"social_source": True, "sentiment": 0.29}, 0.2),
        ({"social_source": True, "sentiment": 0.3}, 0.0),
        ({"sentiment": -1.0}, 0.0),
        ({"honeypot_failed": True}, 1.0),
    ],
)
def test_each_danger_adds_what_the_rule_says(change, worth):
    assert risk(**change) == worth


def test_the_risk_is_capped_at_1():
    assert risk(age_s=0, liquidity_usd=0, holders=0, creator_transactions=5, honeypot_failed=True) == 1.0


def test_unknown_counts_as_the_worst_and_what_is_not_judged_as_nothing():
    assert risk(liquidity_usd=None) == 0.4
    assert risk(holders=None, creator_transactions=None) == 0.5
    assert risk(holders=None, creator_transactions=None, holders_judged=False, creator_judged=False) == 0.0


def test_tenths_add_up_so_that_a_bound_of_0_6_is_not_passed_over():
    assert risk(age_s=0, liquidity_usd=2_000, holders=49) <= 0.6
    assert risk(age_s=0, holders=49, creator_transactions=2) <= 0.6


@given(
    st.integers(0, 1_200),
    st.none() | st.integers(0, 5_000),
    st.none() | st.integers(0, 100),
    st.none() | st.integers(1, 3),
    st.booleans(),
)
def test_the_risk_equals_a_sum_of_exact_tenths(age_s, liquidity, holders, transactions, trapped):
    def step(value: int | None, steps: list[tuple[int, int]]) -> int:
        return next((worth for bound, worth in steps if value is None or value < bound), 0)

    tenths: int = (
        step(age_s, [(300, 3), (600, 2), (900, 1)])
        + step(liquidity, [(1_000, 4), (2_500, 2)])
        + step(holders, [(25, 3), (50, 1)])
        + (2 if transactions is None or transactions > 1 else 0)
        + (10 if trapped else 0)
    )

    measured = risk(
        age_s=age_s,
        liquidity_usd=liquidity,
        holders=holders,
        creator_transactions=transactions,
        honeypot_failed=trapped,
    )

    assert measured == float(Fraction(min(tenths, 10), 10))
