"""Time protocol: how much must be sold by when, and how urgent it is (rules.md §5).

Pure: `held_s` is market time since the first fill, tokens are base units. Fractions are of the quantity bought so far;
what other layers sold counts. Nothing is rounded but a step's target, downwards; the last step is all.
"""

from enum import StrEnum

from msgspec import Struct

from core.errors import Refused
from core.rules.life_limit import LifeRule

BPS = 10_000


class TimeRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    golden_until_s: float = 900.0
    decay_until_s: float = 2_700.0
    late_until_s: float = 3_000.0
    """After it the buffer, until the life limit (`LifeRule`)."""
    decay_at_s: tuple[float, ...] = (1_200.0, 1_500.0, 1_800.0, 2_100.0)
    decay_sold_bps: tuple[int, ...] = (3_300, 6_600, 9_900, 10_000)
    """Cumulative share of the bought quantity that is sold from each of `decay_at_s` on."""
    late_slippage_bps: int = 1_000
    buffer_slippage_bps: int = 2_000
    """The first attempt in the buffer; failures raise it further (exit_slippage)."""

    def __post_init__(self) -> None:
        steps = len(self.decay_at_s)
        if len(self.decay_sold_bps) != steps or list(self.decay_at_s) != sorted(self.decay_at_s):
            raise Refused(f"the time protocol needs rising times and one share each, not: {self.decay_at_s}")


class Window(StrEnum):
    GOLDEN = "golden"
    DECAY = "decay"
    LATE = "late"
    BUFFER = "buffer"
    EXPIRED = "expired"


class Urgency(StrEnum):
    """For display."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    IMMEDIATE = "immediate"


class Step(Struct, frozen=True, array_like=True):
    """An exit that time will force: from `at_s` after the first fill on, `tokens` more must be sold."""

    at_s: float
    tokens: int


def window(rule: TimeRule, life: LifeRule, held_s: float) -> Window:
    """The window at this age; a boundary belongs to the window that begins there."""
    if held_s >= life.max_s:
        return Window.EXPIRED
    if held_s < rule.golden_until_s:
        return Window.GOLDEN
    if held_s < rule.decay_until_s:
        return Window.DECAY
    return Window.LATE if held_s < rule.late_until_s else Window.BUFFER


def urgency(rule: TimeRule, life: LifeRule, held_s: float) -> Urgency:
    """How pressing time is: decay counts as low until its middle and as medium after it."""
    match window(rule, life, held_s):
        case Window.GOLDEN:
            return Urgency.NONE
        case Window.DECAY:
            middle_s = (rule.golden_until_s + rule.decay_until_s) / 2
            return Urgency.LOW if held_s < middle_s else Urgency.MEDIUM
        case Window.LATE:
            return Urgency.HIGH
        case Window.BUFFER:
            return Urgency.CRITICAL
        case Window.EXPIRED:
            return Urgency.IMMEDIATE


def due_tokens(rule: TimeRule, held_s: float, *, bought_tokens: int, held_tokens: int) -> int:
    """How much of what is held must be sold now for the time that has passed."""
    if held_s >= rule.decay_until_s:
        return held_tokens
    passed = [bps for at_s, bps in zip(rule.decay_at_s, rule.decay_sold_bps, strict=True) if held_s >= at_s]
    target = _target(bought_tokens, passed[-1]) if passed else 0
    return _missing(target, bought_tokens, held_tokens)


def next_steps(rule: TimeRule, held_s: float, *, bought_tokens: int, held_tokens: int) -> tuple[Step, ...]:
    """What time will force from here on if nothing else sells; empty when nothing is held."""
    steps = list[Step]()
    moments = [*zip(rule.decay_at_s, rule.decay_sold_bps, strict=True), (rule.decay_until_s, BPS)]
    for at_s, bps in moments:
        tokens = _missing(_target(bought_tokens, bps), bought_tokens, held_tokens)
        if at_s >= held_s and tokens > 0:
            steps.append(Step(at_s, tokens))
            held_tokens -= tokens
    return tuple(steps)


def slippage_floor_bps(rule: TimeRule, held_s: float) -> int:
    """The least slippage that the window asks of an ordinary exit; 0 before the late window."""
    if held_s < rule.decay_until_s:
        return 0
    return rule.late_slippage_bps if held_s < rule.late_until_s else rule.buffer_slippage_bps


def _target(bought_tokens: int, bps: int) -> int:
    return bought_tokens * bps // BPS


def _missing(target: int, bought_tokens: int, held_tokens: int) -> int:
    sold = bought_tokens - held_tokens
    return min(max(target - sold, 0), held_tokens)
