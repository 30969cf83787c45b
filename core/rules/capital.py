"""Capital and its five wallets (rules.md §1): how much, split how, derived where.

Money is lamports. The split is by largest remainder, so that the parts sum exactly.
"""

from msgspec import Struct

from core.errors import Refused
from core.rules.share import exact
from core.types import LAMPORTS_PER_SOL, Role

ROLES_PER_GENERATION = 8
"""Derivation indices kept for one generation; five are used."""


class CapitalRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Start capital in USD, and each role's share of it. Refused unless the shares are positive and sum to 1."""

    usd: float = 20.0
    lightning: float = 0.20
    emergency_gas: float = 0.175
    reentry: float = 0.225
    psychology: float = 0.20
    tactical_exit: float = 0.20

    def __post_init__(self) -> None:
        shares = [exact(self.share(role)) for role in Role]
        if sum(shares) != 1 or min(shares) <= 0:
            texts = ", ".join(f"{role} {self.share(role)}" for role in Role)
            raise Refused(f"the five shares of the capital must be positive and sum to 1, not: {texts}")
        if self.usd <= 0:
            raise Refused(f"start capital must be above 0 USD, not {self.usd}")

    def share(self, role: Role) -> float:
        share: float = getattr(self, role.value)
        return share


def start_lamports(rule: CapitalRule, sol_usd: float) -> int:
    """The start capital at this price of SOL, rounded down."""
    if sol_usd <= 0:
        raise Refused(f"the start price of SOL must be above 0 USD, not {sol_usd}")
    return int(exact(rule.usd) * LAMPORTS_PER_SOL / exact(sol_usd))


def split(rule: CapitalRule, lamports: int) -> dict[Role, int]:
    """`lamports` over the five roles; the lamports that rounding leaves go to the largest remainders."""
    exact_parts = {role: lamports * exact(rule.share(role)) for role in Role}
    parts = {role: int(part) for role, part in exact_parts.items()}
    by_remainder = sorted(Role, key=lambda role: parts[role] - exact_parts[role])
    for role in by_remainder[: lamports - sum(parts.values())]:
        parts[role] += 1
    return parts


def derivation_index(generation: int, role: Role) -> int:
    """The account number of a wallet in `m/44'/501'/<index>'/0'`."""
    return ROLES_PER_GENERATION * generation + list(Role).index(role)


def usd_of(lamports: int, sol_usd: float) -> float:
    """A valuation for limits in USD and for display; never for amounts."""
    return lamports * sol_usd / LAMPORTS_PER_SOL
