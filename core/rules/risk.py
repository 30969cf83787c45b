"""The risk score of a token, 0…1: youth, thin liquidity, few holders, a busy creator, bad mood (rules.md §3)."""

from msgspec import Struct


class RiskRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Below each bound its risk is added, the strictest bound only. Ages in market time, liquidity in today's USD."""

    newborn_age_s: float = 300.0
    newborn: float = 0.3
    young_age_s: float = 600.0
    young: float = 0.2
    settled_age_s: float = 900.0
    settled: float = 0.1
    liquidity_thin_usd: float = 1_000.0
    liquidity_thin: float = 0.4
    liquidity_low_usd: float = 2_500.0
    liquidity_low: float = 0.2
    holders_few_count: int = 25
    holders_few: float = 0.3
    holders_low_count: int = 50
    holders_low: float = 0.1
    creator_busy: float = 0.2
    """The creator has more than one transaction."""
    sentiment_low_score: float = 0.3
    sentiment_low: float = 0.2
    honeypot: float = 1.0


def risk_score(
    rule: RiskRule,
    *,
    age_s: float,
    liquidity_usd: float | None,
    holders: int | None,
    creator_transactions: int | None,
    sentiment: float | None = None,
    social_source: bool = False,
    honeypot_failed: bool = False,
    holders_judged: bool = True,
    creator_judged: bool = True,
) -> float:
    """The sum of all risks, capped at 1. Unknown counts as the worst, what a profile does not judge as none."""
    risk = _age_risk(rule, age_s) + _liquidity_risk(rule, liquidity_usd)
    if holders_judged:
        risk += _holders_risk(rule, holders)
    if creator_judged and (creator_transactions is None or creator_transactions > 1):
        risk += rule.creator_busy
    if social_source and (sentiment is None or sentiment < rule.sentiment_low_score):
        risk += rule.sentiment_low
    if honeypot_failed:
        risk += rule.honeypot
    # Tenths do not add up exactly in binary; a risk of 0.6 must pass a bound of 0.6.
    return min(round(risk, 9), 1.0)


def _age_risk(rule: RiskRule, age_s: float) -> float:
    if age_s < rule.newborn_age_s:
        return rule.newborn
    if age_s < rule.young_age_s:
        return rule.young
    return rule.settled if age_s < rule.settled_age_s else 0.0


def _liquidity_risk(rule: RiskRule, liquidity_usd: float | None) -> float:
    if liquidity_usd is None or liquidity_usd < rule.liquidity_thin_usd:
        return rule.liquidity_thin
    return rule.liquidity_low if liquidity_usd < rule.liquidity_low_usd else 0.0


def _holders_risk(rule: RiskRule, holders: int | None) -> float:
    if holders is None or holders < rule.holders_few_count:
        return rule.holders_few
    return rule.holders_low if holders < rule.holders_low_count else 0.0
