"""Instructions that only those who make coins send: creation on the curve, and the move to a pool.

Accounts and data: interface file pump.json of pump-sdk 2.0.0.
"""

import struct

from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey
from solders.sysvar import RENT

from core.chain.build.addresses import (
    ASSOCIATED_TOKEN_ID,
    CURVE_EVENT_AUTHORITY,
    CURVE_GLOBAL,
    POOL_EVENT_AUTHORITY,
    POOL_GLOBAL,
    PUMP_ID,
    PUMPSWAP_ID,
    SYSTEM_ID,
    TOKEN_2022_ID,
    TOKEN_ID,
    WSOL,
    bonding_curve,
    canonical_pool,
    derived,
    pool_authority,
    token_account,
)
from core.chain.build.layout import pay, read, write
from core.chain.programs import MAYHEM, MAYHEM_AGENT, instruction_discriminator
from localnet.genesis import WITHDRAW_AUTHORITY, key

_MAYHEM_ID = key(MAYHEM)
_MINT_AUTHORITY = derived(PUMP_ID, b"mint-authority")
_MAYHEM_PARAMS = derived(_MAYHEM_ID, b"global-params")


def create_v2(
    mint: Pubkey,
    user: Pubkey,
    creator: Pubkey,
    words: tuple[str, str, str],
    *,
    is_mayhem: bool = False,
    is_cashback: bool = False,
) -> Instruction:
    """A new coin with name, symbol and URI `words`; mint and user sign, the user pays."""
    curve = bonding_curve(mint)
    agent = key(MAYHEM_AGENT)
    accounts = (
        pay(mint),
        read(_MINT_AUTHORITY),
        write(curve),
        write(token_account(curve, mint, TOKEN_2022_ID)),
        read(CURVE_GLOBAL),
        pay(user),
        read(SYSTEM_ID),
        read(TOKEN_2022_ID),
        read(ASSOCIATED_TOKEN_ID),
        write(_MAYHEM_ID),
        read(_MAYHEM_PARAMS),
        write(agent),
        write(derived(_MAYHEM_ID, b"mayhem-state", bytes(mint))),
        write(token_account(agent, mint, TOKEN_2022_ID)),
        read(CURVE_EVENT_AUTHORITY),
        read(PUMP_ID),
    )
    texts = b"".join(struct.pack("<I", len(word.encode())) + word.encode() for word in words)
    flags = bytes([is_mayhem, is_cashback])
    return Instruction(PUMP_ID, instruction_discriminator("create_v2") + texts + bytes(creator) + flags, accounts)


def migrate(mint: Pubkey, user: Pubkey, token_program: Pubkey = TOKEN_2022_ID) -> Instruction:
    """The completed curve of `mint` becomes its canonical pool. Anybody may send it."""
    curve, authority, pool = bonding_curve(mint), pool_authority(mint), canonical_pool(mint)
    lp_mint = derived(PUMPSWAP_ID, b"pool_lp_mint", bytes(pool))
    accounts: tuple[AccountMeta, ...] = (
        read(CURVE_GLOBAL),
        write(key(WITHDRAW_AUTHORITY)),
        read(mint),
        write(curve),
        write(token_account(curve, mint, token_program)),
        pay(user),
        read(SYSTEM_ID),
        read(TOKEN_ID),
        read(PUMPSWAP_ID),
        write(pool),
        write(authority),
        write(token_account(authority, mint, token_program)),
        write(token_account(authority, WSOL, TOKEN_ID)),
        read(POOL_GLOBAL),
        read(WSOL),
        write(lp_mint),
        write(token_account(authority, lp_mint, TOKEN_2022_ID)),
        write(token_account(pool, mint, token_program)),
        write(token_account(pool, WSOL, TOKEN_ID)),
        read(TOKEN_2022_ID),
        read(ASSOCIATED_TOKEN_ID),
        read(POOL_EVENT_AUTHORITY),
        read(CURVE_EVENT_AUTHORITY),
        read(PUMP_ID),
        read(RENT),
    )
    return Instruction(PUMP_ID, instruction_discriminator("migrate"), accounts)
