from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.quality import QualityRule, quality_score

RULE = QualityRule()


def score(liquidity_usd=0.0, holders=0, volume_usd=0.0, social=0.0):
    return quality_score(RULE, liquidity_usd=liquidity_usd, holders=holders, volume_usd=volume_usd, social=social)


@pytest.mark.parametrize(
    ("part", "worth"),
    [
        ({"liquidity_usd": 5_000}, 0.30),
        ({"liquidity_usd": 4_999}, 0.20),
        ({"liquidity_usd": 2_500}, 0.20),
        ({"liquidity_usd": 2_499}, 0.0),
        ({"holders": 100}, 0.20),
        ({"holders": 99}, 0.10),
        ({"holders": 50}, 0.10),
        ({"holders": 49}, 0.0),
        ({"volume_usd": 10_000}, 0.20),
        ({"volume_usd": 9_999}, 0.10),
        ({"volume_usd": 5_000}, 0.10),
        ({"volume_usd": 4_999}, 0.0),
        ({"social": 0.5}, 0.15),
    ],
)
def test_each_part_is_worth_what_the_rule_says(part, worth):
    assert score(**part) == worth


def test_without_a_social_source_the_other_parts_fill_the_whole():
    assert score(5_000, 100, 10_000, social=None) == 1.0
    assert score(2_500, 50, 0, social=None) == pytest.approx(0.3 / 0.7)


def test_tenths_add_up_so_that_a_bound_of_0_4_is_reached():
    assert score(5_000, 50) >= 0.4
    assert score(2_500, 50, 5_000) >= 0.4


def test_what_is_unknown_is_worth_nothing():
    assert score(None, None, None, social=0.0) == 0.0


VALUES = st.none() | st.integers(0, 20_000)


@given(VALUES, VALUES, VALUES, st.none() | st.integers(0, 10))
def test_the_score_equals_a_sum_of_exact_fractions(liquidity, holders, volume, social):
    total = Fraction(0)
    for value, high_at, high, fair_at, fair in (
        (liquidity, 5_000, 30, 2_500, 20),
        (holders, 100, 20, 50, 10),
        (volume, 10_000, 20, 5_000, 10),
    ):
        steps = [(high_at, high), (fair_at, fair)]
        total += next((Fraction(worth, 100) for at, worth in steps if value is not None and value >= at), 0)
    total = total / Fraction(7, 10) if social is None else total + Fraction(3, 10) * Fraction(social, 10)

    measured = score(liquidity, holders, volume, None if social is None else social / 10)

    assert measured == pytest.approx(float(total), abs=1e-9)
    assert 0 <= measured <= 1
