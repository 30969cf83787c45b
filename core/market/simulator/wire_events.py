"""The events of the simulated market as the programs emit them.

Fees and reserves are exact. Accounts that nobody reads (token accounts, volume counters) are plausible: a wallet's
token accounts are named by the wallet, counters are zero. `timestamp` is whole seconds, as on the chain.
"""

from math import isqrt

from core.chain.programs import SYSTEM, TOKEN, TOKEN_2022, WSOL_MINT
from core.chain.pump import CompleteEvent, CompletePumpAmmMigrationEvent, CreateEvent, TradeEvent
from core.chain.pumpswap import BuyEvent, CreatePoolEvent, SellEvent
from core.market.fees import BPS, fee_on
from core.market.pool import MIGRATION_FEE_LAMPORTS
from core.market.simulator.addresses import bonding_curve_address, lp_mint_address, pool_authority_address
from core.market.simulator.names import token_words
from core.market.simulator.quoting import in_quote, shown
from core.market.simulator.state import Token
from core.market.simulator.swap import Swap
from core.types import Side

FEE_RECIPIENT = "62qc2CNXwrYqQScmEdiZFFAnJR262PxWEuNQtxfafNgV"
"""One of the protocol's fee recipients (npm @pump-fun/pump-sdk 2.0.0)."""
MIGRATOR = "39azUYFWPz3VHgKCf3VChUwbpURdCHRxjWVowf5jUJjg"
"""Whose transactions migrate completed curves."""
MINIMUM_LP = 100
"""LP units that a new pool locks for ever."""


def created(token: Token, timestamp: int) -> CreateEvent:
    name, symbol, uri = token_words(token.number)
    return CreateEvent(
        name=name,
        symbol=symbol,
        uri=uri,
        mint=token.mint,
        bonding_curve=bonding_curve_address(token.mint),
        user=token.creator,
        creator=token.creator,
        timestamp=timestamp,
        virtual_token_reserves=token.virtual_base,
        virtual_sol_reserves=0 if token.quote_mint else token.virtual_quote,
        real_token_reserves=token.real_base,
        token_total_supply=token.supply,
        token_program=TOKEN_2022 if token.token_2022 else TOKEN,
        is_mayhem_mode=token.mayhem,
        is_cashback_enabled=token.cashback,
        quote_mint=token.quote_mint or SYSTEM,
        virtual_quote_reserves=in_quote(token, token.virtual_quote),
        creator_fee_bps=0,
        is_holder_reward=False,
    )


def curve_trade(token: Token, swap: Swap, timestamp: int) -> TradeEvent:
    """The token holds the reserves after the trade, as the event reports them."""
    rates, said = swap.rates, shown(token, swap)
    protocol = fee_on(said.quote, rates.protocol_bps)
    return TradeEvent(
        mint=token.mint,
        sol_amount=0 if token.quote_mint else said.quote,
        token_amount=swap.tokens,
        is_buy=swap.side is Side.BUY,
        user=swap.wallet,
        timestamp=timestamp,
        virtual_sol_reserves=0 if token.quote_mint else token.virtual_quote,
        virtual_token_reserves=token.virtual_base,
        real_sol_reserves=0 if token.quote_mint else token.real_quote,
        real_token_reserves=token.real_base,
        fee_recipient=FEE_RECIPIENT,
        fee_basis_points=rates.protocol_bps,
        fee=protocol,
        creator=token.creator,
        creator_fee_basis_points=rates.creator_bps,
        creator_fee=fee_on(said.quote, rates.creator_bps),
        track_volume=False,
        total_unclaimed_tokens=0,
        total_claimed_tokens=0,
        current_sol_volume=0,
        last_update_timestamp=0,
        ix_name="buy_exact_quote_in_v2" if swap.side is Side.BUY else "sell_v2",
        mayhem_mode=token.mayhem,
        cashback_fee_basis_points=rates.cashback_bps,
        cashback=fee_on(said.quote, rates.cashback_bps),
        buyback_fee_basis_points=rates.buyback_bps,
        buyback_fee=protocol * rates.buyback_bps // BPS,
        shareholders=(),
        quote_mint=token.quote_mint or SYSTEM,
        quote_amount=said.quote,
        virtual_quote_reserves=said.reserves.quote,
        real_quote_reserves=said.reserves.real_quote,
        holder_rewards_bps=0,
        holder_rewards=0,
    )


def completed(token: Token, wallet: str, timestamp: int) -> CompleteEvent:
    return CompleteEvent(
        user=wallet,
        mint=token.mint,
        bonding_curve=bonding_curve_address(token.mint),
        timestamp=timestamp,
        quote_mint=token.quote_mint or SYSTEM,
    )


