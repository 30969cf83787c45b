"""Accounts of Raydium's constant-product program: pools and their fee configurations.

Layout: interface file raydium_cpmm_v2. Two programs know a `PoolState` with this discriminator (LaunchLab is the
other): ask for the owner of the account first.
"""

from typing import Annotated, Any

from msgspec import Struct

from core.chain.codec.kinds import U8, U16, U64, Bool, Fixed, Key, Undecodable
from core.chain.codec.layout import Layout
from core.chain.programs import account_discriminator

SWAPS_OFF = 4
"""The bit of `status` that stops swaps."""

Padding6 = Annotated[bytes, Fixed("6s")]


class CpmmPool(Struct, frozen=True, gc=False):
    """A pool of two tokens in the order of their mints. Its vaults also hold fees that are no part of the reserves."""

    amm_config: Key
    pool_creator: Key
    token_0_vault: Key
    token_1_vault: Key
    lp_mint: Key
    token_0_mint: Key
    token_1_mint: Key
    token_0_program: Key
    token_1_program: Key
    observation_key: Key
    auth_bump: U8
    status: U8
    lp_mint_decimals: U8
    mint_0_decimals: U8
    mint_1_decimals: U8
    lp_supply: U64
    protocol_fees_token_0: U64
    protocol_fees_token_1: U64
    fund_fees_token_0: U64
    fund_fees_token_1: U64
    open_time: U64
    recent_epoch: U64
    creator_fee_on: U8
    enable_creator_fee: Bool
    padding: Padding6
    creator_fees_token_0: U64
    creator_fees_token_1: U64

    @property
    def owed_0(self) -> int:
        """Fees in the first vault that are no reserves."""
        return self.protocol_fees_token_0 + self.fund_fees_token_0 + self.creator_fees_token_0

    @property
    def owed_1(self) -> int:
        """Fees in the second vault that are no reserves."""
        return self.protocol_fees_token_1 + self.fund_fees_token_1 + self.creator_fees_token_1


class CpmmConfig(Struct, frozen=True, gc=False):
    """Fee rates in millionths; protocol and fund take theirs of the trade fee, not of the amount."""

    bump: U8
    disable_create_pool: Bool
    index: U16
    trade_fee_rate: U64
    protocol_fee_rate: U64
    fund_fee_rate: U64
    create_pool_fee: U64
    protocol_owner: Key
    fund_owner: Key
    creator_fee_rate: U64


_POOL, _CONFIG = Layout.of(CpmmPool), Layout.of(CpmmConfig)
_POOL_HEAD, _CONFIG_HEAD = account_discriminator("PoolState"), account_discriminator("AmmConfig")


def decode_cpmm_pool(data: bytes) -> CpmmPool:
    """The pool in an account of the program. Undecodable when it is none."""
    return CpmmPool(*_values(_POOL, _POOL_HEAD, data))


def decode_cpmm_config(data: bytes) -> CpmmConfig:
    """The fee configuration in an account of the program. Undecodable when it is none."""
    return CpmmConfig(*_values(_CONFIG, _CONFIG_HEAD, data))


def _values(layout: Layout, head: bytes, data: bytes) -> list[Any]:
    if data[:8] != head:
        raise Undecodable("discriminator")
    return layout.read_whole(data, 8)[0]
