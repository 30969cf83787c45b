import pytest

from core.rules.capital import CapitalRule, split
from core.rules.health import fleet_score, wallet_health
from core.rules.restoration import RestorationRule
from core.types import Role

CAPITAL, RESTORATION = CapitalRule(), RestorationRule()
EQUITY = 250_000_000


def health(role: Role, lamports: int) -> float:
    return wallet_health(RESTORATION, CAPITAL, role, unreserved_lamports=lamports, equity_lamports=EQUITY)


def test_a_fresh_fleet_scores_one():
    assert fleet_score(CAPITAL, {role: health(role, part) for role, part in split(CAPITAL, EQUITY).items()}) == 1.0


def test_a_wallet_at_half_of_its_share_is_half_healthy():
    assert health(Role.LIGHTNING, 25_000_000) == pytest.approx(0.5)
    assert health(Role.EMERGENCY_GAS, 21_875_000) == 1.0


def test_a_wallet_that_cannot_pay_one_fee_is_not_healthy_at_all():
    assert health(Role.LIGHTNING, 895_879) == 0.0
    assert health(Role.LIGHTNING, 895_880) > 0.0


def test_an_empty_wallet_costs_the_fleet_its_share():
    healths = dict.fromkeys(Role, 1.0) | {Role.TACTICAL_EXIT: 0.0}

    assert fleet_score(CAPITAL, healths) == pytest.approx(0.8)
