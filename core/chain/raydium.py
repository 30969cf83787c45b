"""The SOL/USDC pool of Raydium's AMM v4, read as a price of SOL.

Layout: interface file raydium_amm_v4; 752 bytes without a discriminator.
"""

import struct

from msgspec import Struct

from core.chain.codec.keys import key_text
from core.chain.codec.kinds import Undecodable
from core.chain.programs import WSOL_MINT

SOL_USDC_POOL = "58oQChx4yWmvKdwLLZzBi4ChoCc2fqCUWBkwMihLYQo2"
USDC_MINT = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
POOL_BYTES = 752
_DECIMALS_AT = 32
_OWED_AT = 192
_KEYS_AT = 336


class AmmPool(Struct, frozen=True):
    """What prices the pool: its two vaults, and what of them is owed to the protocol."""

    sol_vault: str
    usdc_vault: str
    sol_decimals: int
    usdc_decimals: int
    sol_owed: int
    usdc_owed: int


def decode_pool(data: bytes) -> AmmPool:
    """A SOL/USDC pool. Undecodable when it has another layout or trades something else."""
    if len(data) != POOL_BYTES:
        raise Undecodable("length")
    keys = [key_text(data[at : at + 32]) for at in range(_KEYS_AT, _KEYS_AT + 128, 32)]
    if keys[2:] != [WSOL_MINT, USDC_MINT]:
        raise Undecodable("mints")
    decimals = struct.unpack_from("<QQ", data, _DECIMALS_AT)
    owed = struct.unpack_from("<QQ", data, _OWED_AT)
    return AmmPool(keys[0], keys[1], *decimals, *owed)


def usd_per_sol(pool: AmmPool, sol_vault_units: int, usdc_vault_units: int) -> float | None:
    """What a SOL costs in this pool, or None for a pool without reserves."""
    sol, usdc = sol_vault_units - pool.sol_owed, usdc_vault_units - pool.usdc_owed
    if sol <= 0 or usdc <= 0 or max(pool.sol_decimals, pool.usdc_decimals) > 18:
        return None
    price: float = (usdc / 10**pool.usdc_decimals) / (sol / 10**pool.sol_decimals)
    return price
