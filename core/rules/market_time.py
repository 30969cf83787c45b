"""Which time it is for the rules while a live feed is silent or late (rules.md, opening and §7).

Rules run on block time. While something is held the time is the larger of block time and an anchor's block time plus
what has passed on the monotonic clock since: a feed that stops does not stop the 55 minutes, nor the seconds of its own
silence. The anchor moves along while nothing is held, so that the drift between the two clocks never adds up, and is
made anew from block time at a restart. Recordings and the embedded market have no such time: there the next batch says
how long nothing came. The wall clock is for display; a jump of it is told apart from time that passed.
"""

from msgspec import Struct

from core.rules.verdict import Verdict


class WallClockRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    jump_max_s: float = 2.0
    look_every_s: float = 1.0


class Anchor(Struct, frozen=True, array_like=True):
    """Block time `at_s` was seen at monotonic `real_s`."""

    at_s: float
    real_s: float


def anchored(anchor: Anchor | None, *, block_at_s: float, real_s: float, holding: bool) -> Anchor:
    """The anchor after a block was seen: kept while something is held, otherwise this block."""
    return anchor if anchor is not None and holding else Anchor(block_at_s, real_s)


def now_s(anchor: Anchor, *, block_at_s: float, real_s: float) -> float:
    """The larger of block time and the anchor's time gone on."""
    return max(block_at_s, anchor.at_s + (real_s - anchor.real_s))


def jump_s(*, wall_before_s: float, wall_s: float, real_before_s: float, real_s: float) -> float:
    """By how much the wall clock went otherwise than time did between two looks; negative: backwards."""
    return (wall_s - wall_before_s) - (real_s - real_before_s)


def wall_verdict(rule: WallClockRule, jumped_s: float) -> Verdict:
    """Fail when the wall clock jumped: entries stop, a person is told."""
    if abs(jumped_s) > rule.jump_max_s:
        return Verdict.failed("wall_clock", f"the wall clock jumped by {jumped_s:+.1f} s")
    return Verdict.passed("wall_clock")
