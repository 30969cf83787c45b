"""Derived addresses that the programs own, and token accounts, for events that name them."""

from solders.pubkey import Pubkey

from core.chain.programs import PUMP, PUMPSWAP, WSOL_MINT

_PUMP = Pubkey.from_string(PUMP)
_PUMPSWAP = Pubkey.from_string(PUMPSWAP)


def bonding_curve_address(mint: str) -> str:
    """The curve's account: PDA of the pump program."""
    return str(Pubkey.find_program_address([b"bonding-curve", bytes(Pubkey.from_string(mint))], _PUMP)[0])


def pool_authority_address(mint: str) -> str:
    """Who creates the canonical pool: PDA of the pump program."""
    return str(Pubkey.find_program_address([b"pool-authority", bytes(Pubkey.from_string(mint))], _PUMP)[0])


def pool_address(mint: str, quote_mint: str = WSOL_MINT) -> str:
    """The canonical pool with index 0 against the quote mint: PDA of PumpSwap."""
    authority, quote = Pubkey.from_string(pool_authority_address(mint)), Pubkey.from_string(quote_mint)
    seeds = [b"pool", (0).to_bytes(2, "little"), bytes(authority), bytes(Pubkey.from_string(mint)), bytes(quote)]
    return str(Pubkey.find_program_address(seeds, _PUMPSWAP)[0])


def lp_mint_address(pool: str) -> str:
    """The pool's liquidity token: PDA of PumpSwap."""
    return str(Pubkey.find_program_address([b"pool_lp_mint", bytes(Pubkey.from_string(pool))], _PUMPSWAP)[0])
