"""The rates of a trade from the accounts that say so: the fee program's choice of schedule, tier and creator's rate.

Rules: npm @pump-fun/pump-sdk 2.0.0 (fees.ts) and pump-swap-sdk 1.20.0 (fees.ts), which mirror the programs. Tiers go by
market cap in the quote asset's base units; a coin that is no SOL or USDC pair, or whose pool is not its curve's own,
pays flat fees.
"""

from core.chain import accounts
from core.chain.accounts import BondingCurve, FeeConfig, Global, GlobalConfig
from core.chain.fees import Fees, FeeTier
from core.chain.programs import SYSTEM, WSOL_MINT
from core.chain.raydium import USDC_MINT
from core.errors import Refused
from core.market.curve import SUPPLY_UNITS
from core.market.fees import FeeRates, as_cashback

NATIVE_MINT_2022 = "9pan9bMn5HatX4EJdBwg9VgCa7Uz5HL8N1m5D3NdXejP"
SOL_LIKE = frozenset({SYSTEM, WSOL_MINT, NATIVE_MINT_2022})
STABLE = frozenset({USDC_MINT})
"""Written into the program: a wider list is an upgrade."""
_UNSET = Fees(0, 0, 0)


def curve_supply(curve: BondingCurve, mint_supply: int) -> int:
    """The supply that a curve's market cap counts: the mint's for mayhem coins, else a billion whatever was burnt."""
    return mint_supply if curve.is_mayhem_mode else SUPPLY_UNITS


def pool_supply(pool: accounts.Pool, mint_supply: int) -> int:
    """The supply that a pool's market cap counts: a billion for mayhem coins, else the mint's."""
    return SUPPLY_UNITS if pool.is_mayhem_mode else mint_supply


def curve_rates(settings: Global, config: FeeConfig | None, curve: BondingCurve, supply: int) -> FeeRates:
    """What a trade on a curve pays. `supply` by `curve_supply`. Refused for a curve without reserves.

    Without a fee configuration, as before September 2025, the rates stand in the program's settings.
    """
    if config is None:
        protocol_bps, creator_bps = settings.fee_basis_points, settings.creator_fee_basis_points or 0
    else:
        cap = _market_cap(curve.virtual_quote_reserves, curve.virtual_token_reserves, supply)
        fees = _scheduled(config, curve.quote_mint or SYSTEM, cap)
        protocol_bps, creator_bps = fees.protocol_fee_bps, fees.creator_fee_bps
    if settings.creator_fee_configurable and curve.creator_fee_bps:
        creator_bps = curve.creator_fee_bps
    return _rates(
        FeeRates(protocol_bps=protocol_bps, creator_bps=creator_bps),
        settings.buyback_basis_points,
        creator=curve.creator,
        is_cashback=bool(curve.is_cashback_coin),
    )


def pool_rates(
    settings: GlobalConfig,
    config: FeeConfig | None,
    pool: accounts.Pool,
    *,
    base: int,
    quote: int,
    supply: int,
    is_canonical: bool,
) -> FeeRates:
    """What a trade on a pool pays. `quote` with the virtual reserves, `supply` by `pool_supply`.

    Refused for a pool without reserves.
    """
    creator_bps = settings.coin_creator_fee_basis_points or 0
    lp_bps, protocol_bps = settings.lp_fee_basis_points, settings.protocol_fee_basis_points
    if config is not None:
        cap = _market_cap(quote, base, supply)
        fees = _scheduled(config, pool.quote_mint, cap) if is_canonical else config.flat_fees
        lp_bps, protocol_bps, creator_bps = fees.lp_fee_bps, fees.protocol_fee_bps, fees.creator_fee_bps
        if settings.creator_fee_configurable and pool.creator_fee_bps:
            creator_bps = pool.creator_fee_bps
    return _rates(
        FeeRates(lp_bps=lp_bps, protocol_bps=protocol_bps, creator_bps=creator_bps),
        settings.buyback_basis_points,
        creator=pool.coin_creator,
        is_cashback=bool(pool.is_cashback_coin),
    )


def _rates(rates: FeeRates, buyback_bps: int | None, *, creator: str | None, is_cashback: bool) -> FeeRates:
    creator_bps = 0 if creator in {None, SYSTEM} else rates.creator_bps
    charged = FeeRates(
        lp_bps=rates.lp_bps,
        protocol_bps=rates.protocol_bps,
        creator_bps=creator_bps,
        buyback_bps=rates.buyback_bps if buyback_bps is None else buyback_bps,
    )
    return as_cashback(charged) if is_cashback else charged


def _scheduled(config: FeeConfig, quote_mint: str, market_cap: int) -> Fees:
    if quote_mint in SOL_LIKE:
        return _tier(config.fee_tiers, market_cap)
    if quote_mint in STABLE:
        return _tier(config.stable_fee_tiers or config.fee_tiers, market_cap)
    exotic = config.exotic_flat_fees
    # All zeros mean that nobody has set them yet.
    return config.flat_fees if exotic is None or exotic == _UNSET else exotic


def _tier(tiers: tuple[FeeTier, ...], market_cap: int) -> Fees:
    """The last tier whose threshold is reached, the first where none is."""
    if not tiers:
        raise Refused("the fee configuration has no tiers: read it again")
    for tier in reversed(tiers):
        if market_cap >= tier.market_cap_lamports_threshold:
            return tier.fees
    return tiers[0].fees


def _market_cap(quote: int, base: int, supply: int) -> int:
    if base <= 0:
        raise Refused("a market without base reserves has no market cap, and so no fees")
    return quote * supply // base
