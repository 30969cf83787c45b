"""Swaps on a pool of Raydium's constant-product program: 13 accounts, either amount exact.

Accounts and data: interface file raydium_cpmm_v2.
"""

from msgspec import Struct
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey

from core.chain.build.addresses import CPMM_AUTHORITY, RAYDIUM_CPMM_ID, token_account
from core.chain.build.layout import Call, read, sign, write
from core.chain.cpmm import SWAPS_OFF, CpmmPool
from core.errors import Refused

_EXACT_IN = Call(RAYDIUM_CPMM_ID, "swap_base_input")
_EXACT_OUT = Call(RAYDIUM_CPMM_ID, "swap_base_output")


class SwapAccounts(Struct, frozen=True):
    """Accounts of one wallet's swaps in one direction of a pool, in wire order."""

    user: Pubkey
    user_input: Pubkey
    user_output: Pubkey
    swap: tuple[AccountMeta, ...]


def swap_accounts(address: Pubkey, pool: CpmmPool, user: Pubkey, input_mint: Pubkey) -> SwapAccounts:
    """For swaps of `input_mint` into the pool's other token. Refused for a third mint and where swaps are off."""
    if pool.status & SWAPS_OFF:
        raise Refused(f"swaps are switched off on pool {address}")
    sides = [
        tuple(Pubkey.from_string(text) for text in side)
        for side in (
            (pool.token_0_mint, pool.token_0_program, pool.token_0_vault),
            (pool.token_1_mint, pool.token_1_program, pool.token_1_vault),
        )
    ]
    if input_mint not in {mint for mint, _, _ in sides}:
        raise Refused(f"pool {address} does not trade {input_mint}")
    (in_mint, in_program, in_vault), (out_mint, out_program, out_vault) = sorted(
        sides, key=lambda side: side[0] != input_mint
    )
    user_input = token_account(user, in_mint, in_program)
    user_output = token_account(user, out_mint, out_program)
    swap = (
        sign(user),
        read(CPMM_AUTHORITY),
        read(Pubkey.from_string(pool.amm_config)),
        write(address),
        write(user_input),
        write(user_output),
        write(in_vault),
        write(out_vault),
        read(in_program),
        read(out_program),
        read(in_mint),
        read(out_mint),
        write(Pubkey.from_string(pool.observation_key)),
    )
    return SwapAccounts(user, user_input, user_output, swap)


def swap_base_input(accounts: SwapAccounts, amount_in: int, minimum_out: int) -> Instruction:
    """Give exactly `amount_in` for at least `minimum_out`. Refused for dust."""
    return _EXACT_IN.of(accounts.swap, amount_in, minimum_out)


def swap_base_output(accounts: SwapAccounts, amount_out: int, maximum_in: int) -> Instruction:
    """Take exactly `amount_out` for at most `maximum_in`. Refused for dust."""
    if amount_out <= 0:
        raise Refused(f"swap_base_output of {amount_out} units: the amount must be at least 1")
    # On the wire the limit stands before the exact amount.
    return _EXACT_OUT.of(accounts.swap, maximum_in, amount_out)
