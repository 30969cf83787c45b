"""Our own trades on a market that does not know of them: a feed of the real chain goes on as if we had not traded.

What our fills put into a curve or pool and took out is kept per token and added to every reserve that the feed reports
later, so each of our trades moves the price for everybody after it, ourselves first of all. It is an approximation: the
amounts of others stay as they were, though they would have got a little less. When a token moves to its pool, what we
did to the curve ends with the curve.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from core.market.fees import FeeRates, as_cashback, rates_of
from core.market.reserves import venue_of
from core.messages import AnyMarketData, Graduated, Launched, PoolOpened, Reserves, Traded
from core.types import Venue

TOKENS_KEPT = 65_536
"""Tokens whose last reserves are remembered: more than a day of launches."""


class Impact(Struct, frozen=True, array_like=True):
    """What our fills have put in (`quote`) and taken out (`base`), both signed, where the token trades now."""

    venue: Venue
    quote: int
    base: int


def moved(reserves: Reserves, impact: Impact | None) -> Reserves:
    """`reserves` as they would be with our trades. Unchanged where the impact belongs to another venue."""
    if impact is None or impact.venue is not reserves.venue:
        return reserves
    quote, base = reserves.quote + impact.quote, reserves.base - impact.base
    if quote <= 0 or base <= 0:
        return reserves  # others have emptied it: nothing is left that we could have moved
    real_quote, real_base = reserves.real_quote + impact.quote, reserves.real_base - impact.base
    return Reserves(reserves.venue, quote, base, max(real_quote, 0), max(real_base, 0))


class ImpactBook:
    """Last reserves by token, as the feed told them, and our impact on each."""

    def __init__(self, impacts: dict[str, Impact] | None = None, reserves: dict[str, Reserves] | None = None) -> None:
        self.impacts: dict[str, Impact] = dict(impacts or {})
        self._reported: dict[str, Reserves] = dict(reserves or {})
        self._cashback: dict[str, None] = {}

    def seen(self, message: AnyMarketData) -> AnyMarketData:
        """Remember what the feed says of a token; the message with the reserves that our trades have left."""
        if isinstance(message, Launched) and message.cashback:
            _make_room(self._cashback)
            self._cashback[message.mint] = None
        if isinstance(message, Traded | PoolOpened | Launched):
            self._remember(message.mint, message.reserves)
            impact = self.impacts.get(message.mint)
            return message if impact is None else replace(message, reserves=moved(message.reserves, impact))
        if isinstance(message, Graduated):
            self.impacts.pop(message.mint, None)
            self._reported.pop(message.mint, None)
        return message

    def reserves(self, mint: str) -> Reserves | None:
        """The reserves that our next trade meets; None while the feed has said nothing, or between curve and pool."""
        reported = self._reported.get(mint)
        return None if reported is None else moved(reported, self.impacts.get(mint))

    def rates(self, mint: str) -> FeeRates | None:
        """Today's rates where the token trades; a coin seen launched as a cashback coin pays as one."""
        reserves = self.reserves(mint)
        if reserves is None:
            return None
        rates = rates_of(venue_of(reserves))
        return as_cashback(rates) if mint in self._cashback else rates

    def filled(self, mint: str, before: Reserves, after: Reserves) -> None:
        """Our fill turned `before` into `after`."""
        impact = self.impacts.get(mint)
        if impact is None or impact.venue is not after.venue:
            impact = Impact(after.venue, 0, 0)
        quote, base = impact.quote + after.quote - before.quote, impact.base + before.base - after.base
        self.impacts[mint] = Impact(after.venue, quote, base)

    def reported(self, mints: frozenset[str]) -> dict[str, Reserves]:
        """What the feed last said of these tokens: to be kept over a restart for those that we hold."""
        return {mint: reserves for mint, reserves in self._reported.items() if mint in mints}

    def _remember(self, mint: str, reserves: Reserves) -> None:
        if mint not in self._reported:
            _make_room(self._reported)
        self._reported[mint] = reserves


def _make_room(kept: dict[str, Any]) -> None:
    if len(kept) >= TOKENS_KEPT:
        for oldest in list(kept)[: TOKENS_KEPT // 8]:
            del kept[oldest]
