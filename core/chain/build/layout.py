"""The parts of an instruction: account entries and data."""

import struct

from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey

from core.chain.programs import instruction_discriminator
from core.errors import Refused

U64_MAX = 2**64 - 1
TRACK_VOLUME = b"\1"
"""The optional last argument of older buys as the SDKs send it: one byte."""
_AMOUNTS = struct.Struct("<QQ")


def read(key: Pubkey) -> AccountMeta:
    return AccountMeta(key, is_signer=False, is_writable=False)


def write(key: Pubkey) -> AccountMeta:
    return AccountMeta(key, is_signer=False, is_writable=True)


def sign(key: Pubkey) -> AccountMeta:
    """A signer whose account is not changed."""
    return AccountMeta(key, is_signer=True, is_writable=False)


def pay(key: Pubkey) -> AccountMeta:
    """A signer whose account is changed."""
    return AccountMeta(key, is_signer=True, is_writable=True)


class Call:
    """A program's instruction that takes an exact amount and a limit, both u64."""

    __slots__ = ("_head", "_name", "_program", "_tail")

    def __init__(self, program: Pubkey, name: str, tail: bytes = b"") -> None:
        self._program = program
        self._name = name
        self._head = instruction_discriminator(name)
        self._tail = tail

    def data(self, amount: int, limit: int) -> bytes:
        """Refused for an amount of nothing and for what no u64 holds, as a quote of dust would have it."""
        if not 0 < amount <= U64_MAX:
            raise Refused(f"{self._name} of {amount} units: the amount must be 1 to {U64_MAX}")
        if not 0 <= limit <= U64_MAX:
            raise Refused(f"{self._name} with a limit of {limit} units: the limit must be 0 to {U64_MAX}")
        return self._head + _AMOUNTS.pack(amount, limit) + self._tail

    def of(self, accounts: tuple[AccountMeta, ...], amount: int, limit: int) -> Instruction:
        return Instruction(self._program, self.data(amount, limit), accounts)


def bare(program: Pubkey, name: str, *accounts: AccountMeta) -> Instruction:
    """An instruction without arguments."""
    return Instruction(program, instruction_discriminator(name), accounts)
