"""Lamports and token accounts: open, close, wrap, unwrap, transfer, tip, and what a transaction pays for its place.

Instructions that hold no amount are remembered: the library takes 20 µs for each.
"""

from functools import lru_cache

from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
from solders.instruction import Instruction
from solders.pubkey import Pubkey
from solders.system_program import TransferParams
from solders.system_program import transfer as system_transfer
from spl.token.instructions import close_account, create_idempotent_associated_token_account, sync_native
from spl.token.models import CloseAccountParams, SyncNativeParams

from core.chain.build.addresses import TOKEN_2022_ID, TOKEN_ID, WSOL, token_account
from core.chain.build.layout import U64_MAX
from core.errors import Refused

COMPUTE_UNITS_MAX = 1_400_000
"""What one transaction may use at most (chain constant)."""
MICRO_LAMPORTS_PER_LAMPORT = 1_000_000


@lru_cache(maxsize=256)
def open_token_account(payer: Pubkey, owner: Pubkey, mint: Pubkey, token_program: Pubkey) -> Instruction:
    """Opens the associated token account, at the payer's cost; does nothing where it is open already."""
    if token_program not in {TOKEN_ID, TOKEN_2022_ID}:
        raise Refused(f"{token_program} is no token program")
    return create_idempotent_associated_token_account(payer, owner, mint, token_program)


@lru_cache(maxsize=256)
def close_token_account(account: Pubkey, owner: Pubkey, rent_to: Pubkey, token_program: Pubkey) -> Instruction:
    """Closes an empty token account and sends its rent to `rent_to`; of wrapped SOL it unwraps the balance too."""
    return close_account(CloseAccountParams(program_id=token_program, account=account, dest=rent_to, owner=owner))


def wrap(owner: Pubkey, lamports: int) -> list[Instruction]:
    """Opens the owner's wrapped-SOL account if need be and puts lamports in."""
    account = token_account(owner, WSOL, TOKEN_ID)
    return [
        open_token_account(owner, owner, WSOL, TOKEN_ID),
        transfer(owner, account, lamports),
        sync_native(SyncNativeParams(program_id=TOKEN_ID, account=account)),
    ]


def unwrap(owner: Pubkey) -> Instruction:
    """Closes the owner's wrapped-SOL account: balance and rent come back as lamports."""
    return close_token_account(token_account(owner, WSOL, TOKEN_ID), owner, owner, TOKEN_ID)


def transfer(source: Pubkey, destination: Pubkey, lamports: int) -> Instruction:
    """Moves lamports between wallets; a tip is one to an account of the lane that asks for it."""
    if not 0 < lamports <= U64_MAX:
        raise Refused(f"cannot transfer {lamports} lamports")
    return system_transfer(TransferParams(from_pubkey=source, to_pubkey=destination, lamports=lamports))


def compute_budget(unit_limit: int, price_micro_lamports: int) -> list[Instruction]:
    """How many compute units the transaction may use, and what it pays for each, in millionths of a lamport.

    The price's instruction is there even when it is 0, so that transactions of one kind have one shape.
    """
    if not 0 < unit_limit <= COMPUTE_UNITS_MAX:
        raise Refused(f"a limit of {unit_limit} compute units: it must be 1 to {COMPUTE_UNITS_MAX}")
    if not 0 <= price_micro_lamports <= U64_MAX:
        raise Refused(f"a price of {price_micro_lamports} micro-lamports: it must be 0 to {U64_MAX}")
    return [set_compute_unit_limit(unit_limit), set_compute_unit_price(price_micro_lamports)]


def priority_fee_lamports(unit_limit: int, price_micro_lamports: int) -> int:
    """What the compute budget costs on top of the signatures: by the limit, not by what was used, rounded up."""
    return -(-unit_limit * price_micro_lamports // MICRO_LAMPORTS_PER_LAMPORT)
