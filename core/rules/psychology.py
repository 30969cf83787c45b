"""Commandment 4, emotional accounting: a tenth of every profit is put away before the next entry.

Money is lamports, integers only.
"""

from math import ceil

from msgspec import Struct

from core.rules.share import part
from core.rules.verdict import Verdict


class PsychologyRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tax_share: float = 0.1
    floor_share: float = 0.5
    """Entries need this much of the fund's start balance."""


def tax_lamports(rule: PsychologyRule, net_lamports: int) -> int:
    """⌈net/10⌉ of a positive net; nothing of a loss. `net_lamports` is taken before this transfer."""
    return ceil(part(net_lamports, rule.tax_share)) if net_lamports > 0 else 0


def floor_lamports(rule: PsychologyRule, start_lamports: int) -> int:
    """The least that the fund must hold for entries."""
    return ceil(part(start_lamports, rule.floor_share))


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
