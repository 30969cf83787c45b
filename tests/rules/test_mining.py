import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.rules.mining import (
    MiningRule,
    entry_priority_lamports,
    memory_verdict,
    rank_key,
    reentry_priority_lamports,
    reentry_slippage_bps,
    reentry_verdict,
)
from core.types import ExitReason

RULE = MiningRule()
SOL = 1_000_000_000
RICH = 100 * SOL
DAY_S = 86_400.0


def priority(percentile=100_000, *, volume_usd=0.0, age_s=600.0, stake=RICH):
    return entry_priority_lamports(
        RULE, percentile_lamports=percentile, volume_usd=volume_usd, age_s=age_s, stake_lamports=stake
    )


def test_volume_over_20000_dollars_pays_half_more_and_over_50000_double():
    fees = [priority(volume_usd=usd) for usd in (None, 20_000, 20_001, 50_000, 50_001)]
    assert fees == [100_000, 100_000, 150_000, 150_000, 200_000]


def test_age_under_5_minutes_pays_1_8_times_and_under_10_minutes_1_3_times():
    assert [priority(age_s=age_s) for age_s in (299, 300, 599, 600)] == [180_000, 130_000, 130_000, 100_000]


def test_the_caps_come_after_the_factors_and_the_floor_last():
    assert priority(10**9) == 2_000_000
    assert priority(10**9, stake=40_000_000) == 400_000
    assert priority(10**9, stake=1_000_000) == 20_000
    assert priority(0) == 20_000


def test_the_best_is_quality_less_risk_and_ties_go_by_mint():
    candidates = [("b", 0.9, 0.3), ("a", 0.9, 0.3), ("c", 0.5, 0.3), ("d", 0.7, 0.0)]
    ranked = sorted(candidates, key=lambda one: rank_key(quality=one[1], risk=one[2], mint=one[0]))
    assert [mint for mint, _, _ in ranked] == ["d", "a", "b", "c"]


def test_a_token_we_held_is_not_entered_for_24_hours_and_a_flagged_one_never():
    def memory(now_s, flagged=None, held=None):
        return memory_verdict(RULE, flagged=flagged, held_until_s=held, now_s=now_s)

    assert memory(0.0).ok
    assert memory(100.0 + DAY_S - 1, held=100.0).until_s == 100.0 + DAY_S
    assert memory(100.0 + DAY_S, held=100.0).ok
    assert memory(10 * DAY_S, flagged=ExitReason.HONEYPOT).final


def test_a_reentry_waits_for_15_percent_at_most_twice_and_5_minutes_apart():
    def reentry(price=115.0, done=(), golden=True, now_s=400.0):
        return reentry_verdict(RULE, price=price, entry_price=100.0, reentries_at_s=done, golden=golden, now_s=now_s)

    assert reentry().ok
    assert not reentry(price=114.9).ok
    assert not reentry(golden=False).ok
    assert reentry(done=(100.0,), now_s=399.0).until_s == 400.0
    assert reentry(done=(100.0,), now_s=400.0).ok
    assert not reentry(done=(0.0, 10.0), now_s=4_000.0).ok


def test_a_reentry_has_more_slippage_and_priority():
    assert reentry_slippage_bps(RULE) == 420
    assert reentry_priority_lamports(RULE, 100_000, stake_lamports=RICH) == 110_000
    assert reentry_priority_lamports(RULE, 2_000_000, stake_lamports=RICH) == 2_000_000


def test_room_is_1_to_3():
    assert RULE.room == 1
    for room in (0, 4):
        with pytest.raises(Refused):
            MiningRule(room=room)


@given(st.integers(0, 10**7), st.integers(0, 100_000), st.integers(0, 1_200), st.integers(0, 10 * SOL))
def test_the_priority_equals_whole_number_arithmetic(percentile, volume, age_s, stake):
    """Factors in tenths: 15 and 20, 18 and 13."""
    by_volume = 20 if volume > 50_000 else 15 if volume > 20_000 else 10
    by_age = 18 if age_s < 300 else 13 if age_s < 600 else 10
    model = max(min(percentile * by_volume * by_age // 100, 2_000_000, stake // 100), 20_000)
    assert priority(percentile, volume_usd=volume, age_s=age_s, stake=stake) == model


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10), st.text("ab", max_size=4)), max_size=12))
def test_ranking_is_a_total_order_by_exact_tenths(candidates):
    ranked = sorted(candidates, key=lambda one: rank_key(quality=one[0] / 10, risk=one[1] / 10, mint=one[2]))
    model = sorted(candidates, key=lambda one: (one[1] - one[0], one[2]))
    assert [(q - r, mint) for q, r, mint in ranked] == [(q - r, mint) for q, r, mint in model]
