"""Slippage of ordinary exits: from the present price, never from the entry price, wider after each failure (§6).

A stop-loss floor computed from the entry price cannot fill once the price is gone; this one follows the market down.
"""

from itertools import pairwise

from msgspec import Struct

from core.errors import Refused

BPS = 10_000


class ExitSlippageRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ladder_bps: tuple[int, ...] = (500, 1_000, 2_000, 3_500)
    """The first attempt, then after each failure; the last stays."""

    def __post_init__(self) -> None:
        if not self.ladder_bps or any(after <= before for before, after in pairwise(self.ladder_bps)):
            raise Refused(f"the exit slippage ladder must rise from attempt to attempt, not: {self.ladder_bps}")


def slippage_bps(rule: ExitSlippageRule, *, floor_bps: int = 0, failed_bps: int = 0) -> int:
    """Slippage of the next attempt: the lowest rung from the window's floor on and above what failed last (or 0)."""
    for rung_bps in rule.ladder_bps:
        if rung_bps >= floor_bps and rung_bps > failed_bps:
            return rung_bps
    return max(rule.ladder_bps[-1], floor_bps)


def least_lamports(quoted_lamports: int, slippage_bps: int) -> int:
    """The limit of a sale: what of the quote must arrive, at least one lamport."""
    return max(quoted_lamports * (BPS - slippage_bps) // BPS, 1)
