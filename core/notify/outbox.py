"""What waits to go out to one address: each alert once in a while, not too many at once, tried again, none forgotten.

Pure. `now_s` is any clock that never runs backwards. What cannot go out by itself is counted by kind and told in one
message as soon as the rate allows it.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.notify.letter import Letter, spoken
from core.notify.rule import SEVERITIES, NotifyRule

KNOWN_MOST: Final = 1_000
KINDS_MOST: Final = 20
OTHERS: Final = "others"
SUMMARY: Final = "held_back"

Same = tuple[str, str, str]


class Bucket(Struct, frozen=True):
    """`left` messages may go at `at_s`; it fills up with time."""

    left: float
    at_s: float


class Outbox(Struct, frozen=True, kw_only=True):
    waiting: tuple[Letter, ...] = ()
    known: dict[Same, tuple[float, int]] = {}
    """When each alert was last let through, and how often it came since."""
    buckets: dict[bool, Bucket] = {}
    """Of critical letters (True) and of the rest."""
    held: dict[str, int] = {}
    """What did not get through, by key, until a summary tells."""
    attempts: int = 0
    """Failures of the first that waits."""
    retry_at_s: float = 0.0
    sent: int = 0
    failed: int = 0
    repeated: int = 0
    held_back: int = 0
    lost: int = 0
    """Given up after the last attempt; counted in a summary, too."""
    last_error: str = ""


class ChannelView(Struct, frozen=True, kw_only=True):
    """One address as the monitor sees it; nothing secret."""

    name: str
    severity: str
    waiting: int
    sent: int
    failed: int
    repeated: int
    held_back: int
    lost: int
    last_error: str


class NotificationsView(Struct, frozen=True, kw_only=True):
    channels: tuple[ChannelView, ...]


def matters(severity: str, least: str) -> bool:
    """Whether an alert of this severity goes to an address that takes `least` and worse."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(least)


def offered(outbox: Outbox, rule: NotifyRule, letter: Letter, now_s: float) -> Outbox:
    """Take a letter in: to wait, to be counted as a repetition, or to be held back."""
    same = (letter.key, letter.mint, letter.severity)
    last_s, since = outbox.known.get(same, (float("-inf"), 0))
    if now_s - last_s < rule.again_s:
        known = {**outbox.known, same: (last_s, since + 1)}
        return replace(outbox, known=known, repeated=outbox.repeated + 1)
    known = {**_recent(outbox.known, rule, now_s), same: (now_s, 0)}
    outbox, allowed = _take(replace(outbox, known=known), rule, now_s, critical=letter.severity == "critical")
    if not allowed or len(outbox.waiting) >= rule.queue_most:
        return replace(outbox, held=_counted(outbox.held, letter.key), held_back=outbox.held_back + 1)
    if since:
        letter = replace(letter, text=f"{letter.text}\n(came {since} more times since it was last told)")
    return replace(outbox, waiting=(*outbox.waiting, letter))


def turn(outbox: Outbox, rule: NotifyRule, now_s: float) -> tuple[Outbox, Letter | None]:
    """What to send now; None: `wait_s` says when to look again."""
    if now_s < outbox.retry_at_s:
        return outbox, None
    if not outbox.waiting and outbox.held:
        outbox, allowed = _take(outbox, rule, now_s, critical=False)
        if allowed:
            outbox = replace(outbox, waiting=(_summary(outbox.held),), held={})
    return outbox, outbox.waiting[0] if outbox.waiting else None


def wait_s(outbox: Outbox, rule: NotifyRule, now_s: float) -> float | None:
    """How long nothing can be due; None until something is offered."""
    if outbox.waiting:
        return max(outbox.retry_at_s - now_s, 0.0)
    if outbox.held:
        left = _filled(outbox, rule, now_s, critical=False)
        return max((1.0 - left) * rule.every_s, outbox.retry_at_s - now_s, 0.0)
    return None


def sent(outbox: Outbox) -> Outbox:
    """The first that waits has gone."""
    return replace(outbox, waiting=outbox.waiting[1:], sent=outbox.sent + 1, attempts=0, retry_at_s=0.0, last_error="")


def failed(outbox: Outbox, rule: NotifyRule, error: str, now_s: float) -> Outbox:
    """The first that waits did not go: again later, later each time, and in the end only in a summary."""
    attempts = outbox.attempts + 1
    delay_s = min(rule.retry_first_s * 2 ** (attempts - 1), rule.retry_most_s)
    outbox = replace(outbox, failed=outbox.failed + 1, attempts=attempts, retry_at_s=now_s + delay_s, last_error=error)
    if attempts < rule.attempts:
        return outbox
    held = _counted(outbox.held, outbox.waiting[0].key)
    return replace(outbox, waiting=outbox.waiting[1:], attempts=0, held=held, lost=outbox.lost + 1)


def view(outbox: Outbox, *, name: str, severity: str) -> ChannelView:
    return ChannelView(
        name=name,
        severity=severity,
        waiting=len(outbox.waiting),
        sent=outbox.sent,
        failed=outbox.failed,
        repeated=outbox.repeated,
        held_back=outbox.held_back,
        lost=outbox.lost,
        last_error=outbox.last_error,
    )


def _recent(known: dict[Same, tuple[float, int]], rule: NotifyRule, now_s: float) -> dict[Same, tuple[float, int]]:
    """Without the oldest: what has not come for twice the time is forgotten, and never more than so many are kept."""
    kept = {same: past for same, past in known.items() if now_s - past[0] < 2 * rule.again_s}
    return dict(sorted(kept.items(), key=lambda one: one[1][0])[-KNOWN_MOST:])


def _filled(outbox: Outbox, rule: NotifyRule, now_s: float, *, critical: bool) -> float:
    bucket = outbox.buckets.get(critical)
    if bucket is None:
        return float(rule.burst)
    return min(bucket.left + (now_s - bucket.at_s) / rule.every_s, float(rule.burst))


def _take(outbox: Outbox, rule: NotifyRule, now_s: float, *, critical: bool) -> tuple[Outbox, bool]:
    left = _filled(outbox, rule, now_s, critical=critical)
    allowed = left >= 1.0
    bucket = Bucket(left - 1.0 if allowed else left, now_s)
    return replace(outbox, buckets={**outbox.buckets, critical: bucket}), allowed


def _counted(held: Mapping[str, int], key: str) -> dict[str, int]:
    kind = key if key in held or len(held) < KINDS_MOST else OTHERS
    return {**held, kind: held.get(kind, 0) + 1}


def _summary(held: Mapping[str, int]) -> Letter:
    kinds = ", ".join(f"{count} × {spoken(key)}" for key, count in sorted(held.items(), key=lambda one: -one[1]))
    text = f"{sum(held.values())} alerts were not told one by one: {kinds}. The monitor has them all."
    return Letter(key=SUMMARY, severity="warning", text=text)
