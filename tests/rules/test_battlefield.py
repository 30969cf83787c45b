from hypothesis import given
from hypothesis import strategies as st

from core.rules.battlefield import BattlefieldRule, entry_verdict
from core.rules.verdict import Outcome

RULE = BattlefieldRule()


def test_liquidity_from_2000_to_10000_dollars_and_50_to_500_holders_inclusive():
    assert entry_verdict(RULE, liquidity_usd=2_000.0, holders=50).ok
    assert entry_verdict(RULE, liquidity_usd=10_000.0, holders=500).ok
    assert not entry_verdict(RULE, liquidity_usd=1_999.99, holders=50).ok
    assert not entry_verdict(RULE, liquidity_usd=10_000.01, holders=500).ok
    assert not entry_verdict(RULE, liquidity_usd=5_000.0, holders=49).ok
    assert not entry_verdict(RULE, liquidity_usd=5_000.0, holders=501).ok


def test_what_is_surely_out_of_bounds_fails_though_the_rest_is_unknown():
    assert entry_verdict(RULE, liquidity_usd=None, holders=10).outcome is Outcome.FAIL
    assert entry_verdict(RULE, liquidity_usd=100.0, holders=None).outcome is Outcome.FAIL
    assert entry_verdict(RULE, liquidity_usd=None, holders=100).outcome is Outcome.UNKNOWN
    assert entry_verdict(RULE, liquidity_usd=5_000.0, holders=None).outcome is Outcome.UNKNOWN


@given(st.none() | st.integers(0, 20_000), st.none() | st.integers(0, 1_000))
def test_it_passes_only_where_both_are_known_and_within(liquidity_usd, holders):
    verdict = entry_verdict(RULE, liquidity_usd=liquidity_usd, holders=holders)

    inside = liquidity_usd in range(2_000, 10_001) and holders in range(50, 501)
    assert verdict.ok is inside
