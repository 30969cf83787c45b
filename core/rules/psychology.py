"""Commandment 4, emotional accounting: a tenth of every profit is put away before the next entry.

Money is lamports, integers only.
"""

from math import ceil

from msgspec import Struct

from core.chain.rent import WALLET_LAMPORTS
from core.rules.share import part
from core.rules.verdict import Verdict
from core.types import BASE_FEE_LAMPORTS


class PsychologyRule(Struct, frozen=True, kw_only=True):
    tax_share: float = 0.1
    floor_share: float = 0.5
    """Entries need this much of the fund's start balance."""
    cold: bool = False
    """Whether the fund's surplus over that goes to the cold address of the settings file after each operation."""
    cold_fees: int = 100
    """A surplus under so many times the fee of its transfer waits for more."""


def tax_lamports(rule: PsychologyRule, net_lamports: int) -> int:
    """⌈net/10⌉ of a positive net; nothing of a loss. `net_lamports` is taken before this transfer."""
    return ceil(part(net_lamports, rule.tax_share)) if net_lamports > 0 else 0


def floor_lamports(rule: PsychologyRule, start_lamports: int) -> int:
    """The least that the fund must hold for entries."""
    return ceil(part(start_lamports, rule.floor_share))


def surplus_lamports(rule: PsychologyRule, *, fund_lamports: int, start_lamports: int, fee_lamports: int) -> int:
    """What of the fund goes to the cold address now; 0 where there is none, or too little for a transfer's fee.

    The fund keeps its floor, and in any case its rent exemption and one fee, whatever has gone there before.
    """
    keep = max(floor_lamports(rule, start_lamports), WALLET_LAMPORTS + BASE_FEE_LAMPORTS)
    surplus = fund_lamports - keep
    return surplus if surplus >= rule.cold_fees * fee_lamports else 0


def cold_address(named: str, confirmed: str) -> str:
    """Where lamports may leave to: what the settings name, once the operator confirmed it; empty: nowhere."""
    return named if named == confirmed else ""


def entry_verdict(
    rule: PsychologyRule, *, fund_lamports: int, cold_lamports: int, start_lamports: int, unsettled: int
) -> Verdict:
    """Fail entries while a closed operation is not taxed and settled, or the fund is under its floor.

    What went to the cold address counts as held.
    """
    if unsettled:
        return Verdict.failed("psychology", f"{unsettled} closed operation(s) not taxed and settled yet")
    floor = floor_lamports(rule, start_lamports)
    if fund_lamports + cold_lamports < floor:
        return Verdict.failed("psychology", f"the fund holds {fund_lamports + cold_lamports} of {floor} lamports")
    return Verdict.passed("psychology")
