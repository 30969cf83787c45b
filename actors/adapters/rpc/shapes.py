"""The results of nodes as they stand on the wire, and how they become answers. Raises BadResponse for what is none."""

from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct

from actors.adapters.rpc.answers import Account, Holding, Landed, SignatureFound, Simulation, Status, TokenBalance
from actors.adapters.rpc.errors import BadResponse
from core.chain.codec.kinds import Undecodable
from core.chain.tokens import decode_token_account
from core.chain.transaction import read_transaction

_NULL = Raw(b"null")


class BlockhashShape(Struct, rename="camel"):
    blockhash: str
    last_valid_block_height: int


class AccountShape(Struct):
    lamports: int
    owner: str
    data: tuple[str, str]


class KeyedShape(Struct):
    pubkey: str
    account: AccountShape


class LargestShape(Struct):
    address: str
    amount: str


class StatusShape(Struct, rename="camel"):
    slot: int
    err: Raw = _NULL
    confirmation_status: str | None = None


class FoundShape(Struct, rename="camel"):
    signature: str
    slot: int
    err: Raw = _NULL
    block_time: int | None = None


class SimulationShape(Struct, rename="camel"):
    err: Raw = _NULL
    logs: list[str] | None = None
    accounts: list[AccountShape | None] | None = None
    units_consumed: int | None = None


class FeeShape(Struct, rename="camel"):
    slot: int
    prioritization_fee: int


class _Amount(Struct):
    amount: str


class _TokenShape(Struct, rename="camel"):
    account_index: int
    mint: str
    ui_token_amount: _Amount
    owner: str | None = None


class _MetaShape(Struct, rename="camel"):
    fee: int
    pre_balances: list[int]
    post_balances: list[int]
    err: Raw = _NULL
    log_messages: list[str] | None = None
    pre_token_balances: list[_TokenShape] | None = None
    post_token_balances: list[_TokenShape] | None = None
    compute_units_consumed: int | None = None


class TransactionShape(Struct, rename="camel"):
    slot: int
    meta: _MetaShape
    block_time: int | None = None


def account(address: str, shape: AccountShape | None) -> Account | None:
    return None if shape is None else Account(address, shape.lamports, shape.owner, _bytes(shape.data))


def accounts(addresses: Sequence[str], shapes: Sequence[AccountShape | None]) -> tuple[Account | None, ...]:
    if len(addresses) != len(shapes):
        raise BadResponse(f"{len(addresses)} accounts were asked for, {len(shapes)} came")
    return tuple(account(address, shape) for address, shape in zip(addresses, shapes, strict=True))


def holding(shape: KeyedShape) -> Holding | None:
    """None for an account that does not decode."""
    read = shape.account
    try:
        return Holding(shape.pubkey, read.owner, read.lamports, decode_token_account(_bytes(read.data)))
    except (Undecodable, ValueError):
        return None


def status(shape: StatusShape | None) -> Status | None:
    # A node that does not say how far it is claims the least.
    return None if shape is None else Status(shape.slot, shape.confirmation_status or "processed", error(shape.err))


def found(shape: FoundShape) -> SignatureFound:
    return SignatureFound(shape.signature, shape.slot, shape.block_time, error(shape.err))


def simulation(slot: int, addresses: Sequence[str], shape: SimulationShape) -> Simulation:
    read = accounts(addresses, shape.accounts) if shape.accounts is not None else ()
    return Simulation(slot, error(shape.err), tuple(shape.logs or ()), shape.units_consumed or 0, read)


def landed(signature: str, source: Raw) -> Landed | None:
    """None for null: not known at that commitment."""
    if bytes(source) == b"null":
        return None
    try:
        shape = msgspec.json.decode(source, type=TransactionShape)
        body: dict[str, Any] = msgspec.json.decode(source)
        whole = read_transaction(body)
    except (msgspec.DecodeError, Undecodable, ValueError, TypeError, LookupError, AttributeError) as mistake:
        raise BadResponse(f"the transaction does not read: {type(mistake).__name__}") from None
    meta, keys = shape.meta, tuple(whole.keys)
    if not keys or len(meta.pre_balances) != len(keys) or len(meta.post_balances) != len(keys):
        raise BadResponse("the transaction's balances do not fit its accounts")
    if whole.signature != signature:
        raise BadResponse("the answer is another transaction")
    return Landed(
        signature=signature,
        slot=shape.slot,
        block_time_s=shape.block_time,
        err=error(meta.err),
        fee_lamports=meta.fee,
        units=meta.compute_units_consumed,
        keys=keys,
        pre_lamports=tuple(meta.pre_balances),
        post_lamports=tuple(meta.post_balances),
        pre_tokens=_tokens(keys, meta.pre_token_balances),
        post_tokens=_tokens(keys, meta.post_token_balances),
        logs=tuple(meta.log_messages or ()),
        calls=tuple(whole.calls),
        source=body,
    )


def error(raw: Raw) -> str | None:
    """The chain's error as it came, in JSON; None for null."""
    text = bytes(raw).decode(errors="replace")
    return None if text == "null" else text


def _tokens(keys: Sequence[str], shapes: Sequence[_TokenShape] | None) -> tuple[TokenBalance, ...]:
    try:
        return tuple(
            TokenBalance(keys[one.account_index], one.mint, one.owner, int(one.ui_token_amount.amount))
            for one in shapes or ()
        )
    except (LookupError, ValueError):
        raise BadResponse("the transaction's token balances do not read") from None


def _bytes(data: tuple[str, str]) -> bytes:
    try:
        return b64decode(data[0], validate=True)
    except (BadBase64, ValueError):
        raise BadResponse("an account's data is no base64") from None
