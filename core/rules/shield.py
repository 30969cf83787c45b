"""The kinetic shield of rules.md §8, and the entry limits that stand beside the commandments.

Money is lamports, fractions are of start capital or of the equity peak; times are market time in epoch seconds.
"""

from math import ceil, floor

from msgspec import Struct

from core.rules.share import exact, part
from core.rules.verdict import Verdict

DAY_S = 86_400


class ShieldRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    daily_loss_share: float = 0.20
    """Of start capital, realised and open together."""
    drawdown_share: float = 0.25
    """From the equity peak."""
    position_cost_factor: float = 1.2
    """A position costs at most this times stake and allowed re-entries."""
    entry_fee_cap_lamports: int = 2_000_000
    entry_deadline_s: float = 2.0
    """An admitted entry that is not journaled within this time is not carried out."""
    unresolved_slots: int = 64
    """An order without outcome this long after its last valid slot is unresolved: finality takes about 32 slots."""
    refusal_again_s: float = 60.0
    """The same refusal of the same token is journaled at most this often."""
    mark_s: float = 10.0
    """Equity is marked this often while a position is open."""


def day_of(at_s: float) -> int:
    """Days since the epoch, UTC."""
    return int(at_s // DAY_S)


def next_day_s(at_s: float) -> float:
    """The next 00:00 UTC."""
    return float((day_of(at_s) + 1) * DAY_S)


def daily_loss_limit(rule: ShieldRule, capital_lamports: int) -> int:
    """The least loss of one day that stops entries."""
    return ceil(part(capital_lamports, rule.daily_loss_share))


def drawdown_limit(rule: ShieldRule, peak_lamports: int) -> int:
    """The least fall from the peak that stops entries."""
    return ceil(part(peak_lamports, rule.drawdown_share))


def daily_loss_verdict(
    rule: ShieldRule, *, result_lamports: int | None, capital_lamports: int, closed_day: int, now_s: float
) -> Verdict:
    """Fail once the day's result, realised and open, is a loss of the limit or more; then until 00:00 UTC.

    `result_lamports` None: the open part is not known. `closed_day`: the day in which the limit was last reached.
    """
    if closed_day == day_of(now_s):
        return Verdict.failed("daily_loss", "the daily loss limit was reached", until_s=next_day_s(now_s))
    if result_lamports is None:
        return Verdict.unknown("daily_loss", "the value of an open position is not known yet")
    if -result_lamports >= (limit := daily_loss_limit(rule, capital_lamports)):
        reason = f"lost {-result_lamports} of {limit} lamports today"
        return Verdict.failed("daily_loss", reason, until_s=next_day_s(now_s))
    return Verdict.passed("daily_loss")


def drawdown_verdict(rule: ShieldRule, *, equity_lamports: int | None, peak_lamports: int, halted: bool) -> Verdict:
    """Fail once equity has fallen from its peak by the limit or more; then until the operator resumes."""
    if halted:
        return Verdict.failed("drawdown", "the drawdown limit was reached: the operator must resume")
    if equity_lamports is None:
        return Verdict.unknown("drawdown", "the value of an open position is not known yet")
    fall = peak_lamports - equity_lamports
    if peak_lamports > 0 and fall >= (limit := drawdown_limit(rule, peak_lamports)):
        return Verdict.failed("drawdown", f"{fall} of {limit} lamports under the equity peak")
    return Verdict.passed("drawdown")


def position_cost_limit(rule: ShieldRule, *, stake_lamports: int, reentries_lamports: int) -> int:
    """The most that a position may cost: stake and allowed re-entries times the factor."""
    return floor((stake_lamports + reentries_lamports) * exact(rule.position_cost_factor))


def position_cost_verdict(
    rule: ShieldRule, *, cost_lamports: int, stake_lamports: int, reentries_lamports: int
) -> Verdict:
    """`cost_lamports`: what the position would have cost after this order."""
    limit = position_cost_limit(rule, stake_lamports=stake_lamports, reentries_lamports=reentries_lamports)
    if cost_lamports > limit:
        return Verdict.failed("position_cost", f"the position would cost {cost_lamports}, more than {limit} lamports")
    return Verdict.passed("position_cost")


def fee_verdict(rule: ShieldRule, *, fee_lamports: int) -> Verdict:
    """`fee_lamports`: base, priority and tip of the entry transaction."""
    if fee_lamports > rule.entry_fee_cap_lamports:
        return Verdict.failed("entry_fee", f"{fee_lamports} is over the cap of {rule.entry_fee_cap_lamports} lamports")
    return Verdict.passed("entry_fee")
