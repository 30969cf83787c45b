import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chain.codec.keys import key_bytes
from core.chain.codec.kinds import Undecodable
from core.chain.programs import SYSTEM, WSOL_MINT
from core.chain.raydium import POOL_BYTES, SOL_USDC_POOL, USDC_MINT, decode_pool, usd_per_sol


def pool_bytes(*, sol_owed: int = 0, usdc_owed: int = 0, mints: tuple[str, str] = (WSOL_MINT, USDC_MINT)) -> bytes:
    """Field by field as the interface file lists them: 16 numbers, 8 of fees, the output data, 12 keys, 4 numbers."""
    numbers = [6, 254, 7, 3, 9, 6, 1, 0, 1, 500, 500, 1, 1, 1, 1, 1]
    output = struct.pack("<8Q", sol_owed, usdc_owed, 0, 0, 0, 0, 0, 0) + bytes(4 * 16 + 2 * 8)
    keys = [SOL_USDC_POOL, USDC_MINT, *mints, *[SYSTEM] * 8]
    return struct.pack("<24Q", *numbers, *[25] * 8) + output + b"".join(map(key_bytes, keys)) + bytes(32)


def test_the_pool_names_its_vaults_and_what_it_owes():
    pool = decode_pool(pool_bytes(sol_owed=5, usdc_owed=7))

    assert len(pool_bytes()) == POOL_BYTES
    assert (pool.sol_vault, pool.usdc_vault) == (SOL_USDC_POOL, USDC_MINT)
    assert (pool.sol_decimals, pool.usdc_decimals, pool.sol_owed, pool.usdc_owed) == (9, 6, 5, 7)


@given(usd=st.integers(1, 10_000), sol=st.integers(1, 10**6), owed=st.integers(0, 10**9))
def test_the_price_is_that_of_the_reserves_without_what_is_owed(usd: int, sol: int, owed: int):
    pool = decode_pool(pool_bytes(sol_owed=owed, usdc_owed=owed))

    assert usd_per_sol(pool, sol * 10**9 + owed, sol * usd * 10**6 + owed) == pytest.approx(usd)


def test_an_empty_pool_has_no_price():
    pool = decode_pool(pool_bytes(sol_owed=5))

    assert usd_per_sol(pool, 5, 10) is None
    assert usd_per_sol(pool, 10, 0) is None


def test_another_layout_or_another_pair_is_undecodable():
    for data in (b"", pool_bytes()[:-1], pool_bytes() + b"x", pool_bytes(mints=(USDC_MINT, WSOL_MINT))):
        with pytest.raises(Undecodable):
            decode_pool(data)
