"""The cost of getting in and out again, as a share of the stake: what the cost gate of the entry rule judges."""

from fractions import Fraction

from msgspec import Struct

from core.market.fees import FeeRates
from core.market.quotes import AnyVenue, buy_exact_in, sell
from core.types import BASE_FEE_LAMPORTS


class TransactionCosts(Struct, frozen=True, kw_only=True, gc=False):
    """Lamports that a round trip pays beside the trades. Rent here is only what will not come back."""

    signatures_per_transaction: int = 1
    buy_priority_lamports: int = 0
    sell_priority_lamports: int = 0
    buy_tip_lamports: int = 0
    sell_tip_lamports: int = 0
    lost_rent_lamports: int = 0


class RoundTripCost(Struct, frozen=True, kw_only=True, gc=False):
    """Cost of 1 buy and n sells by kind, in lamports; kinds add up to `total_lamports`."""

    stake_lamports: int
    protocol_lamports: int
    creator_lamports: int
    lp_lamports: int
    cashback_lamports: int
    impact_lamports: int
    transaction_lamports: int
    rent_lamports: int

    @property
    def total_lamports(self) -> int:
        return (
            self.protocol_lamports
            + self.creator_lamports
            + self.lp_lamports
            + self.cashback_lamports
            + self.impact_lamports
            + self.transaction_lamports
            + self.rent_lamports
        )

    @property
    def share(self) -> Fraction:
        """Cost ÷ stake, exact."""
        return Fraction(self.total_lamports, self.stake_lamports)


def round_trip_cost(
    venue: AnyVenue, stake_lamports: int, rates: FeeRates, costs: TransactionCosts, *, sells: int = 3
) -> RoundTripCost | None:
    """Cost of buying for `stake_lamports` (fees included) and selling it all in `sells` equal slices.

    Each sell is quoted against the reserves as they are before the buy: our own push of the price is not counted on to
    be there when we sell. `None` where the buy or a slice cannot be traded: then there is no way out to price.
    Price impact is the distance of all fills from today's spot price, rounding included; the spot value itself cancels.
    The stake of the result is what the buy really spends.
    """
    buy = buy_exact_in(venue, stake_lamports, rates)
    if buy is None or sells < 1:
        return None
    fees, impact = buy.fees, buy.quote_lamports
    protocol, creator = fees.protocol_charged_lamports, fees.creator_lamports
    lp, cashback = fees.lp_lamports, fees.cashback_lamports
    for tokens, times in _slices(buy.tokens, sells):
        quote = sell(venue, tokens, rates)
        if quote is None:
            return None
        fees = quote.fees
        protocol += fees.protocol_charged_lamports * times
        creator += fees.creator_lamports * times
        lp += fees.lp_lamports * times
        cashback += fees.cashback_lamports * times
        impact -= quote.quote_lamports * times
    return RoundTripCost(
        stake_lamports=buy.total_lamports,
        protocol_lamports=protocol,
        creator_lamports=creator,
        lp_lamports=lp,
        cashback_lamports=cashback,
        impact_lamports=impact,
        transaction_lamports=(1 + sells) * costs.signatures_per_transaction * BASE_FEE_LAMPORTS
        + costs.buy_priority_lamports
        + costs.buy_tip_lamports
        + sells * (costs.sell_priority_lamports + costs.sell_tip_lamports),
        rent_lamports=costs.lost_rent_lamports,
    )


def _slices(tokens: int, parts: int) -> list[tuple[int, int]]:
    """`tokens` in `parts` whole slices that differ by at most one unit, as (size, how many of it)."""
    whole, extra = divmod(tokens, parts)
    return [(whole + 1, extra), (whole, parts - extra)] if extra else [(whole, parts)]
