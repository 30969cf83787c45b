"""Trades on a bonding curve in the program's first generation, which the SDKs' own helpers still build.

Accounts: interface file pump.json; the remaining ones stand only in pump-sdk 2.0.0: 18 accounts to buy, 16 to sell, 17
for a cashback coin. SOL-quoted coins only: the generation knows no other.
"""

from msgspec import Struct
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey

from core.chain.build.addresses import (
    CURVE_EVENT_AUTHORITY,
    CURVE_FEE_CONFIG,
    CURVE_GLOBAL,
    CURVE_VOLUME,
    PUMP_FEES_ID,
    PUMP_ID,
    SYSTEM_ID,
    bonding_curve,
    bonding_curve_v2,
    creator_vault,
    token_account,
    volume_accumulator,
)
from core.chain.build.facts import CurveFacts, Recipients
from core.chain.build.layout import TRACK_VOLUME, Call, pay, read, write
from core.errors import Refused

_BUY = Call(PUMP_ID, "buy", TRACK_VOLUME)
_BUY_EXACT_IN = Call(PUMP_ID, "buy_exact_sol_in", TRACK_VOLUME)
_SELL = Call(PUMP_ID, "sell")


class LegacyAccounts(Struct, frozen=True):
    """Accounts of one coin's legacy trades by one wallet, in wire order."""

    user: Pubkey
    user_base: Pubkey
    buy: tuple[AccountMeta, ...]
    sell: tuple[AccountMeta, ...]


def legacy_accounts(facts: CurveFacts, user: Pubkey, recipients: Recipients) -> LegacyAccounts:
    """Refused for a coin that is not quoted in SOL."""
    if not facts.is_sol_quoted:
        raise Refused(f"{facts.mint} is quoted in {facts.quote_mint}: legacy instructions trade SOL only")
    curve = bonding_curve(facts.mint)
    user_base = token_account(user, facts.mint, facts.token_program)
    volume = volume_accumulator(user, PUMP_ID)
    token_program, vault = read(facts.token_program), write(creator_vault(facts.creator))
    shared = (
        read(CURVE_GLOBAL),
        write(recipients.fee),
        read(facts.mint),
        write(curve),
        write(token_account(curve, facts.mint, facts.token_program)),
        write(user_base),
        pay(user),
        read(SYSTEM_ID),
    )
    programs = (read(CURVE_EVENT_AUTHORITY), read(PUMP_ID))
    fees = (read(CURVE_FEE_CONFIG), read(PUMP_FEES_ID))
    remaining = (read(bonding_curve_v2(facts.mint)), write(recipients.buyback))
    cashback = (write(volume),) if facts.is_cashback else ()
    return LegacyAccounts(
        user,
        user_base,
        buy=(*shared, token_program, vault, *programs, read(CURVE_VOLUME), write(volume), *fees, *remaining),
        sell=(*shared, vault, token_program, *programs, *fees, *cashback, *remaining),
    )


def buy(accounts: LegacyAccounts, tokens: int, max_lamports: int) -> Instruction:
    """Exactly `tokens` units for at most `max_lamports`, fees included. Refused for dust."""
    return _BUY.of(accounts.buy, tokens, max_lamports)


def buy_exact_sol_in(accounts: LegacyAccounts, lamports: int, min_tokens: int) -> Instruction:
    """Spend `lamports`, fees included, for at least `min_tokens` units. Refused for dust."""
    return _BUY_EXACT_IN.of(accounts.buy, lamports, min_tokens)


def sell(accounts: LegacyAccounts, tokens: int, min_lamports: int) -> Instruction:
    """Exactly `tokens` units for at least `min_lamports` after fees. Refused for dust."""
    return _SELL.of(accounts.sell, tokens, min_lamports)
