"""The program canary of rules.md §8: does what we send still fit the programs? Asked before a position depends on it.

At the start and every ten minutes the smallest buy and sell is simulated from the richest wallet. Programs change every
few months; then entries halt, exits go on. Times are market time.
"""

from msgspec import Struct

from core.rules.verdict import Outcome, Verdict

FUNDS = ("insufficient", "rent")
"""How a chain says that a wallet holds too little: that says nothing of the program."""


class CanaryRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    every_s: float = 600.0
    buy_lamports: int = 100_000
    """The smallest buy worth simulating: above rounding, far under any stake."""
    stale_after: int = 3
    """Rounds without an answer after which the last one is worth nothing any more."""


class Canary(Struct, frozen=True, array_like=True):
    """The newest answer. `at_s` −inf: never asked."""

    at_s: float = float("-inf")
    outcome: Outcome = Outcome.UNKNOWN
    reason: str = "not asked yet"


def due(rule: CanaryRule, canary: Canary, *, now_s: float) -> bool:
    """Whether to simulate now: at the start, then every ten minutes."""
    return now_s >= canary.at_s + rule.every_s


def judged(*, at_s: float, error: str | None, lamports: int, needed_lamports: int) -> Canary:
    """What a simulation says. `error` empty: it went through; None: the node gave no answer.

    `lamports`: of the richest wallet; under `needed_lamports` nothing can be simulated, and nothing is known.
    """
    if lamports < needed_lamports:
        return Canary(at_s, Outcome.UNKNOWN, f"unfunded: the richest wallet holds {lamports} of {needed_lamports}")
    if error is None:
        return Canary(at_s, Outcome.UNKNOWN, "no answer")
    if not error:
        return Canary(at_s, Outcome.PASS, "the smallest buy and sell go through")
    if any(word in error.lower() for word in FUNDS):
        return Canary(at_s, Outcome.UNKNOWN, f"unfunded: {error}")
    return Canary(at_s, Outcome.FAIL, error)


def entry_verdict(rule: CanaryRule, canary: Canary, *, now_s: float) -> Verdict:
    """Fail halts entries, unknown does not pass either, an old pass is unknown. Exits never ask."""
    if canary.outcome is Outcome.FAIL:
        return Verdict.failed("canary", f"the programs refuse our transactions: {canary.reason}")
    if canary.outcome is Outcome.UNKNOWN:
        return Verdict.unknown("canary", canary.reason)
    if now_s - canary.at_s > rule.stale_after * rule.every_s:
        return Verdict.unknown("canary", f"last seen well {(now_s - canary.at_s) / 60:.0f} min ago")
    return Verdict.passed("canary", canary.reason)
