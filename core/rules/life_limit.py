"""Commandment 1, life limit: flat at most 55 minutes after the first fill, a pause between operations if one is set.

The position makes itself flat; this rule keeps entries out while one lives too long, and calls 30 s more a violation.
Times are market time in epoch seconds.
"""

from collections.abc import Iterable

from msgspec import Struct

from core.rules.verdict import Verdict


class LifeRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    max_s: float = 3_300.0
    grace_s: float = 30.0
    """Open this much longer than `max_s` is a violation."""
    min_interval_s: float = 0.0
    """From the end of one operation to the next entry."""


def expires_s(rule: LifeRule, opened_at_s: float) -> float:
    """When an operation with this first fill must be flat."""
    return opened_at_s + rule.max_s


def violation_s(rule: LifeRule, opened_at_s: float) -> float:
    """From when on it is a violation that the operation is still open."""
    return expires_s(rule, opened_at_s) + rule.grace_s


def entry_verdict(
    rule: LifeRule, *, opened_at_s: Iterable[float], last_closed_at_s: float | None, now_s: float
) -> Verdict:
    """Fail entries while an open operation is past its limit, and until the interval after the last one has passed."""
    if any(now_s >= expires_s(rule, opened) for opened in opened_at_s):
        return Verdict.failed("life", "an operation is past its life limit")
    if last_closed_at_s is not None and now_s < last_closed_at_s + rule.min_interval_s:
        until_s = last_closed_at_s + rule.min_interval_s
        return Verdict.failed("life", "the interval between operations", until_s=until_s)
    return Verdict.passed("life")
