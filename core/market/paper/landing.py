"""When a sent transaction lands, and whether: drawn, because on paper nobody else decides it.

Every draw follows from (seed, signature, attempt) alone, so a restart draws the same again.
"""

from random import Random

from msgspec import Struct

SHARE_CAP = 0.95
"""However congested, some transactions get through: exits would otherwise never end."""


class PaperRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How unkind the paper venue is. Shares are fractions of 1."""

    failed_share: float = 0.15
    """Of our transactions that land, those that fail for the chain's own reasons, beside breached limits (market.md:
    8 to 50 %, bots most; 15 % for ours). Fees are paid."""
    missed_share: float = 0.05
    """Of our sends, those that no leader takes up; the same bytes sent again draw anew. Assumed: no figure."""
    landing_shares: tuple[float, ...] = (0.3, 0.35, 0.25)
    """Landing after 1, 2, 3 … slots. 90 % within 3 slots, 1.2 s (market.md: 90 % within 1.4 s, bloXroute 2024)."""
    slowest_slots: int = 8
    """The remaining share lands evenly in the slots after those, up to this one. Assumed."""
    congested_above: float = 3.0
    """Priority fees at this multiple of their median and more multiply both shares by it (rules.md §7 calls that
    congestion), so that fees × 10 make half of all transactions fail."""
    congestion_slope: float = 0.35


class Landing(Struct, frozen=True, array_like=True):
    """What became of one send: lost, or in the block `delay_slots` later, there with or without success."""

    missed: bool
    failed: bool
    delay_slots: int


def congestion_of(rule: PaperRule, fee_multiple: float) -> float:
    """Factor on the shares of failed and missed, from present priority fees as a multiple of their usual level."""
    return max(1.0, fee_multiple * rule.congestion_slope) if fee_multiple >= rule.congested_above else 1.0


def landing_of(rule: PaperRule, seed: int, signature: str, attempt: int, congestion: float = 1.0) -> Landing:
    """The draw of one send. Failing belongs to the transaction, whichever of its sends lands; the rest to the send."""
    failed = Random(f"{seed}/{signature}").random() < min(rule.failed_share * congestion, SHARE_CAP)
    draw = Random(f"{seed}/{signature}/{attempt}")
    missed = draw.random() < min(rule.missed_share * congestion, SHARE_CAP)
    return Landing(missed, failed, _delay_slots(rule, draw))


def _delay_slots(rule: PaperRule, draw: Random) -> int:
    point = draw.random()
    for slots, share in enumerate(rule.landing_shares, 1):
        point -= share
        if point < 0:
            return slots
    first_slow = len(rule.landing_shares) + 1
    return draw.randint(first_slow, max(rule.slowest_slots, first_slow))
