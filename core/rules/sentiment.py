"""Layer 3: leave when the crowd turns, before the price shows it (rules.md §6).

Pure. A mention is one post about the token with a score −1…1 and whether it holds a panic word. Times are market time.
Text is untrusted: it is read for words only and not kept.
"""

import re
import unicodedata
from collections.abc import Sequence

from msgspec import Struct

PANIC_WORDS = (
    r"rug(?:s|ged|ging|pull\w*)?\b",
    r"(?:scam|dump|honeypot|exit|sell|crash)\w*",
    r"(?:oszust|oszuka|przekręt|przekret|wałek|walek|wałk|zrzut|zrzuc|pułapk|pulapk|uciek|uciecz)\w*",
    r"(?:wyjdź|wyjdz|wyjści|wyjsci|wychodz|sprzeda|krach|załam|zalam)\w*",
)
"""Beginnings of words, English and Polish, so that inflected forms count; Polish also without its accents."""
PANIC = re.compile(r"\b(?:" + "|".join(PANIC_WORDS) + ")", re.IGNORECASE)


class SentimentRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    within_s: float = 600.0
    negative_below: float = -0.7
    negative_mentions: int = 15
    panic_mentions: int = 5
    kept: int = 256
    """Newest mentions remembered for a held token: far more than either count needs."""


class Mention(Struct, frozen=True, array_like=True):
    """`score` None: nobody rated it; it counts by its words alone."""

    at_s: float
    score: float | None
    panic: bool


def has_panic_word(text: str) -> bool:
    """Whether a word of the text begins as a panic word does."""
    return PANIC.search(unicodedata.normalize("NFC", text)) is not None


def noted(rule: SentimentRule, mentions: Sequence[Mention], mention: Mention, *, now_s: float) -> tuple[Mention, ...]:
    """The mentions with one more, without those that are too old to count."""
    recent = [one for one in (*mentions, mention) if now_s - one.at_s <= rule.within_s]
    return tuple(recent[-rule.kept :])


def turned(rule: SentimentRule, mentions: Sequence[Mention], *, now_s: float) -> str:
    """Why to sell all, or empty: enough very negative mentions, or enough with a panic word, in the last 10 min."""
    recent = [one for one in mentions if now_s - one.at_s <= rule.within_s]
    negative = sum(1 for one in recent if one.score is not None and one.score < rule.negative_below)
    panic = sum(1 for one in recent if one.panic)
    minutes = f"{rule.within_s / 60:g} min"
    if negative >= rule.negative_mentions:
        return f"{negative} mentions below {rule.negative_below:g} in {minutes}"
    if panic >= rule.panic_mentions:
        return f"{panic} mentions with a panic word in {minutes}"
    return ""
