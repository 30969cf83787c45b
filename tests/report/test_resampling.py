from math import sqrt
from statistics import NormalDist, fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.report.resampling import (
    Interval,
    deflated_sharpe,
    grouped_interval,
    mean_interval,
    quantile,
    share_interval,
    sharpe,
    survivors,
)


def test_the_same_seed_gives_the_same_interval():
    values = [1.0, -2.0, 3.0, 0.5]

    assert mean_interval(values, 7) == mean_interval(values, 7)


def test_the_bootstrap_interval_is_near_the_normal_one_for_many_values():
    values = [NormalDist(5.0, 2.0).inv_cdf((place + 0.5) / 400) for place in range(400)]
    half = 1.96 * pstdev(values) / sqrt(len(values))

    interval = mean_interval(values, 1)

    assert interval is not None
    assert interval.low == pytest.approx(5.0 - half, abs=0.03)
    assert interval.high == pytest.approx(5.0 + half, abs=0.03)


def test_one_value_says_nothing_of_spread():
    assert mean_interval([1.0], 1) is None
    assert sharpe([1.0]) is None
    assert deflated_sharpe([0.1, 0.1], 1) is None


def test_values_that_hang_together_leave_the_mean_less_sure():
    groups = [[10.0] * 20, [-5.0] * 20, [8.0] * 20, [-7.0] * 20, [1.0] * 20]
    loose = mean_interval([value for group in groups for value in group], 1)
    grouped = grouped_interval(groups, 1)

    assert loose is not None
    assert grouped is not None
    assert grouped.low < loose.low < loose.high < grouped.high
    assert grouped_interval([[1.0, 2.0]], 1) is None


def test_wilsons_interval_of_eight_of_ten():
    interval = share_interval(8, 10)

    assert interval is not None
    assert (round(interval.low, 3), round(interval.high, 3)) == (0.490, 0.943)
    assert share_interval(0, 0) is None


@given(st.integers(0, 50), st.integers(1, 50))
def test_a_share_lies_in_its_interval(hits: int, more: int):
    interval = share_interval(hits, hits + more)

    assert interval is not None
    assert Interval(0.0, 1.0).low <= interval.low <= hits / (hits + more) <= interval.high <= 1.0


def test_who_never_loses_survives_and_who_only_loses_does_not():
    assert survivors([0.1, 0.2], 1, paths=50) == 50
    assert survivors([-0.1] * 7, 1, paths=50) == 0  # 0.9 to the 7th is under one half
    assert survivors([-0.1] * 6, 1, paths=50) == 50
    assert survivors([], 1) is None


def test_more_trials_deflate_a_sharpe_ratio():
    returns = [0.05, -0.02, 0.04, 0.01, -0.03, 0.06, 0.02, -0.01] * 5

    once, often = deflated_sharpe(returns, 1), deflated_sharpe(returns, 1_000)

    assert once is not None
    assert often is not None
    assert often < once
    assert sharpe(returns) == pytest.approx(fmean(returns) / pstdev(returns))


def test_with_one_trial_a_ratio_of_nothing_is_as_likely_luck_as_not():
    assert deflated_sharpe([0.1, -0.1] * 10, 1) == pytest.approx(0.5)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30), st.floats(0, 1))
def test_a_quantile_lies_between_the_least_and_the_most(values: list[float], share: float):
    found = quantile(values, share)

    assert found is not None
    assert min(values) - 1e-9 <= found <= max(values) + 1e-9
