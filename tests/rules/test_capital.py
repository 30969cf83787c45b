from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.rules.capital import CapitalRule, derivation_index, split, start_lamports, usd_of
from core.types import Role

RULE = CapitalRule()


def test_twenty_dollars_at_eighty_are_a_quarter_sol_in_five_wallets():
    lamports = start_lamports(RULE, 80.0)

    assert lamports == 250_000_000
    assert split(RULE, lamports) == {
        Role.LIGHTNING: 50_000_000,
        Role.EMERGENCY_GAS: 43_750_000,
        Role.REENTRY: 56_250_000,
        Role.PSYCHOLOGY: 50_000_000,
        Role.TACTICAL_EXIT: 50_000_000,
    }


def test_the_lamports_that_rounding_leaves_go_to_the_largest_remainders():
    # 11 lamports: 2.2, 1.925, 2.475, 2.2, 2.2 → 2, 1, 2, 2, 2 and one each to .925 and .475.
    assert list(split(RULE, 11).values()) == [2, 2, 3, 2, 2]


@given(st.integers(0, 10**13))
def test_the_split_sums_exactly_and_no_part_is_a_lamport_off_its_share(lamports):
    parts = split(RULE, lamports)

    assert sum(parts.values()) == lamports
    for role, part in parts.items():
        assert abs(part - lamports * Fraction(str(RULE.share(role)))) < 1


def test_start_capital_is_rounded_down_to_whole_lamports():
    assert start_lamports(RULE, 142.857) == 20 * 10**12 // 142_857


@pytest.mark.parametrize("change", [{"lightning": 0.3}, {"lightning": 0.4, "reentry": 0.025}, {"usd": 0.0}])
def test_shares_that_do_not_sum_to_one_and_no_capital_are_refused(change):
    if "reentry" in change:
        assert msgspec.structs.replace(RULE, **change).share(Role.REENTRY) == 0.025
        change = {"lightning": 0.6, "reentry": -0.175}
    with pytest.raises(Refused):
        msgspec.structs.replace(RULE, **change)


def test_a_price_of_nothing_is_refused():
    with pytest.raises(Refused):
        start_lamports(RULE, 0.0)


def test_wallets_derive_from_eight_times_the_generation_plus_their_number():
    assert [derivation_index(0, role) for role in Role] == [0, 1, 2, 3, 4]
    assert derivation_index(3, Role.PSYCHOLOGY) == 27


def test_lamports_are_valued_at_the_price_of_sol():
    assert usd_of(250_000_000, 80.0) == 20.0