def pool_buy(token: Token, swap: Swap, timestamp: int) -> BuyEvent:
    """The event reports the reserves before the trade; the token holds those after it."""
    rates, said = swap.rates, shown(token, swap)
    protocol = fee_on(said.quote, rates.protocol_bps)
    creator = fee_on(said.quote, rates.creator_bps)
    cashback = fee_on(said.quote, rates.cashback_bps)
    paid = said.quote + said.lp_fee + protocol + creator + cashback
    return BuyEvent(
        timestamp=timestamp,
        base_amount_out=swap.tokens,
        max_quote_amount_in=paid,
        user_base_token_reserves=0,
        user_quote_token_reserves=paid,
        pool_base_token_reserves=token.pool_base + swap.tokens,
        pool_quote_token_reserves=said.reserves.real_quote - said.quote - said.lp_fee,
        quote_amount_in=said.quote,
        lp_fee_basis_points=rates.lp_bps,
        lp_fee=said.lp_fee,
        protocol_fee_basis_points=rates.protocol_bps,
        protocol_fee=protocol,
        quote_amount_in_with_lp_fee=said.quote + said.lp_fee,
        user_quote_amount_in=paid,
        pool=token.pool,
        user=swap.wallet,
        user_base_token_account=swap.wallet,
        user_quote_token_account=swap.wallet,
        protocol_fee_recipient=FEE_RECIPIENT,
        protocol_fee_recipient_token_account=FEE_RECIPIENT,
        coin_creator=token.creator,
        coin_creator_fee_basis_points=rates.creator_bps,
        coin_creator_fee=creator,
        track_volume=False,
        total_unclaimed_tokens=0,
        total_claimed_tokens=0,
        current_sol_volume=0,
        last_update_timestamp=0,
        min_base_amount_out=swap.tokens,
        ix_name="buy_exact_quote_in",
        cashback_fee_basis_points=rates.cashback_bps,
        cashback=cashback,
        buyback_fee_basis_points=rates.buyback_bps,
        buyback_fee=protocol * rates.buyback_bps // BPS,
        virtual_quote_reserves=0,
        can_boost=False,
        base_supply=token.supply,
        holder_rewards_bps=0,
        holder_rewards=0,
    )


def pool_sell(token: Token, swap: Swap, timestamp: int) -> SellEvent:
    """As `pool_buy`."""
    rates, said = swap.rates, shown(token, swap)
    protocol = fee_on(said.quote, rates.protocol_bps)
    creator = fee_on(said.quote, rates.creator_bps)
    cashback = fee_on(said.quote, rates.cashback_bps)
    received = said.quote - said.lp_fee - protocol - creator - cashback
    return SellEvent(
        timestamp=timestamp,
        base_amount_in=swap.tokens,
        min_quote_amount_out=0,
        user_base_token_reserves=swap.tokens,
        user_quote_token_reserves=0,
        pool_base_token_reserves=token.pool_base - swap.tokens,
        pool_quote_token_reserves=said.reserves.real_quote + said.quote - said.lp_fee,
        quote_amount_out=said.quote,
        lp_fee_basis_points=rates.lp_bps,
        lp_fee=said.lp_fee,
        protocol_fee_basis_points=rates.protocol_bps,
        protocol_fee=protocol,
        quote_amount_out_without_lp_fee=said.quote - said.lp_fee,
        user_quote_amount_out=received,
        pool=token.pool,
        user=swap.wallet,
        user_base_token_account=swap.wallet,
        user_quote_token_account=swap.wallet,
        protocol_fee_recipient=FEE_RECIPIENT,
        protocol_fee_recipient_token_account=FEE_RECIPIENT,
        coin_creator=token.creator,
        coin_creator_fee_basis_points=rates.creator_bps,
        coin_creator_fee=creator,
        cashback_fee_basis_points=rates.cashback_bps,
        cashback=cashback,
        buyback_fee_basis_points=rates.buyback_bps,
        buyback_fee=protocol * rates.buyback_bps // BPS,
        virtual_quote_reserves=0,
        can_boost=False,
        base_supply=token.supply,
        holder_rewards_bps=0,
        holder_rewards=0,
    )


def pool_created(token: Token, timestamp: int) -> CreatePoolEvent:
    quote = in_quote(token, token.pool_quote)
    liquidity = isqrt(token.pool_base * quote)
    authority = pool_authority_address(token.mint)
    return CreatePoolEvent(
        timestamp=timestamp,
        index=0,
        creator=authority,
        base_mint=token.mint,
        quote_mint=token.quote_mint or WSOL_MINT,
        base_mint_decimals=6,
        quote_mint_decimals=6 if token.quote_mint else 9,
        base_amount_in=token.pool_base,
        quote_amount_in=quote,
        pool_base_amount=token.pool_base,
        pool_quote_amount=quote,
        minimum_liquidity=MINIMUM_LP,
        initial_liquidity=liquidity,
        lp_token_amount_out=liquidity - MINIMUM_LP,
        pool_bump=255,
        pool=token.pool,
        lp_mint=lp_mint_address(token.pool),
        user_base_token_account=authority,
        user_quote_token_account=authority,
        coin_creator=token.creator,
        is_mayhem_mode=token.mayhem,
        creator_fee_bps=0,
        can_edit_creator_fee=False,
        is_holder_reward=False,
    )


def migrated(token: Token, timestamp: int) -> CompletePumpAmmMigrationEvent:
    return CompletePumpAmmMigrationEvent(
        user=MIGRATOR,
        mint=token.mint,
        mint_amount=token.pool_base,
        sol_amount=in_quote(token, token.pool_quote),
        pool_migration_fee=MIGRATION_FEE_LAMPORTS,
        bonding_curve=bonding_curve_address(token.mint),
        timestamp=timestamp,
        pool=token.pool,
        quote_mint=token.quote_mint or SYSTEM,
    )
