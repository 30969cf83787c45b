"""How well a wallet and the fleet of five are provided for, 0 (empty) to 1. To show and to alert, not to decide."""

from collections.abc import Mapping

from core.chain.rent import WALLET_LAMPORTS
from core.rules.capital import CapitalRule
from core.rules.restoration import RestorationRule, target_lamports
from core.types import BASE_FEE_LAMPORTS, Role


def wallet_health(
    restoration: RestorationRule, capital: CapitalRule, role: Role, *, unreserved_lamports: int, equity_lamports: int
) -> float:
    """What the wallet holds unreserved against what it would be restored to; 0 when it cannot pay one fee."""
    target = target_lamports(restoration, capital, role, equity_lamports)
    if target <= 0 or unreserved_lamports < WALLET_LAMPORTS + BASE_FEE_LAMPORTS:
        return 0.0
    return min(unreserved_lamports / target, 1.0)


def fleet_score(capital: CapitalRule, healths: Mapping[Role, float]) -> float:
    """The healths weighed by the roles' shares: 1 when every wallet holds what it should."""
    return sum(capital.share(role) * healths[role] for role in Role)
