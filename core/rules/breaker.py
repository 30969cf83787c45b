"""The circuit breaker of rules.md §7: after the worst exits no entries for half an hour. Exits never ask it.

Times are market time in epoch seconds.
"""

from collections.abc import Sequence

from msgspec import Struct

from core.rules.share import exact
from core.rules.verdict import Verdict
from core.types import ExitReason


class BreakerRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    open_s: float = 1_800.0
    dump_share: float = 0.6
    """A massive dump opens it when the price fell by more than this."""
    panics: int = 2
    """Panic exits of this many operations within `panics_within_s` open it."""
    panics_within_s: float = 3_600.0


class Panic(Struct, frozen=True, array_like=True):
    """An emergency that fired; folded from the journal, so it survives restarts."""

    at_s: float
    operation_id: str
    trigger: ExitReason
    drop_bps: int = 0


def opened_by(rule: BreakerRule, panics: Sequence[Panic]) -> tuple[float, str]:
    """Until when these emergencies, oldest first, keep the breaker open, and why; (0.0, "") when none does."""
    ends = [(panic.at_s + rule.open_s, str(panic.trigger)) for panic in panics if _opens_alone(rule, panic)]
    firsts: dict[str, float] = {}
    for panic in panics:
        firsts.setdefault(panic.operation_id, panic.at_s)
    exits_at_s = list(firsts.values())
    for first, last in zip(exits_at_s, exits_at_s[rule.panics - 1 :], strict=False):
        if last - first <= rule.panics_within_s:
            ends.append((last + rule.open_s, f"{rule.panics} panic exits within {rule.panics_within_s / 60:g} min"))
    return max(ends, default=(0.0, ""))


def _opens_alone(rule: BreakerRule, panic: Panic) -> bool:
    if panic.trigger is ExitReason.MASSIVE_DUMP:
        return panic.drop_bps > exact(rule.dump_share) * 10_000
    return panic.trigger is ExitReason.HONEYPOT


def entry_verdict(*, until_s: float, why: str, now_s: float) -> Verdict:
    if now_s < until_s:
        return Verdict.failed("breaker", f"circuit breaker open: {why}", until_s=until_s)
    return Verdict.passed("breaker")
