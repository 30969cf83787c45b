"""Spells: things that happen to the whole market for a while, by its own time. All times are seconds of market time.

A spell begins `at_s` after the market's start, lasts `for_s`, and comes again every `every_s` (0: once).
"""

from collections.abc import Iterable
from typing import Annotated, TypeVar

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(ge=0.0)]
Length = Annotated[float, Meta(gt=0.0)]
Factor = Annotated[float, Meta(ge=0.0, le=1_000.0)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]


class Spell(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    at_s: Seconds = 0.0
    for_s: Length
    every_s: Seconds = 0.0


class FeedOutage(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="feed_outage"):
    """The market goes on, but nobody hears of it; the first batch afterwards says that there was a gap."""


class ProgramUpgrade(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="program_upgrade"):
    """The programs changed and this software did not yet: events do not decode, our transactions fail with a layout
    error and cannot be simulated. Others trade on. When it ends, we have caught up; what was missed is a gap."""


class FeeWave(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="fee_wave"):
    """Congestion for a while. The defaults are market.md's: fees × 10, half of all transactions fail."""

    fees: Factor = 10.0
    failures: Factor = 2.5


class SolCrash(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="sol_crash"):
    """SOL/USD falls by the share `fall` over `for_s`, and stays there; never under the bounds of the path."""

    fall: Share = 0.35
    http_every_s: Seconds = 60.0
    """The HTTP source gets a new price only so often while everybody asks it. Assumed."""


AnySpell = FeedOutage | ProgramUpgrade | FeeWave | SolCrash

S = TypeVar("S", bound=Spell)


def is_on(spell: Spell, since_s: float) -> bool:
    """Whether the spell holds `since_s` after the market's start."""
    since_s -= spell.at_s
    if since_s < 0.0:
        return False
    return (since_s % spell.every_s if spell.every_s else since_s) < spell.for_s


def on_of(spells: Iterable[AnySpell], kind: type[S], since_s: float) -> tuple[S, ...]:
    """The spells of this kind that hold now."""
    return tuple(spell for spell in spells if isinstance(spell, kind) and is_on(spell, since_s))
