"""The circuit breaker of rules.md §7: after the worst exits no entries for half an hour. Exits never ask it.

Times are market time in epoch seconds.
"""

from collections.abc import Sequence

from msgspec import Struct

from core.rules.verdict import Verdict
from core.types import ExitReason


class BreakerRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    open_s: float = 1_800.0
    dump_share: float = 0.6
    """A massive dump opens it when the price fell by more than this."""
    panics: int = 2
    """This many panic exits within `panics_within_s` open it."""
    panics_within_s: float = 3_600.0


def after_panic(rule: BreakerRule, trigger: ExitReason, *, fall: float = 0.0) -> float:
    """Seconds for which one panic exit alone opens the breaker, 0 for not at all. `fall` is the price's, 0 to 1."""
    opens = trigger is ExitReason.HONEYPOT or (trigger is ExitReason.MASSIVE_DUMP and fall > rule.dump_share)
    return rule.open_s if opens else 0.0


def after_panics(rule: BreakerRule, panics_at_s: Sequence[float]) -> float:
    """Until when the number of panic exits keeps the breaker open; 0.0 when it does not. Times ascend."""
    ends = (
        last + rule.open_s
        for first, last in zip(panics_at_s, panics_at_s[rule.panics - 1 :], strict=False)
        if last - first <= rule.panics_within_s
    )
    return max(ends, default=0.0)


def entry_verdict(*, until_s: float, why: str, now_s: float) -> Verdict:
    if now_s < until_s:
        return Verdict.failed("breaker", f"circuit breaker open: {why}", until_s=until_s)
    return Verdict.passed("breaker")
