"""Durable nonces: a transaction that stays valid until its nonce account is advanced, instead of for 150 slots."""

import struct

from msgspec import Struct
from solders.hash import Hash
from solders.instruction import Instruction
from solders.pubkey import Pubkey
from solders.system_program import (
    AdvanceNonceAccountParams,
    WithdrawNonceAccountParams,
    advance_nonce_account,
    create_nonce_account,
    withdraw_nonce_account,
)

from core.chain.codec.kinds import Undecodable
from core.chain.rent import NONCE_ACCOUNT_LAMPORTS

NONCE_BYTES = 80
_CURRENT, _INITIALIZED = 1, 1
_LAYOUT = struct.Struct("<II32s32sQ")


class Nonce(Struct, frozen=True):
    """A nonce account's state. `value` stands in a transaction where its blockhash would."""

    authority: Pubkey
    value: Hash
    signature_lamports: int


def decode_nonce(data: bytes) -> Nonce:
    """The nonce in an account's data. Undecodable when it is none, or not in use yet."""
    if len(data) != NONCE_BYTES:
        raise Undecodable("length")
    version, state, authority, value, lamports = _LAYOUT.unpack(data)
    if (version, state) != (_CURRENT, _INITIALIZED):
        raise Undecodable("uninitialized")
    return Nonce(Pubkey.from_bytes(authority), Hash.from_bytes(value), lamports)


def create(payer: Pubkey, account: Pubkey, authority: Pubkey) -> list[Instruction]:
    """Opens a nonce account, whose key must sign as well; `payer` pays its rent."""
    return list(create_nonce_account(payer, account, authority, NONCE_ACCOUNT_LAMPORTS))


def advance(account: Pubkey, authority: Pubkey) -> Instruction:
    """Must be the first instruction of every transaction that uses the nonce, before the compute budget."""
    return advance_nonce_account(AdvanceNonceAccountParams(nonce_pubkey=account, authorized_pubkey=authority))


def close(account: Pubkey, authority: Pubkey, rent_to: Pubkey) -> Instruction:
    """Withdraws everything, which closes the account."""
    return withdraw_nonce_account(
        WithdrawNonceAccountParams(
            nonce_pubkey=account, authorized_pubkey=authority, to_pubkey=rent_to, lamports=NONCE_ACCOUNT_LAMPORTS
        )
    )
