"""The mining engine's figures: ranking, entry slippage and priority fee, re-entry, what was held before (rules.md §4).

Pure. Ages and times are market time, USD at today's price of SOL, fees are lamports for one transaction.
"""

from msgspec import Struct

from core.errors import Refused
from core.rules.share import part, ratio
from core.rules.verdict import Verdict
from core.types import ExitReason


class MiningRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tick_s: float = 1.0
    room: int = 1
    """Open positions at a time, at most 3."""
    """Open positions at a time; settable to 3."""
    slippage_bps: int = 350
    candidate_max_age_s: float = 2.0
    """A candidate is entered only on a judgement at most this old, as its facts and market state must be."""
    candidates_kept: int = 256
    answer_wait_s: float = 10.0
    """A wish without an answer is given up after this long; its deadline is shorter, so it is not done late."""
    volume_high_usd: float = 20_000.0
    volume_high_factor: float = 1.5
    volume_top_usd: float = 50_000.0
    volume_top_factor: float = 2.0
    newborn_age_s: float = 300.0
    newborn_factor: float = 1.8
    young_age_s: float = 600.0
    young_factor: float = 1.3
    priority_cap_lamports: int = 2_000_000
    priority_cap_share: float = 0.01
    """Of the stake; the lower cap counts."""
    priority_floor_lamports: int = 20_000
    """Applied last: it wins over the caps."""
    reentry_price_ratio: float = 1.15
    reentries_max: int = 2
    reentry_gap_s: float = 300.0
    reentry_slippage_factor: float = 1.2
    reentry_priority_factor: float = 1.1
    memory_s: float = 86_400.0
    """A token that we held is not entered again for so long."""

    def __post_init__(self) -> None:
        if not 1 <= self.room <= 3:
            raise Refused(f"room must be 1 to 3 open positions, not {self.room}")


def rank_key(*, quality: float, risk: float, mint: str) -> tuple[float, str]:
    """Sorts the best first: quality − risk, ties by mint."""
    return (round(risk - quality, 9), mint)


def entry_priority_lamports(
    rule: MiningRule, *, percentile_lamports: int, volume_usd: float | None, age_s: float, stake_lamports: int
) -> int:
    """What an entry pays for priority: recent fees × factors, then the caps, then the floor.

    `percentile_lamports`: 75th percentile of recent fees of the written accounts, 0 when unknown. Unknown volume adds
    nothing.
    """
    volume, per_volume = ratio(_volume_factor(rule, volume_usd))
    age, per_age = ratio(_age_factor(rule, age_s))
    return _bounded(rule, percentile_lamports * volume * age // (per_volume * per_age), stake_lamports)


def _bounded(rule: MiningRule, wanted_lamports: int, stake_lamports: int) -> int:
    share, per_share = ratio(rule.priority_cap_share)
    cap = min(rule.priority_cap_lamports, stake_lamports * share // per_share)
    return max(min(wanted_lamports, cap), rule.priority_floor_lamports)


def _volume_factor(rule: MiningRule, volume_usd: float | None) -> float:
    if volume_usd is None or volume_usd <= rule.volume_high_usd:
        return 1.0
    return rule.volume_top_factor if volume_usd > rule.volume_top_usd else rule.volume_high_factor


def _age_factor(rule: MiningRule, age_s: float) -> float:
    if age_s < rule.newborn_age_s:
        return rule.newborn_factor
    return rule.young_factor if age_s < rule.young_age_s else 1.0


def memory_verdict(
    rule: MiningRule, *, flagged: ExitReason | None, held_until_s: float | None, now_s: float
) -> Verdict:
    """A token flagged by an emergency is never entered again, one we held not for 24 h after its close."""
    if flagged is not None:
        return Verdict.failed("memory", f"flagged by {flagged}", final=True)
    if held_until_s is not None and now_s < held_until_s + rule.memory_s:
        return Verdict.failed("memory", "held before", until_s=held_until_s + rule.memory_s)
    return Verdict.passed("memory")


def reentry_verdict(
    rule: MiningRule, *, price: float, entry_price: float, reentries_at_s: tuple[float, ...], golden: bool, now_s: float
) -> Verdict:
    """Whether price, window and count allow a re-entry; entry criteria and layers are judged by their own rules.

    `reentries_at_s`: when the operation's re-entries so far filled. `golden`: the operation is in its golden window.
    """
    if not golden:
        return Verdict.failed("reentry", "the golden window is over")
    if len(reentries_at_s) >= rule.reentries_max:
        return Verdict.failed("reentry", f"{len(reentries_at_s)} re-entries done")
    if reentries_at_s and now_s < reentries_at_s[-1] + rule.reentry_gap_s:
        return Verdict.failed("reentry", "too soon after the last", until_s=reentries_at_s[-1] + rule.reentry_gap_s)
    if price < entry_price * rule.reentry_price_ratio:
        return Verdict.failed("reentry", f"price is {price / entry_price:.3f} of the entry")
    return Verdict.passed("reentry", f"price is {price / entry_price:.3f} of the entry")


def reentry_slippage_bps(rule: MiningRule) -> int:
    return int(part(rule.slippage_bps, rule.reentry_slippage_factor))


def reentry_priority_lamports(rule: MiningRule, entry_lamports: int, *, stake_lamports: int) -> int:
    """An entry's priority × 1.1, within the same caps and floor."""
    return _bounded(rule, int(part(entry_lamports, rule.reentry_priority_factor)), stake_lamports)
