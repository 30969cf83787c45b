"""What stands in a transaction beside the trade: accounts to open and close, lamports to wrap, fees for its place.

A trade's own instruction comes from `core.chain.build.curve` or `.pool`; these functions put the rest around it, in the
SDKs' order (pump-sdk 2.0.0, pump-swap-sdk 1.20.0). Where ours differ: token accounts are always opened idempotently, so
that no look-up is needed first, and a sale may close the emptied account of the tokens, whose rent comes back.
"""

from collections.abc import Sequence

from msgspec import Struct
from solders.instruction import Instruction
from solders.pubkey import Pubkey

from core.chain.build import pool
from core.chain.build.addresses import PUMPSWAP_ID, WSOL, volume_accumulator
from core.chain.build.curve import CurveAccounts
from core.chain.build.facts import CurveFacts, PoolFacts
from core.chain.build.funds import (
    close_token_account,
    compute_budget,
    open_token_account,
    transfer,
    unwrap,
    wrap,
)
from core.chain.build.pool import PoolAccounts
from core.chain.rent import TOKEN_ACCOUNT_LAMPORTS

CASHBACK_RENT_LAMPORTS = TOKEN_ACCOUNT_LAMPORTS
"""What trading cashback coins on pools costs a wallet once and for ever, before the first entry into one."""


class Tip(Struct, frozen=True):
    """Lamports to an account of the landing lane that asks for them."""

    account: Pubkey
    lamports: int


class Place(Struct, frozen=True):
    """What a transaction pays for its place in a block."""

    unit_limit: int
    price_micro_lamports: int
    tip: Tip | None = None


def with_place(place: Place, payer: Pubkey, instructions: Sequence[Instruction]) -> list[Instruction]:
    """The instructions between the compute budget and the tip, which `payer` pays."""
    budget = compute_budget(place.unit_limit, place.price_micro_lamports)
    tip = [] if place.tip is None else [transfer(payer, place.tip.account, place.tip.lamports)]
    return [*budget, *instructions, *tip]


def curve_buy(facts: CurveFacts, accounts: CurveAccounts, trade: Instruction) -> list[Instruction]:
    """Opens the wallet's token account and buys."""
    opened = open_token_account(accounts.user, accounts.user, facts.mint, facts.token_program)
    return [opened, trade]


def curve_sell(facts: CurveFacts, accounts: CurveAccounts, trade: Instruction, *, close: bool) -> list[Instruction]:
    """Sells; `close` when nothing is left afterwards, else the transaction fails."""
    closed = [_closed(accounts.user, accounts.user_base, facts.token_program)] if close else []
    return [trade, *closed]


def pool_buy(facts: PoolFacts, accounts: PoolAccounts, trade: Instruction, max_quote: int) -> list[Instruction]:
    """Wraps what the buy may cost, buys, unwraps what is left. Without SOL on either side nothing is wrapped."""
    user = accounts.user
    wrapped = wrap(user, max_quote) if facts.quote_mint == WSOL else []
    opened = open_token_account(user, user, facts.base_mint, facts.base_token_program)
    unwrapped = [unwrap(user)] if WSOL in {facts.quote_mint, facts.base_mint} else []
    return [*_pool_extension(facts, user), *wrapped, opened, trade, *unwrapped]


def pool_sell(
    facts: PoolFacts, accounts: PoolAccounts, trade: Instruction, tokens: int, *, close: bool
) -> list[Instruction]:
    """Sells `tokens` base units and unwraps the proceeds; `close` when no base is left, else the transaction fails."""
    user = accounts.user
    base_is_sol = facts.base_mint == WSOL
    wrapped = wrap(user, tokens) if base_is_sol else []
    opened = open_token_account(user, user, facts.quote_mint, facts.quote_token_program)
    unwrapped = [unwrap(user)] if base_is_sol or facts.quote_mint == WSOL else []
    closed = [_closed(user, accounts.user_base, facts.base_token_program)] if close and not base_is_sol else []
    return [*_pool_extension(facts, user), *wrapped, opened, trade, *unwrapped, *closed]


def pool_cashback_setup(facts: PoolFacts, payer: Pubkey, user: Pubkey, *, has_accumulator: bool) -> list[Instruction]:
    """What must exist before a wallet trades a cashback coin on a pool; nothing for other coins.

    The program has errors for an accumulator or its token account that are missing (6060, 6061), and the SDKs open
    neither; whether a trade would open them by itself is nowhere said, and opening them first is right in both cases.
    The token account is the program's and never closed: `CASHBACK_RENT_LAMPORTS` are lost. The accumulator, opened
    here unless the wallet `has_accumulator`, gives its rent back when it is closed.
    """
    if not facts.is_cashback:
        return []
    opened = [] if has_accumulator else [pool.init_volume_accumulator(payer, user)]
    owner = volume_accumulator(user, PUMPSWAP_ID)
    return [*opened, open_token_account(payer, owner, facts.quote_mint, facts.quote_token_program)]


def _closed(user: Pubkey, account: Pubkey, token_program: Pubkey) -> Instruction:
    return close_token_account(account, user, user, token_program)


def _pool_extension(facts: PoolFacts, user: Pubkey) -> list[Instruction]:
    return [pool.extend_account(facts.address, user)] if facts.needs_extension else []
