"""Layer 1, take profit: sell a part of what is left at each gain of the sale price over the average cost (rules.md §6).

Pure and in whole numbers. The *sale price* is what selling all that is held would bring now, net of market fees, per
token held; the *average cost* is the quote paid with market fees over all buys, per token bought.
"""

from collections.abc import Collection

from msgspec import Struct

from core.errors import Refused

BPS = 10_000


class TakeProfitRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    gains_bps: tuple[int, ...] = (1_500, 3_500, 6_000, 10_000)
    sells_bps: tuple[int, ...] = (2_500, 4_000, 5_000, 7_500)
    """Share of what is left that each level sells, once per operation."""
    trailing_bps: int = 0
    """Sell all when the sale price falls by more than this from its highest; 0 = off."""
    trailing_from_bps: int = 1_500
    """The gain that arms the trailing stop."""

    def __post_init__(self) -> None:
        if len(self.gains_bps) != len(self.sells_bps):
            raise Refused(f"take profit needs one share to sell for each gain, not: {self.gains_bps}, {self.sells_bps}")


class SalePrice(Struct, frozen=True, array_like=True):
    """`lamports` for `tokens`: a price as the exact ratio of the two."""

    lamports: int
    tokens: int

    def above(self, other: "SalePrice") -> bool:
        return self.lamports * other.tokens > other.lamports * self.tokens


def levels_passed(
    rule: TakeProfitRule, sale: SalePrice, *, cost_lamports: int, bought_tokens: int, done: Collection[int]
) -> tuple[int, ...]:
    """Indices of the levels that the sale price has reached and that were not used yet."""
    return tuple(
        level
        for level, gain_bps in enumerate(rule.gains_bps)
        if level not in done and _gained(sale, gain_bps, cost_lamports, bought_tokens)
    )


def tokens_of(rule: TakeProfitRule, levels: Collection[int], held_tokens: int) -> int:
    """What these levels sell together: each its share of what the ones before it leave."""
    left, whole = held_tokens, 1
    for level in levels:
        left *= BPS - rule.sells_bps[level]
        whole *= BPS
    return held_tokens - -(-left // whole)


def next_level(rule: TakeProfitRule, done: Collection[int]) -> int | None:
    """The lowest level that is still to come."""
    return next((level for level in range(len(rule.gains_bps)) if level not in done), None)


def gain_bps(sale: SalePrice, *, cost_lamports: int, bought_tokens: int) -> int:
    """Gain of the sale price over the average cost, rounded down; for display."""
    cost = cost_lamports * sale.tokens
    return (sale.lamports * bought_tokens - cost) * BPS // cost if cost else 0


def highest(best: SalePrice | None, sale: SalePrice) -> SalePrice:
    """The higher of two sale prices."""
    return sale if best is None or sale.above(best) else best


def trailing_stop(
    rule: TakeProfitRule, sale: SalePrice, best: SalePrice, *, cost_lamports: int, bought_tokens: int
) -> bool:
    """Whether the sale price fell too far from its highest since that passed the arming gain."""
    if rule.trailing_bps <= 0 or not _gained(best, rule.trailing_from_bps, cost_lamports, bought_tokens):
        return False
    return sale.lamports * best.tokens * BPS < best.lamports * sale.tokens * (BPS - rule.trailing_bps)


def _gained(sale: SalePrice, gain_bps: int, cost_lamports: int, bought_tokens: int) -> bool:
    return sale.lamports * bought_tokens * BPS >= cost_lamports * sale.tokens * (BPS + gain_bps)
