"""Derived addresses that the programs own, and token accounts, for events that name them."""

from solders.pubkey import Pubkey

from core.chain.programs import PUMP, PUMPSWAP, WSOL_MINT

_PUMP = Pubkey.from_string(PUMP)
_PUMPSWAP = Pubkey.from_string(PUMPSWAP)
_WSOL = bytes(Pubkey.from_string(WSOL_MINT))


def bonding_curve_address(mint: str) -> str:
    """The curve's account: PDA of the pump program."""
    return str(Pubkey.find_program_address([b"bonding-curve", bytes(Pubkey.from_string(mint))], _PUMP)[0])


def pool_authority_address(mint: str) -> str:
    """Who creates the canonical pool: PDA of the pump program."""
    return str(Pubkey.find_program_address([b"pool-authority", bytes(Pubkey.from_string(mint))], _PUMP)[0])


def pool_address(mint: str) -> str:
    """The canonical pool with index 0 against wrapped SOL: PDA of PumpSwap."""
    authority = bytes(Pubkey.from_string(pool_authority_address(mint)))
    seeds = [b"pool", (0).to_bytes(2, "little"), authority, bytes(Pubkey.from_string(mint)), _WSOL]
    return str(Pubkey.find_program_address(seeds, _PUMPSWAP)[0])


def lp_mint_address(pool: str) -> str:
    """The pool's liquidity token: PDA of PumpSwap."""
    return str(Pubkey.find_program_address([b"pool_lp_mint", bytes(Pubkey.from_string(pool))], _PUMPSWAP)[0])
