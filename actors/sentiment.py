"""The sentiment actor: what is said of tokens, to those who judge them and to the positions in them."""

from msgspec import Struct
from typing_extensions import override

from actors.machine import MachineActor
from core.effects import Effects, Now
from core.messages import SocialSeen
from core.state import hearsay


class SentimentView(Struct, frozen=True, kw_only=True):
    """`tokens` that are spoken of; None where entries are not judged by mentions."""

    tokens: int | None
    mentions: int
    """Since the start."""


class SentimentActor(MachineActor[SocialSeen, int]):
    """Its state is how many mentions came; what they say is kept beside the market, and outlives it."""

    @override
    def begin(self, now: Now) -> tuple[int, Effects]:
        return 0, ()

    @override
    def step(self, state: int, message: SocialSeen, now: Now) -> tuple[int, Effects]:
        return state + 1, hearsay.heard(message, now)

    @override
    def view(self) -> SentimentView | None:
        if not self.begun:
            return None
        social = self.fresh().market.social
        return SentimentView(tokens=None if social is None else len(social), mentions=self.state)
