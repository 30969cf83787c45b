"""SPL Token and Token-2022 mints and token accounts, with the extensions that decide whether a token can be sold.

A plain mint has 82 bytes, a plain account 165. Token-2022 pads both to 165, writes one byte that says which it is,
then extensions as u16 type, u16 length, data.
"""

import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import Annotated

from msgspec import Struct

from core.chain.codec.keys import key_bytes, key_text
from core.chain.codec.kinds import U8, U64, Bool, Fixed, Key, Undecodable
from core.chain.codec.layout import Layout
from core.chain.programs import SYSTEM

MINT_BYTES = 82
ACCOUNT_BYTES = 165
_MINT_MARK = 1
_ACCOUNT_MARK = 2
_FROZEN = 2
_MULTISIG_BYTES = 355


class Extension(IntEnum):
    """Extension types of Token-2022 by their number on the wire."""

    TRANSFER_FEE_CONFIG = 1
    TRANSFER_FEE_AMOUNT = 2
    MINT_CLOSE_AUTHORITY = 3
    CONFIDENTIAL_TRANSFER_MINT = 4
    CONFIDENTIAL_TRANSFER_ACCOUNT = 5
    DEFAULT_ACCOUNT_STATE = 6
    IMMUTABLE_OWNER = 7
    MEMO_TRANSFER = 8
    NON_TRANSFERABLE = 9
    INTEREST_BEARING_CONFIG = 10
    CPI_GUARD = 11
    PERMANENT_DELEGATE = 12
    NON_TRANSFERABLE_ACCOUNT = 13
    TRANSFER_HOOK = 14
    TRANSFER_HOOK_ACCOUNT = 15
    CONFIDENTIAL_TRANSFER_FEE_CONFIG = 16
    CONFIDENTIAL_TRANSFER_FEE_AMOUNT = 17
    METADATA_POINTER = 18
    TOKEN_METADATA = 19
    GROUP_POINTER = 20
    TOKEN_GROUP = 21
    GROUP_MEMBER_POINTER = 22
    TOKEN_GROUP_MEMBER = 23
    CONFIDENTIAL_MINT_BURN = 24
    SCALED_UI_AMOUNT = 25
    PAUSABLE = 26
    PAUSABLE_ACCOUNT = 27
    PERMISSIONED_BURN = 28


def _optional_key(raw: bytes) -> str | None:
    return key_text(raw[4:]) if any(raw[:4]) else None


def _optional_key_bytes(text: str | None) -> bytes:
    return bytes(36) if text is None else b"\1\0\0\0" + key_bytes(text)


def _optional_u64(raw: bytes) -> int | None:
    return int.from_bytes(raw[4:], "little") if any(raw[:4]) else None


def _optional_u64_bytes(value: int | None) -> bytes:
    return bytes(12) if value is None else b"\1\0\0\0" + value.to_bytes(8, "little")


OptionalKey = Annotated[str | None, Fixed("36s", _optional_key, _optional_key_bytes)]
OptionalU64 = Annotated[int | None, Fixed("12s", _optional_u64, _optional_u64_bytes)]


class MintBase(Struct, frozen=True, gc=False):
    mint_authority: OptionalKey
    supply: U64
    decimals: U8
    is_initialized: Bool
    freeze_authority: OptionalKey


class Entry(Struct, frozen=True, gc=False):
    """One extension as it stands in the account. `kind` may be a number newer than `Extension` knows."""

    kind: int
    data: bytes


class Mint(Struct, frozen=True, gc=False):
    """A mint with what could keep its tokens from being sold. Absent authorities are None.

    Keys of extensions are None when the extension is absent or its key is zero, which switches it off.
    """

    base: MintBase
    extensions: tuple[Entry, ...] = ()

    @property
    def mint_authority(self) -> str | None:
        return self.base.mint_authority

    @property
    def freeze_authority(self) -> str | None:
        return self.base.freeze_authority

    @property
    def supply(self) -> int:
        return self.base.supply

    @property
    def decimals(self) -> int:
        return self.base.decimals

    @property
    def kinds(self) -> frozenset[int]:
        """Extension types present, unknown ones included."""
        return frozenset(entry.kind for entry in self.extensions)

    @property
    def transfer_hook_program(self) -> str | None:
        return self._key(Extension.TRANSFER_HOOK, 32)

    @property
    def transfer_hook_authority(self) -> str | None:
        """Who may set a hook later."""
        return self._key(Extension.TRANSFER_HOOK, 0)

    @property
    def permanent_delegate(self) -> str | None:
        return self._key(Extension.PERMANENT_DELEGATE, 0)

    @property
    def transfer_fee_authority(self) -> str | None:
        """Who may raise the transfer fee later."""
        return self._key(Extension.TRANSFER_FEE_CONFIG, 0)

    @property
    def transfer_fee_bps(self) -> int:
        """The higher of the present and the coming fee; 0 without the extension."""
        data = self._data(Extension.TRANSFER_FEE_CONFIG)
        if data is None:
            return 0
        older, newer = struct.unpack_from("<16xH16xH", data, 72)
        return int(max(older, newer))

    @property
    def is_default_frozen(self) -> bool:
        return self._data(Extension.DEFAULT_ACCOUNT_STATE) == bytes([_FROZEN])

    @property
    def is_non_transferable(self) -> bool:
        return Extension.NON_TRANSFERABLE in self.kinds

    @property
    def is_pausable(self) -> bool:
        return Extension.PAUSABLE in self.kinds

    @property
    def pause_authority(self) -> str | None:
        return self._key(Extension.PAUSABLE, 0)

    def _data(self, kind: int) -> bytes | None:
        return next((entry.data for entry in self.extensions if entry.kind == kind), None)

    def _key(self, kind: int, at: int) -> str | None:
        data = self._data(kind)
        key = None if data is None else key_text(data[at : at + 32])
        return None if key == SYSTEM else key


