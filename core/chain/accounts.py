"""Accounts of the curve, pool and fee programs: bytes to struct and back.

Accounts grow like events, by appending, but into zeros that were allocated before: `space` is the length of the data,
and zeros after the last known field are padding, not news.
"""

from typing import Annotated, Any

from msgspec import Struct

from core.chain.codec.kinds import I64, KEY, U8, U16, U64, Bool, Key, Signed128, Undecodable, array
from core.chain.codec.layout import Layout
from core.chain.fees import Fees, FeeTier
from core.chain.programs import SYSTEM, WSOL_MINT, account_discriminator

CURVE_BYTES = 151
"""What `create_v2` allocates today. Seen before: 49 (2024), 124, 125, 150."""

POOL_BYTES = 301
"""Pools under 300 bytes must be extended before they are traded with today's instructions."""


class BondingCurve(Struct, frozen=True, gc=False):
    """A curve's state, in base units. All zeros once a curve of 2024 has graduated.

    Fields that the account is too short for are None.
    """

    virtual_token_reserves: U64
    virtual_quote_reserves: U64
    real_token_reserves: U64
    real_quote_reserves: U64
    token_total_supply: U64
    complete: Bool
    creator: Key | None = None
    is_mayhem_mode: Bool | None = None
    is_cashback_coin: Bool | None = None
    quote_mint: Key | None = None
    creator_fee_bps: U64 | None = None
    can_edit_creator_fee: Bool | None = None
    is_holder_reward: Bool | None = None
    space: int = CURVE_BYTES
    extra: bytes = b""

    @property
    def is_tradable(self) -> bool:
        """False for a curve that has graduated or waits for it."""
        return not self.complete and self.virtual_token_reserves > 0

    @property
    def is_sol_quoted(self) -> bool:
        return self.quote_mint in {None, SYSTEM, WSOL_MINT}


class Pool(Struct, frozen=True, gc=False):
    """A PumpSwap pool. Its reserves are the balances of its two token accounts, and `virtual_quote_reserves` on top."""

    pool_bump: U8
    index: U16
    creator: Key
    base_mint: Key
    quote_mint: Key
    lp_mint: Key
    pool_base_token_account: Key
    pool_quote_token_account: Key
    lp_supply: U64
    coin_creator: Key | None = None
    is_mayhem_mode: Bool | None = None
    is_cashback_coin: Bool | None = None
    virtual_quote_reserves: Signed128 | None = None
    creator_fee_bps: U64 | None = None
    can_edit_creator_fee: Bool | None = None
    is_holder_reward: Bool | None = None
    space: int = POOL_BYTES
    extra: bytes = b""


class FeeConfig(Struct, frozen=True, gc=False):
    """The fee schedule of a program: by market cap in the quote asset, `flat_fees` for pools that are not canonical."""

    bump: U8
    admin: Key
    flat_fees: Fees
    fee_tiers: tuple[FeeTier, ...]
    stable_fee_tiers: tuple[FeeTier, ...] | None = None
    exotic_flat_fees: Fees | None = None
    space: int = 0
    extra: bytes = b""


class Global(Struct, frozen=True, gc=False):
    """Settings of the curve program: how curves start, and to whom fees may be paid."""

    initialized: Bool
    authority: Key
    fee_recipient: Key
    initial_virtual_token_reserves: U64
    initial_virtual_sol_reserves: U64
    initial_real_token_reserves: U64
    token_total_supply: U64
    fee_basis_points: U64
    withdraw_authority: Key | None = None
    enable_migrate: Bool | None = None
    pool_migration_fee: U64 | None = None
    creator_fee_basis_points: U64 | None = None
    fee_recipients: Annotated[tuple[str, ...], array(KEY, 7)] | None = None
    set_creator_authority: Key | None = None
    admin_set_creator_authority: Key | None = None
    create_v2_enabled: Bool | None = None
    whitelist_pda: Key | None = None
    reserved_fee_recipient: Key | None = None
    mayhem_mode_enabled: Bool | None = None
    reserved_fee_recipients: Annotated[tuple[str, ...], array(KEY, 7)] | None = None
    is_cashback_enabled: Bool | None = None
    buyback_fee_recipients: Annotated[tuple[str, ...], array(KEY, 8)] | None = None
    buyback_basis_points: U64 | None = None
    initial_virtual_quote_reserves: U64 | None = None
    whitelisted_quote_mints: Annotated[tuple[str, ...], array(KEY, 1)] | None = None
    creator_fee_configurable: Bool | None = None
    max_configurable_creator_fee_bps: U64 | None = None
    holder_reward_claim_authority: Key | None = None
    is_holder_reward_enabled: Bool | None = None
    space: int = 0
    extra: bytes = b""


