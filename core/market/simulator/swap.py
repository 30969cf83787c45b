"""One trade of the simulated market, as agents and broadcast hand it on."""

from msgspec import Struct

from core.market.fees import FeeRates
from core.types import Side


class Swap(Struct, frozen=True, gc=False):
    """What moved the reserves, in lamports, and at which rates its fees were taken. `lp_fee` is 0 on the curve."""

    side: Side
    wallet: str
    quote: int
    tokens: int
    rates: FeeRates
    lp_fee: int = 0