class TokenAccountBase(Struct, frozen=True, gc=False):
    """`state` is 1 in use, 2 frozen; `native_reserve` is what a wrapped-SOL account keeps back as rent."""

    mint: Key
    owner: Key
    amount: U64
    delegate: OptionalKey
    state: U8
    native_reserve: OptionalU64
    delegated_amount: U64
    close_authority: OptionalKey


class TokenAccount(Struct, frozen=True, gc=False):
    base: TokenAccountBase
    extensions: tuple[Entry, ...] = ()

    @property
    def mint(self) -> str:
        return self.base.mint

    @property
    def owner(self) -> str:
        return self.base.owner

    @property
    def amount(self) -> int:
        return self.base.amount

    @property
    def is_frozen(self) -> bool:
        return self.base.state == _FROZEN


_MINT = Layout.of(MintBase)
_ACCOUNT = Layout.of(TokenAccountBase)
_ENTRY = struct.Struct("<HH")

_LEAST_BYTES = {
    Extension.TRANSFER_FEE_CONFIG: 108,
    Extension.DEFAULT_ACCOUNT_STATE: 1,
    Extension.PERMANENT_DELEGATE: 32,
    Extension.TRANSFER_HOOK: 64,
    Extension.PAUSABLE: 33,
}
"""Extensions that properties read: shorter ones are refused here, so that no property ever fails."""


def decode_mint(data: bytes) -> Mint:
    """The mint in `data`, extensions included. Undecodable when it is no mint."""
    if len(data) != MINT_BYTES and not _is_extended(data, _MINT_MARK):
        raise Undecodable("length")
    base = MintBase(*_MINT.read_whole(data[:MINT_BYTES], 0)[0])
    if not base.is_initialized:
        raise Undecodable("uninitialized")
    return Mint(base, _entries(data))


def decode_token_account(data: bytes) -> TokenAccount:
    """The token account in `data`. Undecodable when it is none."""
    if len(data) != ACCOUNT_BYTES and not _is_extended(data, _ACCOUNT_MARK):
        raise Undecodable("length")
    base = TokenAccountBase(*_ACCOUNT.read_whole(data[:ACCOUNT_BYTES], 0)[0])
    if base.state == 0:
        raise Undecodable("uninitialized")
    return TokenAccount(base, _entries(data))


def encode_mint(mint: Mint) -> bytes:
    """The data of `mint`: 82 bytes without extensions."""
    return _encode(_MINT.encode(_MINT.row(mint.base)), mint.extensions, _MINT_MARK)


def encode_token_account(account: TokenAccount) -> bytes:
    """The data of `account`: 165 bytes without extensions."""
    return _encode(_ACCOUNT.encode(_ACCOUNT.row(account.base)), account.extensions, _ACCOUNT_MARK)


def _is_extended(data: bytes, mark: int) -> bool:
    # The token programs keep this length for accounts of several signers, whose bytes may look like either.
    return len(data) > ACCOUNT_BYTES and len(data) != _MULTISIG_BYTES and data[ACCOUNT_BYTES] == mark


def _encode(base: bytes, extensions: Sequence[Entry], mark: int) -> bytes:
    if not extensions:
        return base
    entries = b"".join(_ENTRY.pack(entry.kind, len(entry.data)) + entry.data for entry in extensions)
    return base.ljust(ACCOUNT_BYTES, b"\0") + bytes([mark]) + entries


def _entries(data: bytes) -> tuple[Entry, ...]:
    found = []
    at = ACCOUNT_BYTES + 1
    # Type 0 is unused space at the end.
    while at + _ENTRY.size <= len(data) and any(data[at : at + 2]):
        kind, length = _ENTRY.unpack_from(data, at)
        at += _ENTRY.size
        if at + length > len(data) or length < _LEAST_BYTES.get(kind, 0):
            raise Undecodable("cut")
        found.append(Entry(kind, data[at : at + length]))
        at += length
    return tuple(found)
