"""`Reserves`, as messages carry them, from and to the curve and pool that the mathematics works on."""

from core.market.curve import Curve
from core.market.pool import Pool
from core.market.quotes import AnyVenue
from core.messages import Reserves
from core.types import Venue

_CURVE, _POOL = Venue.CURVE, Venue.POOL


def venue_of(reserves: Reserves) -> AnyVenue:
    """The curve or pool with these reserves. A curve with nothing left to buy is complete."""
    if reserves.venue is _CURVE:
        return Curve(reserves.quote, reserves.base, reserves.real_quote, reserves.real_base, reserves.real_base == 0)
    return Pool(reserves.base, reserves.real_quote, reserves.quote - reserves.real_quote)


def reserves_of(venue: AnyVenue) -> Reserves:
    """What messages say of this curve or pool."""
    if isinstance(venue, Curve):
        return Reserves(_CURVE, venue.virtual_quote, venue.virtual_base, venue.real_quote, venue.real_base)
    return Reserves(_POOL, venue.quote + venue.virtual_quote, venue.base, venue.quote, venue.base)
