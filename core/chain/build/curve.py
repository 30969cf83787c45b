"""Trades on a bonding curve, in the program's present generation: 27 accounts to buy, 26 to sell, none remaining.

Accounts and data: interface file pump.json of pump-sdk 2.0.0. The accounts of a coin and a wallet are worked out once
(`curve_accounts`) and serve every trade of that coin; only amounts differ.
"""

from functools import lru_cache

from msgspec import Struct
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey

from core.chain.build.addresses import (
    ASSOCIATED_TOKEN_ID,
    CURVE_EVENT_AUTHORITY,
    CURVE_FEE_CONFIG,
    CURVE_GLOBAL,
    CURVE_VOLUME,
    PUMP_FEES_ID,
    PUMP_ID,
    SYSTEM_ID,
    bonding_curve,
    creator_vault,
    sharing_config,
    token_account,
    volume_accumulator,
)
from core.chain.build.facts import CurveFacts, Recipients
from core.chain.build.layout import Call, bare, pay, read, write

_BUY = Call(PUMP_ID, "buy_v2")
_BUY_EXACT_IN = Call(PUMP_ID, "buy_exact_quote_in_v2")
_SELL = Call(PUMP_ID, "sell_v2")


class CurveAccounts(Struct, frozen=True):
    """Accounts of one coin's trades by one wallet, in wire order. `user_base` holds the wallet's tokens."""

    user: Pubkey
    user_base: Pubkey
    user_quote: Pubkey
    buy: tuple[AccountMeta, ...]
    sell: tuple[AccountMeta, ...]


def curve_accounts(facts: CurveFacts, user: Pubkey, recipients: Recipients) -> CurveAccounts:
    own = _own_accounts(facts, user)
    fees = _fee_accounts(recipients, facts.quote_mint, facts.quote_token_program)
    shared = (*own.head, *fees, *own.shared)
    return CurveAccounts(
        user, own.user_base, own.user_quote, (*shared, read(CURVE_VOLUME), *own.tail), (*shared, *own.tail)
    )


class _Own(Struct, frozen=True):
    """What does not depend on who is drawn to receive the fees."""

    user_base: Pubkey
    user_quote: Pubkey
    head: tuple[AccountMeta, ...]
    shared: tuple[AccountMeta, ...]
    tail: tuple[AccountMeta, ...]


@lru_cache(maxsize=256)
def _fee_accounts(recipients: Recipients, quote_mint: Pubkey, token_program: Pubkey) -> tuple[AccountMeta, ...]:
    return (
        write(recipients.fee),
        write(token_account(recipients.fee, quote_mint, token_program)),
        write(recipients.buyback),
        write(token_account(recipients.buyback, quote_mint, token_program)),
    )


@lru_cache(maxsize=256)
def _own_accounts(facts: CurveFacts, user: Pubkey) -> _Own:
    def quote_account(owner: Pubkey) -> Pubkey:
        return token_account(owner, facts.quote_mint, facts.quote_token_program)

    curve = bonding_curve(facts.mint)
    vault = creator_vault(facts.creator)
    volume = volume_accumulator(user, PUMP_ID)
    user_base = token_account(user, facts.mint, facts.token_program)
    user_quote = quote_account(user)
    head = (
        read(CURVE_GLOBAL),
        read(facts.mint),
        read(facts.quote_mint),
        read(facts.token_program),
        read(facts.quote_token_program),
        read(ASSOCIATED_TOKEN_ID),
    )
    shared = (
        write(curve),
        write(token_account(curve, facts.mint, facts.token_program)),
        write(quote_account(curve)),
        pay(user),
        write(user_base),
        write(user_quote),
        write(vault),
        write(quote_account(vault)),
        read(sharing_config(facts.mint)),
    )
    tail = (
        write(volume),
        write(quote_account(volume)),
        read(CURVE_FEE_CONFIG),
        read(PUMP_FEES_ID),
        read(SYSTEM_ID),
        read(CURVE_EVENT_AUTHORITY),
        read(PUMP_ID),
    )
    return _Own(user_base, user_quote, head, shared, tail)


def buy_v2(accounts: CurveAccounts, tokens: int, max_quote: int) -> Instruction:
    """Exactly `tokens` units for at most `max_quote`, fees included. Refused for dust."""
    return _BUY.of(accounts.buy, tokens, max_quote)


def buy_exact_quote_in_v2(accounts: CurveAccounts, spend: int, min_tokens: int) -> Instruction:
    """Spend `spend` of the quote, fees included, for at least `min_tokens` units. Refused for dust."""
    return _BUY_EXACT_IN.of(accounts.buy, spend, min_tokens)


def sell_v2(accounts: CurveAccounts, tokens: int, min_quote: int) -> Instruction:
    """Exactly `tokens` units for at least `min_quote` after fees. Refused for dust."""
    return _SELL.of(accounts.sell, tokens, min_quote)


def init_volume_accumulator(payer: Pubkey, user: Pubkey) -> Instruction:
    """Opens the wallet's accumulator; a trade opens it by itself, at the wallet's cost."""
    accounts = (pay(payer), read(user), write(volume_accumulator(user, PUMP_ID)), read(SYSTEM_ID))
    return bare(PUMP_ID, "init_user_volume_accumulator", *accounts, read(CURVE_EVENT_AUTHORITY), read(PUMP_ID))


def close_volume_accumulator(user: Pubkey) -> Instruction:
    """Closes the wallet's accumulator and returns its rent to the wallet."""
    accounts = (pay(user), write(volume_accumulator(user, PUMP_ID)), read(CURVE_EVENT_AUTHORITY), read(PUMP_ID))
    return bare(PUMP_ID, "close_user_volume_accumulator", *accounts)


def claim_cashback(user: Pubkey) -> Instruction:
    """Pays the cashback of SOL-quoted coins to its wallet, as lamports. Anybody may send it."""
    accounts = (write(user), write(volume_accumulator(user, PUMP_ID)), read(SYSTEM_ID))
    return bare(PUMP_ID, "claim_cashback", *accounts, read(CURVE_EVENT_AUTHORITY), read(PUMP_ID))


def claim_cashback_v2(user: Pubkey, quote_mint: Pubkey, quote_token_program: Pubkey) -> Instruction:
    """Pays the cashback of coins with this quote into the wallet's token account. Anybody may send it."""
    volume = volume_accumulator(user, PUMP_ID)
    accounts = (
        write(user),
        write(volume),
        read(quote_mint),
        read(quote_token_program),
        read(ASSOCIATED_TOKEN_ID),
        write(token_account(volume, quote_mint, quote_token_program)),
        write(token_account(user, quote_mint, quote_token_program)),
        read(SYSTEM_ID),
        read(CURVE_EVENT_AUTHORITY),
        read(PUMP_ID),
    )
    return bare(PUMP_ID, "claim_cashback_v2", *accounts)


def extend_account(account: Pubkey, user: Pubkey) -> Instruction:
    """Grows an old curve's account to today's length, at the user's cost. Trades need it not: they read short ones."""
    accounts = (write(account), pay(user), read(SYSTEM_ID), read(CURVE_EVENT_AUTHORITY), read(PUMP_ID))
    return bare(PUMP_ID, "extend_account", *accounts)
