"""Trades on a PumpSwap pool: 23 accounts to buy, 21 to sell, and the remaining ones that the program wants today.

Accounts and data: interface file pump_amm.json; the remaining accounts stand only in pump-swap-sdk 1.20.0, in this
order: cashback accounts of a cashback coin, `pool-v2` if the coin has a creator, the buyback recipient, its account.
"""

from functools import lru_cache

from msgspec import Struct
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey

from core.chain.build.addresses import (
    ASSOCIATED_TOKEN_ID,
    POOL_EVENT_AUTHORITY,
    POOL_FEE_CONFIG,
    POOL_GLOBAL,
    POOL_VOLUME,
    PUMP_FEES_ID,
    PUMPSWAP_ID,
    SYSTEM_ID,
    pool_creator_vault,
    pool_v2,
    token_account,
    volume_accumulator,
)
from core.chain.build.facts import PoolFacts, Recipients
from core.chain.build.layout import TRACK_VOLUME, Call, bare, pay, read, write

_BUY = Call(PUMPSWAP_ID, "buy", TRACK_VOLUME)
_BUY_EXACT_IN = Call(PUMPSWAP_ID, "buy_exact_quote_in", TRACK_VOLUME)
_SELL = Call(PUMPSWAP_ID, "sell")


class PoolAccounts(Struct, frozen=True):
    """Accounts of one pool's trades by one wallet, in wire order."""

    user: Pubkey
    user_base: Pubkey
    user_quote: Pubkey
    buy: tuple[AccountMeta, ...]
    sell: tuple[AccountMeta, ...]


def pool_accounts(facts: PoolFacts, user: Pubkey, recipients: Recipients) -> PoolAccounts:
    own = _own_accounts(facts, user)
    fee, fee_account, buyback, buyback_account = _fee_accounts(recipients, facts.quote_mint, facts.quote_token_program)
    shared = (*own.head, fee, fee_account, *own.shared)
    return PoolAccounts(
        user,
        own.user_base,
        own.user_quote,
        buy=(*shared, *own.buy, buyback, buyback_account),
        sell=(*shared, *own.sell, buyback, buyback_account),
    )


class _Own(Struct, frozen=True):
    """What does not depend on who is drawn to receive the fees."""

    user_base: Pubkey
    user_quote: Pubkey
    head: tuple[AccountMeta, ...]
    shared: tuple[AccountMeta, ...]
    buy: tuple[AccountMeta, ...]
    sell: tuple[AccountMeta, ...]


@lru_cache(maxsize=256)
def _fee_accounts(recipients: Recipients, quote_mint: Pubkey, token_program: Pubkey) -> tuple[AccountMeta, ...]:
    return (
        read(recipients.fee),
        write(token_account(recipients.fee, quote_mint, token_program)),
        read(recipients.buyback),
        write(token_account(recipients.buyback, quote_mint, token_program)),
    )


@lru_cache(maxsize=256)
def _own_accounts(facts: PoolFacts, user: Pubkey) -> _Own:
    def quote_account(owner: Pubkey) -> Pubkey:
        return token_account(owner, facts.quote_mint, facts.quote_token_program)

    vault_authority = pool_creator_vault(facts.coin_creator)
    volume = volume_accumulator(user, PUMPSWAP_ID)
    user_base = token_account(user, facts.base_mint, facts.base_token_program)
    user_quote = quote_account(user)
    head = (
        write(facts.address),
        pay(user),
        read(POOL_GLOBAL),
        read(facts.base_mint),
        read(facts.quote_mint),
        write(user_base),
        write(user_quote),
        write(facts.base_vault),
        write(facts.quote_vault),
    )
    shared = (
        read(facts.base_token_program),
        read(facts.quote_token_program),
        read(SYSTEM_ID),
        read(ASSOCIATED_TOKEN_ID),
        read(POOL_EVENT_AUTHORITY),
        read(PUMPSWAP_ID),
        write(quote_account(vault_authority)),
        read(vault_authority),
    )
    fees = (read(POOL_FEE_CONFIG), read(PUMP_FEES_ID))
    cashback = (write(quote_account(volume)),) if facts.is_cashback else ()
    cashback_on_sell = (*cashback, write(volume)) if facts.is_cashback else ()
    created = (read(pool_v2(facts.base_mint)),) if facts.coin_creator != SYSTEM_ID else ()
    return _Own(
        user_base,
        user_quote,
        head,
        shared,
        buy=(read(POOL_VOLUME), write(volume), *fees, *cashback, *created),
        sell=(*fees, *cashback_on_sell, *created),
    )


def buy(accounts: PoolAccounts, tokens: int, max_quote: int) -> Instruction:
    """Exactly `tokens` base units for at most `max_quote`, fees included. Refused for dust."""
    return _BUY.of(accounts.buy, tokens, max_quote)


def buy_exact_quote_in(accounts: PoolAccounts, spend: int, min_tokens: int) -> Instruction:
    """Spend `spend` of the quote, fees included, for at least `min_tokens` base units. Refused for dust."""
    return _BUY_EXACT_IN.of(accounts.buy, spend, min_tokens)


def sell(accounts: PoolAccounts, tokens: int, min_quote: int) -> Instruction:
    """Exactly `tokens` base units for at least `min_quote` after fees. Refused for dust."""
    return _SELL.of(accounts.sell, tokens, min_quote)


def init_volume_accumulator(payer: Pubkey, user: Pubkey) -> Instruction:
    """Opens the wallet's accumulator of the pool program; a buy opens it by itself, at the wallet's cost."""
    accounts = (pay(payer), read(user), write(volume_accumulator(user, PUMPSWAP_ID)), read(SYSTEM_ID))
    return bare(PUMPSWAP_ID, "init_user_volume_accumulator", *accounts, read(POOL_EVENT_AUTHORITY), read(PUMPSWAP_ID))


def close_volume_accumulator(user: Pubkey) -> Instruction:
    """Closes the wallet's accumulator of the pool program and returns its rent to the wallet."""
    accounts = (pay(user), write(volume_accumulator(user, PUMPSWAP_ID)), read(POOL_EVENT_AUTHORITY), read(PUMPSWAP_ID))
    return bare(PUMPSWAP_ID, "close_user_volume_accumulator", *accounts)


def claim_cashback(user: Pubkey, quote_mint: Pubkey, quote_token_program: Pubkey) -> Instruction:
    """Pays the cashback of pools with this quote into the wallet's token account. Anybody may send it."""
    volume = volume_accumulator(user, PUMPSWAP_ID)
    accounts = (
        write(user),
        write(volume),
        read(quote_mint),
        read(quote_token_program),
        write(token_account(volume, quote_mint, quote_token_program)),
        write(token_account(user, quote_mint, quote_token_program)),
        read(SYSTEM_ID),
        read(POOL_EVENT_AUTHORITY),
        read(PUMPSWAP_ID),
    )
    return bare(PUMPSWAP_ID, "claim_cashback", *accounts)


def extend_account(account: Pubkey, user: Pubkey) -> Instruction:
    """Grows an old pool's account to today's length, at the user's cost."""
    accounts = (write(account), pay(user), read(SYSTEM_ID), read(POOL_EVENT_AUTHORITY), read(PUMPSWAP_ID))
    return bare(PUMPSWAP_ID, "extend_account", *accounts)
