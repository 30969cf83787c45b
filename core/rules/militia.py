"""Commandment 3, militia strategy: three losing operations in a row buy a pause, never a bigger stake.

Pure: the caller brings the time. Times are market time in epoch seconds, money is lamports.
"""

from msgspec import Struct

from core.rules.verdict import Verdict


class MilitiaRule(Struct, frozen=True, kw_only=True):
    losses_in_a_row: int = 3
    pause_s: float = 1_800.0


class Militia(Struct, frozen=True, kw_only=True):
    """What the rule remembers; folded from closed operations, so it survives restarts."""

    streak: int = 0
    paused_until_s: float = 0.0


def after_operation(rule: MilitiaRule, militia: Militia, *, net_lamports: int, now_s: float) -> Militia:
    """The memory after an operation closed with `net_lamports`. Exactly zero is a loss: it paid for nothing."""
    if net_lamports > 0:
        return Militia(streak=0, paused_until_s=militia.paused_until_s)
    if militia.streak + 1 < rule.losses_in_a_row:
        return Militia(streak=militia.streak + 1, paused_until_s=militia.paused_until_s)
    # A new count begins with the pause; else one further loss would pause at once.
    return Militia(streak=0, paused_until_s=now_s + rule.pause_s)


def entry_verdict(militia: Militia, *, now_s: float) -> Verdict:
    """Fail entries during the pause and say until when. Exits never ask."""
    if now_s < militia.paused_until_s:
        return Verdict.failed("militia", "three losses in a row", until_s=militia.paused_until_s)
    return Verdict.passed("militia")
