"""What is said of a token: layer 3 leaves when the crowd turns, before the price shows it (rules.md §6); where a source
is configured, entries ask for mentions, too (§3).

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
    source: bool = False
    """A source sends mentions of every token (POST /sentiment), so entries are judged by them: who is spoken of too
    little, or badly, is refused."""
    within_s: float = 600.0
    """Mentions older than this count nowhere."""
    known_mentions: int = 50
    """With so many the social score is only a matter of what they say."""
    negative_below: float = -0.7
    negative_mentions: int = 15
    panic_mentions: int = 5
    kept: int = 256
    """Newest mentions remembered for a token: far more than any count needs."""


class Mention(Struct, frozen=True, array_like=True):
    """`score` None: nobody rated it; it counts by its words alone."""

    at_s: float
    score: float | None
    panic: bool


class Social(Struct, frozen=True, kw_only=True, gc=False):
    """What a social source says about one token; None = it cannot tell."""

    mentions: int | None = None
    sentiment: float | None = None
    """−1…1."""
    score: float = 0.0
    """Social score 0…1 of the quality rule."""


def has_panic_word(text: str) -> bool:
    """Whether a word of the text begins as a panic word does."""
    return PANIC.search(unicodedata.normalize("NFC", text)) is not None


def noted(rule: SentimentRule, mentions: Sequence[Mention], mention: Mention, *, now_s: float) -> tuple[Mention, ...]:
    """The mentions with one more, without those that are too old to count."""
    recent = [one for one in (*mentions, mention) if now_s - one.at_s <= rule.within_s]
    return tuple(recent[-rule.kept :])


def said(rule: SentimentRule, mentions: Sequence[Mention], *, now_s: float) -> Social:
    """Of the last 10 min: how many, their mean score, and both as one score.

    The mean is of those that somebody rated, None without one. The score is the share of `known_mentions` that there
    is, at most all of it, times the mean brought from −1…1 to 0…1: nobody is made good by many who speak badly.
    """
    recent = [one for one in mentions if now_s - one.at_s <= rule.within_s]
    rated = [one.score for one in recent if one.score is not None]
    mean = sum(rated) / len(rated) if rated else None
    known = min(len(recent) / rule.known_mentions, 1.0)
    return Social(mentions=len(recent), sentiment=mean, score=0.0 if mean is None else known * (1.0 + mean) / 2.0)


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
