"""Addresses that follow from others: of programs' accounts and of token accounts.

A derivation costs 12 to 15 µs and a trade names a dozen of them, so those used last are remembered: the round trip that
is simulated for a candidate derives what its entry will name.
Seeds: interface files of pump-sdk 2.0.0; `pool-v2`, `bonding-curve-v2` and `pool-authority` stand only in the SDKs.
"""

from functools import lru_cache
from typing import Final

from solders.pubkey import Pubkey

from core.chain.programs import (
    ASSOCIATED_TOKEN,
    PUMP,
    PUMP_FEES,
    PUMPSWAP,
    RAYDIUM_CPMM,
    SYSTEM,
    TOKEN,
    TOKEN_2022,
    WSOL_MINT,
)

PUMP_ID: Final = Pubkey.from_string(PUMP)
PUMPSWAP_ID: Final = Pubkey.from_string(PUMPSWAP)
PUMP_FEES_ID: Final = Pubkey.from_string(PUMP_FEES)
RAYDIUM_CPMM_ID: Final = Pubkey.from_string(RAYDIUM_CPMM)
SYSTEM_ID: Final = Pubkey.from_string(SYSTEM)
TOKEN_ID: Final = Pubkey.from_string(TOKEN)
TOKEN_2022_ID: Final = Pubkey.from_string(TOKEN_2022)
ASSOCIATED_TOKEN_ID: Final = Pubkey.from_string(ASSOCIATED_TOKEN)
WSOL: Final = Pubkey.from_string(WSOL_MINT)


@lru_cache(maxsize=4_096)
def derived(program: Pubkey, *seeds: bytes) -> Pubkey:
    """The account of `program` for these seeds."""
    return Pubkey.find_program_address(seeds, program)[0]


CURVE_GLOBAL: Final = derived(PUMP_ID, b"global")
CURVE_EVENT_AUTHORITY: Final = derived(PUMP_ID, b"__event_authority")
CURVE_VOLUME: Final = derived(PUMP_ID, b"global_volume_accumulator")
CURVE_FEE_CONFIG: Final = derived(PUMP_FEES_ID, b"fee_config", bytes(PUMP_ID))

POOL_GLOBAL: Final = derived(PUMPSWAP_ID, b"global_config")
POOL_EVENT_AUTHORITY: Final = derived(PUMPSWAP_ID, b"__event_authority")
POOL_VOLUME: Final = derived(PUMPSWAP_ID, b"global_volume_accumulator")
POOL_FEE_CONFIG: Final = derived(PUMP_FEES_ID, b"fee_config", bytes(PUMPSWAP_ID))

CPMM_AUTHORITY: Final = derived(RAYDIUM_CPMM_ID, b"vault_and_lp_mint_auth_seed")


def token_account(owner: Pubkey, mint: Pubkey, token_program: Pubkey) -> Pubkey:
    """The associated token account, which is the only kind that this project opens."""
    return derived(ASSOCIATED_TOKEN_ID, bytes(owner), bytes(token_program), bytes(mint))


def bonding_curve(mint: Pubkey) -> Pubkey:
    return derived(PUMP_ID, b"bonding-curve", bytes(mint))


def bonding_curve_v2(mint: Pubkey) -> Pubkey:
    """Goes with the legacy instructions only."""
    return derived(PUMP_ID, b"bonding-curve-v2", bytes(mint))


def creator_vault(creator: Pubkey) -> Pubkey:
    """Where the curve program collects a creator's fees."""
    return derived(PUMP_ID, b"creator-vault", bytes(creator))


def sharing_config(mint: Pubkey) -> Pubkey:
    """How a coin's creator fee is shared; named whether it exists or not."""
    return derived(PUMP_FEES_ID, b"sharing-config", bytes(mint))


def volume_accumulator(user: Pubkey, program: Pubkey) -> Pubkey:
    """One per wallet and program (curve or pool): 0.0018444 SOL of rent until it is closed."""
    return derived(program, b"user_volume_accumulator", bytes(user))


def pool_authority(mint: Pubkey) -> Pubkey:
    """Who creates the canonical pool of a graduated coin."""
    return derived(PUMP_ID, b"pool-authority", bytes(mint))


def canonical_pool(mint: Pubkey, quote_mint: Pubkey = WSOL) -> Pubkey:
    """The pool that a curve graduates into."""
    index = (0).to_bytes(2, "little")
    return derived(PUMPSWAP_ID, b"pool", index, bytes(pool_authority(mint)), bytes(mint), bytes(quote_mint))


def pool_v2(base_mint: Pubkey) -> Pubkey:
    return derived(PUMPSWAP_ID, b"pool-v2", bytes(base_mint))


def pool_creator_vault(coin_creator: Pubkey) -> Pubkey:
    """The authority over the token account in which the pool program collects a creator's fees."""
    return derived(PUMPSWAP_ID, b"creator_vault", bytes(coin_creator))
