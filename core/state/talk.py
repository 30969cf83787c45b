"""What is said of every token that is spoken of, for those who judge entries."""

from collections import OrderedDict

from core.messages import SocialSeen
from core.rules import sentiment
from core.rules.sentiment import Mention, SentimentRule, Social

TOKENS = 2_000
"""Of more, the one that has been silent for longest is forgotten: a token is judged for its first twenty minutes."""


class Talk:
    """Mutable, one per process; outlives the actor that fills it. Some 20 kB for a token that everybody speaks of."""

    __slots__ = ("_of", "_rule")

    def __init__(self, rule: SentimentRule) -> None:
        self._rule = rule
        self._of: OrderedDict[str, tuple[Mention, ...]] = OrderedDict()

    def take(self, seen: SocialSeen, now_s: float) -> None:
        mention = Mention(seen.at_s, seen.score, sentiment.has_panic_word(seen.text))
        self._of[seen.mint] = sentiment.noted(self._rule, self._of.get(seen.mint, ()), mention, now_s=now_s)
        self._of.move_to_end(seen.mint)
        if len(self._of) > TOKENS:
            self._of.popitem(last=False)

    def of(self, mint: str, now_s: float) -> Social:
        """Of a token that nobody speaks of: no mentions, which is known, and no sentiment, which is not."""
        return sentiment.said(self._rule, self._of.get(mint, ()), now_s=now_s)

    def __len__(self) -> int:
        """Tokens that are spoken of."""
        return len(self._of)
