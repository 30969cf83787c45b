"""Commandment 5, battlefield selection: only where a small stake can still get out, and others are there to buy.

Wins over every profile but `recorded`. Bounds are inclusive; liquidity is one-sided, in today's USD.
"""

from msgspec import Struct

from core.rules.verdict import Verdict


class BattlefieldRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    liquidity_min_usd: float = 2_000.0
    liquidity_max_usd: float = 10_000.0
    holders_min: int = 50
    holders_max: int = 500


def entry_verdict(rule: BattlefieldRule, *, liquidity_usd: float | None, holders: int | None) -> Verdict:
    """A bound that is surely broken fails, even where the other value is unknown."""
    if liquidity_usd is not None and not rule.liquidity_min_usd <= liquidity_usd <= rule.liquidity_max_usd:
        bounds = f"${rule.liquidity_min_usd:,.0f} to ${rule.liquidity_max_usd:,.0f}"
        return Verdict.failed("battlefield", f"liquidity ${liquidity_usd:,.0f} is not {bounds}")
    if holders is not None and not rule.holders_min <= holders <= rule.holders_max:
        return Verdict.failed("battlefield", f"{holders} holders are not {rule.holders_min} to {rule.holders_max}")
    if liquidity_usd is None or holders is None:
        return Verdict.unknown("battlefield", "liquidity unknown" if liquidity_usd is None else "holders unknown")
    return Verdict.passed("battlefield", f"${liquidity_usd:,.0f}, {holders} holders")
