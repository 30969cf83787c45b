"""Which rates a trade pays, by the accounts. Thousands of random ones are compared with the SDKs in tests/oracle."""

import pytest
from msgspec.structs import replace

from core.chain.accounts import BondingCurve, FeeConfig, Global, GlobalConfig, Pool
from core.chain.fees import Fees, FeeTier
from core.chain.programs import SYSTEM, WSOL_MINT
from core.chain.raydium import USDC_MINT
from core.errors import Refused
from core.market.curve import SUPPLY_UNITS
from core.market.fees import FeeRates
from core.market.schedules import curve_rates, curve_supply, pool_rates, pool_supply

CREATOR = "BwWK17cbHxwWBKZkUYvzxLcNQ1YVyaFezduWbtm2de6s"
OTHER = "pumpCmXqMfrsAkQ5r49WcJnRayYRqmXz6ae8H7H9Dfn"
CONFIG = FeeConfig(
    bump=1,
    admin=CREATOR,
    flat_fees=Fees(25, 5, 0),
    fee_tiers=(FeeTier(100, Fees(2, 93, 30)), FeeTier(1_000, Fees(20, 5, 95))),
    stable_fee_tiers=(FeeTier(0, Fees(3, 4, 5)),),
    exotic_flat_fees=Fees(0, 0, 0),
)
SETTINGS = Global(
    initialized=True,
    authority=CREATOR,
    fee_recipient=CREATOR,
    initial_virtual_token_reserves=1,
    initial_virtual_sol_reserves=1,
    initial_real_token_reserves=1,
    token_total_supply=1,
    fee_basis_points=95,
    creator_fee_basis_points=30,
    buyback_basis_points=4_000,
    creator_fee_configurable=False,
)
# A supply of the virtual tokens makes the market cap the virtual quote.
CURVE = BondingCurve(1_000, 500, 500, 10, 1_000, False, CREATOR, False, False, SYSTEM, 777, False, False)
POOL_SETTINGS = GlobalConfig(
    admin=CREATOR,
    lp_fee_basis_points=20,
    protocol_fee_basis_points=5,
    disable_flags=0,
    protocol_fee_recipients=(CREATOR,) * 8,
    coin_creator_fee_basis_points=7,
    creator_fee_configurable=True,
)
POOL = Pool(1, 0, CREATOR, OTHER, WSOL_MINT, OTHER, OTHER, OTHER, 1, CREATOR, False, False, 0, 0, False, False)


def on_pool(pool: Pool, *, quote: int = 500, is_canonical: bool = True, config: FeeConfig | None = CONFIG) -> FeeRates:
    return pool_rates(POOL_SETTINGS, config, pool, base=1_000, quote=quote, supply=1_000, is_canonical=is_canonical)


def triple(rates: FeeRates) -> tuple[int, int, int]:
    return rates.lp_bps, rates.protocol_bps, rates.creator_bps


@pytest.mark.parametrize(
    ("quote", "expected"), [(1, (2, 93, 30)), (100, (2, 93, 30)), (999, (2, 93, 30)), (1_000, (20, 5, 95))]
)
def test_the_tier_goes_by_market_cap_and_the_first_holds_below_its_threshold(
    quote: int, expected: tuple[int, int, int]
):
    assert triple(on_pool(POOL, quote=quote)) == expected
    on_curve = curve_rates(SETTINGS, CONFIG, replace(CURVE, virtual_quote_reserves=quote), 1_000)
    # A curve has no liquidity providers to pay.
    assert triple(on_curve) == (0, *expected[1:])


def test_the_quote_asset_chooses_the_schedule():
    assert triple(on_pool(replace(POOL, quote_mint=USDC_MINT))) == (3, 4, 5)
    assert triple(on_pool(replace(POOL, quote_mint=OTHER))) == (25, 5, 0)
    exotic = replace(CONFIG, exotic_flat_fees=Fees(1, 2, 3))
    assert triple(on_pool(replace(POOL, quote_mint=OTHER), config=exotic)) == (1, 2, 3)
    without_stable = replace(CONFIG, stable_fee_tiers=None)
    assert triple(on_pool(replace(POOL, quote_mint=USDC_MINT), config=without_stable)) == (2, 93, 30)


def test_a_pool_that_no_curve_opened_pays_flat_fees():
    assert triple(on_pool(POOL, is_canonical=False)) == (25, 5, 0)


def test_the_settings_hold_without_a_fee_configuration():
    assert triple(on_pool(POOL, config=None)) == (20, 5, 7)
    assert triple(curve_rates(SETTINGS, None, CURVE, 1_000)) == (0, 95, 30)


def test_a_coins_own_rate_counts_only_where_it_may_be_set():
    own = replace(POOL, creator_fee_bps=777)
    assert on_pool(own).creator_bps == 777
    assert curve_rates(SETTINGS, CONFIG, CURVE, 1_000).creator_bps == 30
    assert curve_rates(replace(SETTINGS, creator_fee_configurable=True), CONFIG, CURVE, 1_000).creator_bps == 777


def test_nobody_pays_a_creator_that_is_not_there_and_cashback_goes_to_the_trader():
    assert on_pool(replace(POOL, coin_creator=SYSTEM)).creator_bps == 0
    assert curve_rates(SETTINGS, CONFIG, replace(CURVE, creator=None), 1_000).creator_bps == 0
    cashback = on_pool(replace(POOL, is_cashback_coin=True))
    assert (cashback.creator_bps, cashback.cashback_bps) == (0, 30)


def test_the_buyback_share_is_the_settings_or_half():
    assert curve_rates(SETTINGS, CONFIG, CURVE, 1_000).buyback_bps == 4_000
    assert on_pool(POOL).buyback_bps == 5_000


def test_mayhem_changes_which_supply_counts_and_the_other_way_round_on_a_pool():
    mayhem_curve, mayhem_pool = replace(CURVE, is_mayhem_mode=True), replace(POOL, is_mayhem_mode=True)
    assert (curve_supply(CURVE, 5), curve_supply(mayhem_curve, 5)) == (SUPPLY_UNITS, 5)
    assert (pool_supply(POOL, 5), pool_supply(mayhem_pool, 5)) == (5, SUPPLY_UNITS)


def test_what_has_no_market_cap_or_no_tiers_is_refused():
    with pytest.raises(Refused, match="market cap"):
        curve_rates(SETTINGS, CONFIG, replace(CURVE, virtual_token_reserves=0), 1_000)
    with pytest.raises(Refused, match="no tiers"):
        on_pool(POOL, config=replace(CONFIG, fee_tiers=()))
