"""Restoration: tactical_exit fills the working wallets up again after an operation is taxed (rules.md §1).

Money is lamports.
"""

from collections.abc import Mapping

from msgspec import Struct

from core.chain.rent import WALLET_LAMPORTS
from core.rules.capital import CapitalRule
from core.rules.share import exact, part
from core.types import BASE_FEE_LAMPORTS, Role

ORDER = (Role.LIGHTNING, Role.REENTRY, Role.EMERGENCY_GAS)
"""Who is restored, first first."""
SOURCE = Role.TACTICAL_EXIT


class RestorationRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    deficit_share: float = 0.01
    """A deficit up to this share of equity is left alone."""
    emergency_gas_part: float = 0.5
    """emergency_gas is filled to this part of its share."""


def target_lamports(rule: RestorationRule, capital: CapitalRule, role: Role, equity_lamports: int) -> int:
    """What the role's spendable lamports are restored to, rounded down."""
    share = exact(capital.share(role))
    if role is Role.EMERGENCY_GAS:
        share *= exact(rule.emergency_gas_part)
    return int(equity_lamports * share)


def available_lamports(source_lamports: int, fee_lamports: int) -> int:
    """What tactical_exit can give in one transfer that costs this fee: rent exemption and one more base fee stay."""
    return source_lamports - fee_lamports - WALLET_LAMPORTS - BASE_FEE_LAMPORTS


def next_restoration(
    rule: RestorationRule,
    capital: CapitalRule,
    *,
    equity_lamports: int,
    spendable: Mapping[Role, int],
    available_lamports: int,
    done: frozenset[Role] = frozenset(),
) -> tuple[Role, int] | None:
    """The first role still short by more than the rule allows, and how much it gets; None when nothing is left to do.

    `spendable` by role, `done` the roles already served for this operation. A transfer that carries no more than it
    costs is not made.
    """
    if available_lamports <= BASE_FEE_LAMPORTS:
        return None
    for role in ORDER:
        deficit = target_lamports(rule, capital, role, equity_lamports) - spendable[role]
        if role not in done and deficit > part(equity_lamports, rule.deficit_share):
            return role, min(deficit, available_lamports)
    return None
