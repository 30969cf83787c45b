"""Commandment 2, wallet reincarnation: a wallet set serves three operations, then the next generation takes over.

Times are market time in epoch seconds.
"""

from msgspec import Struct

from core.rules.verdict import Verdict


class ReincarnationRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    operations: int = 3
    """How many a generation serves."""
    min_between_s: float = 1_800.0
    """From the end of one rotation to the start of the next."""


def entry_verdict(rule: ReincarnationRule, *, used: int, rotating: bool) -> Verdict:
    """Fail entries once the wallets are used up and until the rotation is confirmed.

    `used` counts operations begun by this generation and entries on their way: those may begin one.
    """
    if rotating:
        return Verdict.failed("reincarnation", "the wallets are being rotated")
    if used >= rule.operations:
        return Verdict.failed("reincarnation", f"the wallets have served {used} operations and wait for their rotation")
    return Verdict.passed("reincarnation")


def earliest_s(rule: ReincarnationRule, *, rotated_at_s: float) -> float:
    """When the next rotation may begin; `rotated_at_s` 0 before the first one."""
    return rotated_at_s + rule.min_between_s if rotated_at_s else 0.0


def due(rule: ReincarnationRule, *, used: int, rotated_at_s: float, now_s: float) -> bool:
    """True when a rotation should begin, as far as count and spacing go."""
    return used >= rule.operations and now_s >= earliest_s(rule, rotated_at_s=rotated_at_s)
