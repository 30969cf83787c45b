from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.rules.exit_slippage import ExitSlippageRule, least_lamports, slippage_bps

RULE = ExitSlippageRule()


def attempts(floor_bps: int, count: int = 6) -> list[int]:
    """Slippages of attempts that all fail."""
    failed, tried = 0, list[int]()
    for _ in range(count):
        failed = slippage_bps(RULE, floor_bps=floor_bps, failed_bps=failed)
        tried.append(failed)
    return tried


def test_ordinary_exits_begin_at_5_percent_and_stay_at_35_after_failures():
    assert attempts(0) == [500, 1_000, 2_000, 3_500, 3_500, 3_500]


def test_the_late_window_begins_at_10_and_the_buffer_at_20():
    assert attempts(1_000)[:3] == [1_000, 2_000, 3_500]
    assert attempts(2_000)[:3] == [2_000, 3_500, 3_500]


def test_a_failure_before_the_late_window_does_not_skip_a_rung():
    assert slippage_bps(RULE, floor_bps=1_000, failed_bps=500) == 1_000


def test_the_limit_follows_the_present_quote_down():
    assert least_lamports(1_000_000, 500) == 950_000
    assert least_lamports(100, 3_500) == 65
    assert least_lamports(0, 500) == 1


def test_the_ladder_must_rise():
    with pytest.raises(Refused, match="must rise"):
        ExitSlippageRule(ladder_bps=(500, 500))


@given(st.integers(0, 5_000), st.integers(0, 5_000))
def test_an_attempt_is_never_tighter_than_the_window_or_the_last_failure(floor, failed):
    slippage = slippage_bps(RULE, floor_bps=floor, failed_bps=failed)
    assert slippage >= floor
    assert slippage > failed or slippage == max(3_500, floor)


@given(st.integers(2, 10**13), st.integers(0, 9_999))
def test_the_limit_is_the_exact_share_rounded_down(quoted, slippage):
    assert least_lamports(quoted, slippage) == max(int(Fraction(quoted * (10_000 - slippage), 10_000)), 1)
