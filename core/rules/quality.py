"""The quality score of a token, 0…1: how much market there is to trade in (rules.md §3). USD at today's SOL price."""

from msgspec import Struct


class QualityRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds and what reaching them is worth; the social weight is worth its score."""

    liquidity_high_usd: float = 5_000.0
    liquidity_high: float = 0.30
    liquidity_fair_usd: float = 2_500.0
    liquidity_fair: float = 0.20
    holders_high_count: int = 100
    holders_high: float = 0.20
    holders_fair_count: int = 50
    holders_fair: float = 0.10
    volume_high_usd: float = 10_000.0
    volume_high: float = 0.20
    volume_fair_usd: float = 5_000.0
    volume_fair: float = 0.10
    social: float = 0.30


def quality_score(
    rule: QualityRule,
    *,
    liquidity_usd: float | None,
    holders: int | None,
    volume_usd: float | None,
    social: float | None,
) -> float:
    """The sum of what is reached. An unknown part is worth nothing.

    `social` is the social score 0…1; None = no social source: then the other parts are scaled to fill the whole.
    """
    score = (
        _reached(
            liquidity_usd, rule.liquidity_high_usd, rule.liquidity_high, rule.liquidity_fair_usd, rule.liquidity_fair
        )
        + _reached(holders, rule.holders_high_count, rule.holders_high, rule.holders_fair_count, rule.holders_fair)
        + _reached(volume_usd, rule.volume_high_usd, rule.volume_high, rule.volume_fair_usd, rule.volume_fair)
    )
    score = score / (1.0 - rule.social) if social is None else score + rule.social * social
    # Tenths do not add up exactly in binary; a score of 0.4 must pass a bound of 0.4.
    return round(score, 9)


def _reached(value: float | None, high_at: float, high: float, fair_at: float, fair: float) -> float:
    if value is None or value < fair_at:
        return 0.0
    return high if value >= high_at else fair
