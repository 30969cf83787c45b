from hypothesis import given
from hypothesis import strategies as st

from core.chain.rent import WALLET_LAMPORTS
from core.rules.capital import CapitalRule
from core.rules.restoration import ORDER, RestorationRule, available_lamports, next_restoration, target_lamports
from core.types import BASE_FEE_LAMPORTS, Role

RULE, CAPITAL = RestorationRule(), CapitalRule()
EQUITY = 250_000_000
FULL = {Role.LIGHTNING: 50_000_000, Role.REENTRY: 56_250_000, Role.EMERGENCY_GAS: 21_875_000}


def restored(available: int = 49_000_000, done: frozenset[Role] = frozenset(), **short: int) -> tuple[Role, int] | None:
    spendable = {role: lamports - short.get(role, 0) for role, lamports in FULL.items()}
    return next_restoration(
        RULE, CAPITAL, equity_lamports=EQUITY, spendable=spendable, available_lamports=available, done=done
    )


def test_lightning_and_reentry_are_restored_to_their_shares_and_emergency_gas_to_half_of_its():
    assert {role: target_lamports(RULE, CAPITAL, role, EQUITY) for role in ORDER} == FULL


def test_lightning_comes_first_then_reentry_then_emergency_gas():
    assert restored(lightning=9_000_000, reentry=9_000_000) == (Role.LIGHTNING, 9_000_000)
    assert restored(reentry=9_000_000, emergency_gas=9_000_000) == (Role.REENTRY, 9_000_000)
    assert restored(emergency_gas=9_000_000) == (Role.EMERGENCY_GAS, 9_000_000)


def test_a_deficit_of_one_percent_of_equity_is_left_alone():
    assert restored(lightning=2_500_000) is None
    assert restored(lightning=2_500_001) == (Role.LIGHTNING, 2_500_001)


def test_tactical_exit_keeps_its_rent_exemption_and_a_fee():
    available = available_lamports(10_000_000, BASE_FEE_LAMPORTS)

    assert 10_000_000 - available - BASE_FEE_LAMPORTS == WALLET_LAMPORTS + BASE_FEE_LAMPORTS
    assert restored(available=available, lightning=20_000_000) == (Role.LIGHTNING, available)


def test_no_transfer_carries_less_than_it_costs():
    assert restored(available=BASE_FEE_LAMPORTS, lightning=20_000_000) is None


def test_who_was_served_for_this_operation_is_not_served_again():
    assert restored(done=frozenset({Role.LIGHTNING}), lightning=9_000_000) is None


@given(st.fixed_dictionaries({role: st.integers(0, 80_000_000) for role in ORDER}), st.integers(0, 10**8))
def test_restoring_ends_with_every_deficit_small_or_the_source_empty(spendable, source):
    served: set[Role] = set()
    while found := next_restoration(
        RULE,
        CAPITAL,
        equity_lamports=EQUITY,
        spendable=spendable,
        available_lamports=source,
        done=frozenset(served),
    ):
        role, lamports = found
        assert 0 < lamports <= source
        spendable, source = spendable | {role: spendable[role] + lamports}, source - lamports
        assert spendable[role] <= target_lamports(RULE, CAPITAL, role, EQUITY)
        served.add(role)
    short = [r for r in ORDER if target_lamports(RULE, CAPITAL, r, EQUITY) - spendable[r] > EQUITY // 100]
    assert not short or source <= BASE_FEE_LAMPORTS
