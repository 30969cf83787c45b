import pytest
from msgspec.structs import replace

from core.chain.accounts import BondingCurve, Global, Pool
from core.chain.build.addresses import SYSTEM_ID, TOKEN_2022_ID, TOKEN_ID, WSOL, pool_authority
from core.chain.build.facts import buyback_recipients, curve_facts, curve_fee_recipients, pool_facts
from core.chain.programs import SYSTEM
from core.errors import Refused
from tests.chain.build.coins import MINT, POOL_ADDRESS, key

CURVE = BondingCurve(1, 2, 3, 4, 5, False, str(key("creator")), True, False, SYSTEM, 0, False, False)
POOL = Pool(
    pool_bump=255,
    index=0,
    creator=str(pool_authority(MINT)),
    base_mint=str(MINT),
    quote_mint=str(WSOL),
    lp_mint=str(key("lp")),
    pool_base_token_account=str(key("base")),
    pool_quote_token_account=str(key("quote")),
    lp_supply=1,
    coin_creator=str(key("creator")),
    is_mayhem_mode=False,
    is_cashback_coin=True,
    virtual_quote_reserves=-5,
)
SETTINGS = Global(
    initialized=True,
    authority=SYSTEM,
    fee_recipient=str(key("first")),
    initial_virtual_token_reserves=1,
    initial_virtual_sol_reserves=1,
    initial_real_token_reserves=1,
    token_total_supply=1,
    fee_basis_points=1,
    fee_recipients=(str(key("second")), SYSTEM),
    reserved_fee_recipient=str(key("mayhem")),
    reserved_fee_recipients=(SYSTEM,),
    buyback_fee_recipients=(str(key("buyback")), SYSTEM),
)


def test_a_curve_says_what_it_is_quoted_in_and_who_made_it():
    facts = curve_facts(MINT, CURVE, TOKEN_2022_ID)

    assert (facts.mint, facts.creator, facts.token_program) == (MINT, key("creator"), TOKEN_2022_ID)
    assert (facts.is_mayhem, facts.is_cashback) == (True, False)
    assert facts.is_sol_quoted

    other = curve_facts(MINT, replace(CURVE, quote_mint=str(key("usd"))), TOKEN_ID)
    assert other.quote_mint == key("usd")
    assert not other.is_sol_quoted


def test_an_old_curve_has_no_creator_and_no_flags():
    old = BondingCurve(1, 2, 3, 4, 5, False, space=49)

    facts = curve_facts(MINT, old, TOKEN_ID)

    assert facts.creator == SYSTEM_ID
    assert (facts.is_mayhem, facts.is_cashback) == (False, False)
    assert facts.is_sol_quoted


def test_a_completed_curve_and_a_stranger_of_a_token_program_are_refused():
    with pytest.raises(Refused, match="trade its pool"):
        curve_facts(MINT, replace(CURVE, complete=True), TOKEN_ID)
    with pytest.raises(Refused, match="no token program"):
        curve_facts(MINT, CURVE, SYSTEM_ID)
    with pytest.raises(Refused, match="no token program"):
        pool_facts(POOL_ADDRESS, POOL, TOKEN_ID, SYSTEM_ID)


def test_a_pool_says_what_it_trades_and_whether_its_curve_opened_it():
    facts = pool_facts(POOL_ADDRESS, POOL, TOKEN_2022_ID, TOKEN_ID)

    assert (facts.base_mint, facts.quote_mint) == (MINT, WSOL)
    assert (facts.base_vault, facts.quote_vault) == (key("base"), key("quote"))
    assert (facts.is_cashback, facts.is_mayhem, facts.virtual_quote_reserves) == (True, False, -5)
    assert facts.is_canonical
    assert not facts.needs_extension

    foreign = pool_facts(POOL_ADDRESS, replace(POOL, creator=str(key("x")), space=243), TOKEN_ID, TOKEN_ID)
    assert not foreign.is_canonical
    assert foreign.needs_extension


def test_recipients_are_those_of_the_settings_without_empty_places():
    assert curve_fee_recipients(SETTINGS, is_mayhem=False) == (key("first"), key("second"))
    assert curve_fee_recipients(SETTINGS, is_mayhem=True) == (key("mayhem"),)
    assert buyback_recipients(SETTINGS) == (key("buyback"),)
