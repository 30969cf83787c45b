"""What nodes tell us, as frozen structs. Amounts are lamports or token base units; `slot` is when it was true."""

from typing import Any

from msgspec import Struct

from core.chain.tokens import TokenAccount
from core.chain.transaction import Call


class Blockhash(Struct, frozen=True):
    blockhash: str
    last_valid_block_height: int
    slot: int


class Account(Struct, frozen=True):
    """An account as it stands. `owner` is the program whose data it holds."""

    address: str
    lamports: int
    owner: str
    data: bytes


class AccountsRead(Struct, frozen=True):
    """In the order asked for; None where there is no such account."""

    slot: int
    accounts: tuple[Account | None, ...]


class Holding(Struct, frozen=True):
    """A token account. `program` is the token program that it belongs to, `lamports` its rent."""

    address: str
    program: str
    lamports: int
    token: TokenAccount


class HoldingsRead(Struct, frozen=True):
    """All token accounts of an owner under both token programs. `unread`: addresses of those that do not decode.

    `slot` is the older of the two answers'.
    """

    slot: int
    holdings: tuple[Holding, ...]
    unread: tuple[str, ...] = ()


class Largest(Struct, frozen=True):
    """A mint's largest token accounts as (address, amount), largest first; a node tells twenty."""

    slot: int
    accounts: tuple[tuple[str, int], ...]


class Status(Struct, frozen=True):
    """Where a signature stands. `err` is the chain's error as JSON; None: it succeeded."""

    slot: int
    commitment: str
    err: str | None


class TokenBalance(Struct, frozen=True):
    """Of one token account before or after a transaction. `owner` None: a very old answer does not say."""

    address: str
    mint: str
    owner: str | None
    amount: int


class Landed(Struct, frozen=True):
    """A transaction in a block, with what it did. Balances stand in the order of `keys`, loaded addresses included.

    `err` as in `Status`. `source` is the node's own answer, for `Decoder.decode_transaction`.
    """

    signature: str
    slot: int
    block_time_s: int | None
    err: str | None
    fee_lamports: int
    units: int | None
    keys: tuple[str, ...]
    pre_lamports: tuple[int, ...]
    post_lamports: tuple[int, ...]
    pre_tokens: tuple[TokenBalance, ...]
    post_tokens: tuple[TokenBalance, ...]
    logs: tuple[str, ...]
    calls: tuple[Call, ...]
    source: dict[str, Any]

    @property
    def payer(self) -> str:
        return self.keys[0]

    def lamports_change(self, address: str) -> int:
        """What it did to this account; 0 for one that it did not touch."""
        return sum(
            after - before
            for key, before, after in zip(self.keys, self.pre_lamports, self.post_lamports, strict=True)
            if key == address
        )

    def token_change(self, owner: str, mint: str) -> int:
        """What it did to this owner's holding of the mint, over all its accounts."""
        return sum(
            sign * balance.amount
            for sign, balances in ((1, self.post_tokens), (-1, self.pre_tokens))
            for balance in balances
            if balance.owner == owner and balance.mint == mint
        )


class SignatureFound(Struct, frozen=True):
    """A line of an address's history."""

    signature: str
    slot: int
    block_time_s: int | None
    err: str | None


class Simulation(Struct, frozen=True):
    """What a transaction would do. `accounts` stand in the order asked for, as they would be afterwards; empty where
    the node tells none, as it does of some failures."""

    slot: int
    err: str | None
    logs: tuple[str, ...]
    units: int
    accounts: tuple[Account | None, ...]


class Absent(Struct, frozen=True):
    """A signature that no asked endpoint knows: read at finalized with the full history searched.

    `slot` and `block_height` are the lowest finalized ones among `endpoints` many.
    """

    signature: str
    slot: int
    block_height: int
    endpoints: int
