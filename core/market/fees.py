"""Fee schedules of the pump programs as data, and the amounts they take, integers only.

Each fee is ⌈amount·bps/10000⌉ of the amount that enters or leaves the reserves. The buyback is half of the protocol
fee, rounded down and taken from it: it costs the trader nothing more, but another account receives it.
Figures: PumpSwap FeeConfig account, Sept 2026; the curve's own FeeConfig has 95 + 30 bps in every tier.
"""

from bisect import bisect_right

from msgspec import Struct
from msgspec.structs import replace

from core.market import curve as curves
from core.market import pool as pools
from core.market.curve import SUPPLY_UNITS, Curve
from core.market.pool import Pool
from core.types import LAMPORTS_PER_SOL

BPS = 10_000


class FeeRates(Struct, frozen=True, kw_only=True, gc=False):
    """Rates of one trade in basis points; `buyback_bps` is a share of the protocol fee, not of the amount."""

    protocol_bps: int
    creator_bps: int
    lp_bps: int = 0
    cashback_bps: int = 0
    buyback_bps: int = 5_000

    @property
    def total_bps(self) -> int:
        """What the trader pays on the amount."""
        return self.protocol_bps + self.creator_bps + self.lp_bps + self.cashback_bps


class Fees(Struct, frozen=True, kw_only=True, gc=False):
    """Lamports by receiver, disjoint: `protocol_lamports` is what is left of the protocol fee after the buyback."""

    protocol_lamports: int = 0
    buyback_lamports: int = 0
    creator_lamports: int = 0
    lp_lamports: int = 0
    cashback_lamports: int = 0

    @property
    def protocol_charged_lamports(self) -> int:
        """The protocol fee as events report it, buyback included."""
        return self.protocol_lamports + self.buyback_lamports

    @property
    def total_lamports(self) -> int:
        """Everything the trade paid in fees. Cashback counts as paid: it is income only when claimed."""
        return (
            self.protocol_lamports
            + self.buyback_lamports
            + self.creator_lamports
            + self.lp_lamports
            + self.cashback_lamports
        )


class FeeTier(Struct, frozen=True):
    """Rates from a market cap (lamports, inclusive) on."""

    market_cap_from_lamports: int
    rates: FeeRates


class FeeSchedule(Struct, frozen=True):
    """Tiers ascending by market cap; the first also holds below its own threshold."""

    tiers: tuple[FeeTier, ...]


def rates_at(schedule: FeeSchedule, market_cap_lamports: int) -> FeeRates:
    """The rates of the highest tier whose threshold is reached."""
    tiers = schedule.tiers
    if len(tiers) == 1:
        return tiers[0].rates
    index = bisect_right(tiers, market_cap_lamports, key=lambda tier: tier.market_cap_from_lamports)
    return tiers[max(index - 1, 0)].rates


def fee_on(amount: int, bps: int) -> int:
    """⌈amount·bps/10000⌉."""
    return -(-amount * bps // BPS)


def fees_on(amount: int, rates: FeeRates) -> Fees:
    """All fees of a trade that moves `amount` lamports into or out of the reserves."""
    charged = fee_on(amount, rates.protocol_bps)
    buyback = charged * rates.buyback_bps // BPS
    return Fees(
        protocol_lamports=charged - buyback,
        buyback_lamports=buyback,
        creator_lamports=fee_on(amount, rates.creator_bps),
        lp_lamports=fee_on(amount, rates.lp_bps),
        cashback_lamports=fee_on(amount, rates.cashback_bps),
    )


def net_of_fees(spend: int, rates: FeeRates) -> int:
    """What reaches the reserves when `spend` lamports include the fees (`buy_exact_sol_in`, steps 1 to 3)."""
    net = spend * BPS // (BPS + rates.total_bps)
    charged = (
        fee_on(net, rates.protocol_bps)
        + fee_on(net, rates.creator_bps)
        + fee_on(net, rates.lp_bps)
        + fee_on(net, rates.cashback_bps)
    )
    return net - max(net + charged - spend, 0)


def with_creator_fee(rates: FeeRates, creator_bps: int) -> FeeRates:
    """The rates of a coin with its own creator fee; 0 means that the schedule's holds."""
    return replace(rates, creator_bps=creator_bps) if creator_bps > 0 else rates


def as_cashback(rates: FeeRates) -> FeeRates:
    """The rates of a cashback coin: what the creator would get is set aside for the trader."""
    return replace(rates, creator_bps=0, cashback_bps=rates.creator_bps)


CURVE_RATES = FeeRates(protocol_bps=95, creator_bps=30)
CURVE_SCHEDULE = FeeSchedule((FeeTier(0, CURVE_RATES),))

# From this market cap in SOL on, creator bps; from 420 SOL on the pool gets 20 and the protocol 5 bps throughout.
_CREATOR_BPS_FROM_SOL = (
    (420, 95),
    (1_470, 90),
    (2_460, 85),
    (3_440, 80),
    (4_420, 75),
    (9_820, 70),
    (14_740, 65),
    (19_650, 60),
    (24_560, 55),
    (29_470, 50),
    (34_380, 45),
    (39_300, 40),
    (44_210, 35),
    (49_120, 30),
    (54_030, 28),
    (58_940, 25),
    (63_860, 23),
    (68_770, 20),
    (73_681, 18),
    (78_590, 15),
    (83_500, 13),
    (88_400, 10),
    (93_330, 8),
    (98_240, 5),
)
POOL_SCHEDULE = FeeSchedule(
    (
        FeeTier(0, FeeRates(lp_bps=2, protocol_bps=93, creator_bps=30)),
        *(
            FeeTier(sol * LAMPORTS_PER_SOL, FeeRates(lp_bps=20, protocol_bps=5, creator_bps=bps))
            for sol, bps in _CREATOR_BPS_FROM_SOL
        ),
    )
)
"""Canonical SOL-quoted PumpSwap pools: 1.25 % below 420 SOL of market cap, 0.30 % from 98,240 SOL on."""

FLAT_POOL_RATES = FeeRates(lp_bps=25, protocol_bps=5, creator_bps=0)
"""Pools that the pump program did not create."""


def market_cap_lamports(venue: Curve | Pool, supply: int = SUPPLY_UNITS) -> int:
    """The market cap by which the programs choose a tier."""
    if isinstance(venue, Curve):
        return curves.market_cap_lamports(venue, supply)
    return pools.market_cap_lamports(venue, supply)


def rates_of(venue: Curve | Pool, supply: int = SUPPLY_UNITS) -> FeeRates:
    """Today's rates of a SOL-quoted coin on its curve or canonical pool, before per-coin settings."""
    schedule = CURVE_SCHEDULE if isinstance(venue, Curve) else POOL_SCHEDULE
    return rates_at(schedule, market_cap_lamports(venue, supply))


def by_kind(fees: Fees) -> dict[str, int]:
    """Lamports by the kinds of the books, zeros left out. Cashback counts as the creator's fee: income when claimed."""
    found = {
        "protocol": fees.protocol_charged_lamports,
        "creator": fees.creator_lamports + fees.cashback_lamports,
        "lp": fees.lp_lamports,
    }
    return {kind: lamports for kind, lamports in found.items() if lamports}
