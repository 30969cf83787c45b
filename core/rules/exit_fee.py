"""What an exit may pay to land, and which slice is worth its cost (rules.md §6). Lamports."""

from msgspec import Struct

from core.types import BASE_FEE_LAMPORTS

BPS = 10_000


class ExitFeeRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    cap_lamports: int = 20_000_000
    saved_bps: int = 1_500
    """At most this share of what the exit is quoted to save."""
    floor_lamports: int = 20_000
    panic_factor_bps: int = 20_000
    """Panic exits offer this multiple of the going fee: the fastest lane, still under both caps."""
    slice_multiple: int = 5
    """A slice worth less than this many times its cost joins the next."""


def priority_lamports(rule: ExitFeeRule, *, going_lamports: int, quoted_lamports: int, panic: bool = False) -> int:
    """The priority fee of an exit: the going fee between floor and caps. 0 going = unknown = the floor."""
    offered = going_lamports * rule.panic_factor_bps // BPS if panic else going_lamports
    cap = min(rule.cap_lamports, quoted_lamports * rule.saved_bps // BPS)
    return max(min(offered, cap), rule.floor_lamports)


def cost_lamports(priority_lamports: int, tip_lamports: int = 0) -> int:
    """What landing one transaction with one signature costs."""
    return BASE_FEE_LAMPORTS + priority_lamports + tip_lamports


def worth_selling(rule: ExitFeeRule, *, quoted_lamports: int, cost_lamports: int) -> bool:
    """Whether a slice is worth its transaction; the last remainder is sold in any case."""
    return quoted_lamports >= rule.slice_multiple * cost_lamports
