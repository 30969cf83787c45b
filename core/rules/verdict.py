"""The three-valued outcome of every criterion: pass, fail, unknown. Unknown is never silently pass."""

from enum import StrEnum

from msgspec import Struct


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
"""The same, for what judges all the time: looking a member up in its class costs as much as making a verdict."""


class Verdict(Struct, frozen=True, array_like=True, gc=False):
    """One criterion's outcome with the reason a person reads.

    `final` marks a fail that can never become a pass for this token. `until_s` says when a transient fail ends, in
    market time, where that is known.
    """

    criterion: str
    outcome: Outcome
    reason: str = ""
    final: bool = False
    until_s: float | None = None

    @property
    def ok(self) -> bool:
        return self.outcome is PASS

    @classmethod
    def passed(cls, criterion: str, reason: str = "") -> "Verdict":
        return cls(criterion, PASS, reason)

    @classmethod
    def failed(
        cls, criterion: str, reason: str = "", *, final: bool = False, until_s: float | None = None
    ) -> "Verdict":
        return cls(criterion, FAIL, reason, final, until_s)

    @classmethod
    def unknown(cls, criterion: str, reason: str = "") -> "Verdict":
        return cls(criterion, UNKNOWN, reason)


def all_pass(verdicts: "tuple[Verdict, ...]") -> bool:
    """True when every criterion passed: an unknown among them is not a pass."""
    return all(verdict.outcome is PASS for verdict in verdicts)