class GlobalConfig(Struct, frozen=True, gc=False):
    """Settings of the pool program."""

    admin: Key
    lp_fee_basis_points: U64
    protocol_fee_basis_points: U64
    disable_flags: U8
    protocol_fee_recipients: Annotated[tuple[str, ...], array(KEY, 8)]
    coin_creator_fee_basis_points: U64 | None = None
    admin_set_coin_creator_authority: Key | None = None
    whitelist_pda: Key | None = None
    reserved_fee_recipient: Key | None = None
    mayhem_mode_enabled: Bool | None = None
    reserved_fee_recipients: Annotated[tuple[str, ...], array(KEY, 7)] | None = None
    is_cashback_enabled: Bool | None = None
    buyback_fee_recipients: Annotated[tuple[str, ...], array(KEY, 8)] | None = None
    buyback_basis_points: U64 | None = None
    boost_authority: Key | None = None
    boost_enabled: Bool | None = None
    creator_fee_configurable: Bool | None = None
    max_configurable_creator_fee_bps: U64 | None = None
    space: int = 0
    extra: bytes = b""


class UserVolumeAccumulator(Struct, frozen=True, gc=False):
    """What a program counts of one wallet's trades. Cashback is in the quote's base units and waits to be claimed.

    Both programs have one a wallet; the stable amounts are the curve program's only.
    """

    user: Key
    needs_claim: Bool
    total_unclaimed_tokens: U64
    total_claimed_tokens: U64
    current_sol_volume: U64
    last_update_timestamp: I64
    has_total_claimed_tokens: Bool | None = None
    cashback_earned: U64 | None = None
    total_cashback_claimed: U64 | None = None
    stable_cashback_earned: U64 | None = None
    total_stable_cashback_claimed: U64 | None = None
    space: int = 0
    extra: bytes = b""


Account = BondingCurve | Pool | FeeConfig | Global | GlobalConfig | UserVolumeAccumulator

_STRUCTS: tuple[type[Any], ...] = (BondingCurve, Pool, FeeConfig, Global, GlobalConfig, UserVolumeAccumulator)
_LAYOUTS = {struct: Layout.of(struct, frozenset({"space"})) for struct in _STRUCTS}
_HEADS = {struct: account_discriminator(struct.__name__) for struct in _STRUCTS}
_BY_HEAD = {head: struct for struct, head in _HEADS.items()}


def decode_account(data: bytes) -> Account:
    """The account in `data`, discriminator first. Undecodable when it is none of ours, or cut."""
    struct = _BY_HEAD.get(data[:8])
    if struct is None:
        raise Undecodable("discriminator")
    values, end = _LAYOUTS[struct].decode(data, 8)
    rest = data[end:]
    account: Account = struct(*values, space=len(data), extra=rest if any(rest) else b"")
    return account


def encode_account(account: Account) -> bytes:
    """The data of `account`, discriminator first, filled with zeros up to its `space`."""
    struct = type(account)
    layout = _LAYOUTS[struct]
    data = _HEADS[struct] + layout.encode(layout.row(account)) + account.extra
    return data.ljust(account.space, b"\0")
