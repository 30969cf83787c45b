"""The events of the simulated market as the programs emit them.

Fees and reserves are exact. Accounts that nobody reads (token accounts, volume counters) are plausible: a wallet's
token accounts are named by the wallet, counters are zero. `timestamp` is whole seconds, as on the chain.
"""

from math import isqrt

from core.chain.codec.keys import key_bytes
from core.chain.codec.kinds import PROGRAM_TEXT
from core.chain.codec.layout import EMPTY
from core.chain.events import packing_of
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
_BUY = Side.BUY
_FEE_RECIPIENT = key_bytes(FEE_RECIPIENT)
_BUY_TRADE, _SELL_TRADE = PROGRAM_TEXT.write("buy_exact_quote_in_v2"), PROGRAM_TEXT.write("sell_v2")
_POOL_BUY = PROGRAM_TEXT.write("buy_exact_quote_in")
_NO_SHAREHOLDERS = EMPTY
# What a market writes for every trade is packed without a struct between: it costs as much as all the rest.
_PACK_BUY_TRADE = packing_of(TradeEvent, len(_BUY_TRADE), len(_NO_SHAREHOLDERS))
_PACK_SELL_TRADE = packing_of(TradeEvent, len(_SELL_TRADE), len(_NO_SHAREHOLDERS))
_PACK_POOL_BUY = packing_of(BuyEvent, len(_POOL_BUY))
_PACK_POOL_SELL = packing_of(SellEvent)
_NO_VOLUME = (False, 0, 0, 0, 0)
"""`track_volume` to `last_update_timestamp`."""
_NO_BOOST = (bytes(16), False)
"""`virtual_quote_reserves`, `can_boost`."""
_NO_HOLDER_REWARDS = (0, 0)


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


def curve_trade(token: Token, swap: Swap, timestamp: int) -> bytes:
    """The payload of a `TradeEvent`. The token holds the reserves after the trade, as the event reports them."""
    rates, is_buy = swap.rates, swap.side is _BUY
    if token.quote_mint:
        said = shown(token, swap)
        quote, sol_quote, virtual_sol, real_sol = said.quote, 0, 0, 0
        virtual_quote, real_quote, quote_mint = said.reserves.quote, said.reserves.real_quote, token.quote_mint
    else:
        quote = sol_quote = swap.quote
        virtual_quote = virtual_sol = token.virtual_quote
        real_quote = real_sol = token.real_quote
        quote_mint = SYSTEM
    protocol = fee_on(quote, rates.protocol_bps)
    return (_PACK_BUY_TRADE if is_buy else _PACK_SELL_TRADE)(
        key_bytes(token.mint),
        sol_quote,
        swap.tokens,
        is_buy,
        key_bytes(swap.wallet),
        timestamp,
        virtual_sol,
        token.virtual_base,
        real_sol,
        token.real_base,
        _FEE_RECIPIENT,
        rates.protocol_bps,
        protocol,
        key_bytes(token.creator),
        rates.creator_bps,
        fee_on(quote, rates.creator_bps),
        *_NO_VOLUME,
        _BUY_TRADE if is_buy else _SELL_TRADE,
        token.mayhem,
        rates.cashback_bps,
        fee_on(quote, rates.cashback_bps),
        rates.buyback_bps,
        protocol * rates.buyback_bps // BPS,
        _NO_SHAREHOLDERS,
        key_bytes(quote_mint),
        quote,
        virtual_quote,
        real_quote,
        *_NO_HOLDER_REWARDS,
    )


def completed(token: Token, wallet: str, timestamp: int) -> CompleteEvent:
    return CompleteEvent(
        user=wallet,
        mint=token.mint,
        bonding_curve=bonding_curve_address(token.mint),
        timestamp=timestamp,
        quote_mint=token.quote_mint or SYSTEM,
    )


def pool_buy(token: Token, swap: Swap, timestamp: int) -> bytes:
    """The payload of a `BuyEvent`. It reports the reserves before the trade; the token holds those after it."""
    rates, tokens = swap.rates, swap.tokens
    quote, lp_fee, after = _pool_trade(token, swap)
    protocol = fee_on(quote, rates.protocol_bps)
    creator = fee_on(quote, rates.creator_bps)
    cashback = fee_on(quote, rates.cashback_bps)
    paid = quote + lp_fee + protocol + creator + cashback
    wallet = key_bytes(swap.wallet)
    return _PACK_POOL_BUY(
        timestamp,
        tokens,
        paid,  # at most
        0,  # the user's tokens before
        paid,  # the user's lamports before
        token.pool_base + tokens,
        after - quote - lp_fee,
        quote,
        rates.lp_bps,
        lp_fee,
        rates.protocol_bps,
        protocol,
        quote + lp_fee,
        paid,
        key_bytes(token.pool),
        *(wallet, wallet, wallet),  # the user and its token accounts
        *(_FEE_RECIPIENT, _FEE_RECIPIENT),
        key_bytes(token.creator),
        rates.creator_bps,
        creator,
        *_NO_VOLUME,
        tokens,  # at least
        _POOL_BUY,
        rates.cashback_bps,
        cashback,
        rates.buyback_bps,
        protocol * rates.buyback_bps // BPS,
        *_NO_BOOST,
        token.supply,
        *_NO_HOLDER_REWARDS,
    )


def pool_sell(token: Token, swap: Swap, timestamp: int) -> bytes:
    """The payload of a `SellEvent`, as `pool_buy`."""
    rates, tokens = swap.rates, swap.tokens
    quote, lp_fee, after = _pool_trade(token, swap)
    protocol = fee_on(quote, rates.protocol_bps)
    creator = fee_on(quote, rates.creator_bps)
    cashback = fee_on(quote, rates.cashback_bps)
    wallet = key_bytes(swap.wallet)
    return _PACK_POOL_SELL(
        timestamp,
        tokens,
        0,  # lamports at least
        tokens,  # the user's tokens before
        0,  # the user's lamports before
        token.pool_base - tokens,
        after + quote - lp_fee,
        quote,
        rates.lp_bps,
        lp_fee,
        rates.protocol_bps,
        protocol,
        quote - lp_fee,
        quote - lp_fee - protocol - creator - cashback,
        key_bytes(token.pool),
        *(wallet, wallet, wallet),  # the user and its token accounts
        *(_FEE_RECIPIENT, _FEE_RECIPIENT),
        key_bytes(token.creator),
        rates.creator_bps,
        creator,
        rates.cashback_bps,
        cashback,
        rates.buyback_bps,
        protocol * rates.buyback_bps // BPS,
        *_NO_BOOST,
        token.supply,
        *_NO_HOLDER_REWARDS,
    )


def _pool_trade(token: Token, swap: Swap) -> tuple[int, int, int]:
    """(quote, LP fee, the pool's quote after it), in the units that the token is quoted in."""
    if token.quote_mint:
        said = shown(token, swap)
        return said.quote, said.lp_fee, said.reserves.real_quote
    return swap.quote, swap.lp_fee, token.pool_quote


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
