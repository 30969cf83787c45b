"""What the official JavaScript SDKs would quote, where that differs from the programs' own rounding.

`core.market.quotes` follows the programs. The SDKs differ in two places:

- Exact-in on a curve: the SDK takes one unit off the spend before the fees, the program takes it off after them. The
  SDK promises up to what four more units of the quote would buy, and a limit without slippage would then fail.
- Slippage: the SDKs take per cent as floats. On a curve they floor to a tenth of a per cent, on a pool they floor a
  float factor of a thousand million (7 % gives 929,999,999). Ours (`core.rules.exit_slippage`) is in basis points.

Figures: npm @pump-fun/pump-sdk 2.0.0 (bondingCurve.ts, sdk.ts), @pump-fun/pump-swap-sdk 1.20.0 (buy.ts, sell.ts).
"""

from math import floor

from core.market.curve import Curve
from core.market.fees import BPS, FeeRates

FACTOR = 1_000_000_000


def curve_tokens(curve: Curve, spend: int, rates: FeeRates) -> int:
    """`getBuyTokenAmountFromSolAmount`: token units for `spend` of the quote, fees included."""
    if spend <= 0:
        return 0
    net = (spend - 1) * BPS // (BPS + rates.total_bps)
    return min(net * curve.virtual_base // (curve.virtual_quote + net), curve.real_base)


def curve_most(quote: int, slippage_percent: float) -> int:
    """The limit of a buy on a curve: the quoted cost and slippage on top."""
    return quote + quote * floor(slippage_percent * 10) // 1_000


def curve_least(quote: int, slippage_percent: float) -> int:
    """The limit of a sale on a curve: the quoted proceeds less slippage."""
    return quote - quote * floor(slippage_percent * 10) // 1_000


def pool_most(quote: int, slippage_percent: float) -> int:
    """The limit of a buy on a pool."""
    return quote * floor((1 + slippage_percent / 100) * FACTOR) // FACTOR


def pool_least(quote: int, slippage_percent: float) -> int:
    """The limit of a sale on a pool."""
    return quote * floor((1 - slippage_percent / 100) * FACTOR) // FACTOR
