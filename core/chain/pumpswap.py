"""Events of the PumpSwap pool program. Field names and order are the interface file's (pump-sdk 2.0.0).

Later fields are None in events of older program versions. Reserves are those before the trade; `virtual_quote_reserves`
is signed and belongs to the price: the quote side of the mathematics is the pool's reserve plus it.
"""

from msgspec import Struct

from core.chain.codec.kinds import I64, U8, U16, U64, Bool, Key, ProgramText, Signed128


class CreatePoolEvent(Struct, frozen=True, tag="pumpswap_create_pool", gc=False):
    timestamp: I64
    index: U16
    creator: Key
    base_mint: Key
    quote_mint: Key
    base_mint_decimals: U8
    quote_mint_decimals: U8
    base_amount_in: U64
    quote_amount_in: U64
    pool_base_amount: U64
    pool_quote_amount: U64
    minimum_liquidity: U64
    initial_liquidity: U64
    lp_token_amount_out: U64
    pool_bump: U8
    pool: Key
    lp_mint: Key
    user_base_token_account: Key
    user_quote_token_account: Key
    coin_creator: Key | None = None
    is_mayhem_mode: Bool | None = None
    creator_fee_bps: U64 | None = None
    can_edit_creator_fee: Bool | None = None
    is_holder_reward: Bool | None = None
    extra: bytes = b""


class BuyEvent(Struct, frozen=True, tag="pumpswap_buy", gc=False):
    """`quote_amount_in` is the pool's price, `quote_amount_in_with_lp_fee` what stays in the pool,
    `user_quote_amount_in` what the user paid in all."""

    timestamp: I64
    base_amount_out: U64
    max_quote_amount_in: U64
    user_base_token_reserves: U64
    user_quote_token_reserves: U64
    pool_base_token_reserves: U64
    pool_quote_token_reserves: U64
    quote_amount_in: U64
    lp_fee_basis_points: U64
    lp_fee: U64
    protocol_fee_basis_points: U64
    protocol_fee: U64
    quote_amount_in_with_lp_fee: U64
    user_quote_amount_in: U64
    pool: Key
    user: Key
    user_base_token_account: Key
    user_quote_token_account: Key
    protocol_fee_recipient: Key
    protocol_fee_recipient_token_account: Key
    coin_creator: Key | None = None
    coin_creator_fee_basis_points: U64 | None = None
    coin_creator_fee: U64 | None = None
    track_volume: Bool | None = None
    total_unclaimed_tokens: U64 | None = None
    total_claimed_tokens: U64 | None = None
    current_sol_volume: U64 | None = None
    last_update_timestamp: I64 | None = None
    min_base_amount_out: U64 | None = None
    ix_name: ProgramText | None = None
    cashback_fee_basis_points: U64 | None = None
    cashback: U64 | None = None
    buyback_fee_basis_points: U64 | None = None
    buyback_fee: U64 | None = None
    virtual_quote_reserves: Signed128 | None = None
    can_boost: Bool | None = None
    base_supply: U64 | None = None
    holder_rewards_bps: U64 | None = None
    holder_rewards: U64 | None = None
    extra: bytes = b""

    @property
    def is_exact_in(self) -> bool | None:
        """True when the spent amount was fixed, None where the event does not say."""
        return None if self.ix_name is None else "exact" in self.ix_name


class SellEvent(Struct, frozen=True, tag="pumpswap_sell", gc=False):
    """`quote_amount_out` is the pool's price, `user_quote_amount_out` what reached the user after every fee."""

    timestamp: I64
    base_amount_in: U64
    min_quote_amount_out: U64
    user_base_token_reserves: U64
    user_quote_token_reserves: U64
    pool_base_token_reserves: U64
    pool_quote_token_reserves: U64
    quote_amount_out: U64
    lp_fee_basis_points: U64
    lp_fee: U64
    protocol_fee_basis_points: U64
    protocol_fee: U64
    quote_amount_out_without_lp_fee: U64
    user_quote_amount_out: U64
    pool: Key
    user: Key
    user_base_token_account: Key
    user_quote_token_account: Key
    protocol_fee_recipient: Key
    protocol_fee_recipient_token_account: Key
    coin_creator: Key | None = None
    coin_creator_fee_basis_points: U64 | None = None
    coin_creator_fee: U64 | None = None
    cashback_fee_basis_points: U64 | None = None
    cashback: U64 | None = None
    buyback_fee_basis_points: U64 | None = None
    buyback_fee: U64 | None = None
    virtual_quote_reserves: Signed128 | None = None
    can_boost: Bool | None = None
    base_supply: U64 | None = None
    holder_rewards_bps: U64 | None = None
    holder_rewards: U64 | None = None
    extra: bytes = b""


class DepositEvent(Struct, frozen=True, tag="pumpswap_deposit", gc=False):
    """Liquidity came in. Reserves are those before it."""

    timestamp: I64
    lp_token_amount_out: U64
    max_base_amount_in: U64
    max_quote_amount_in: U64
    user_base_token_reserves: U64
    user_quote_token_reserves: U64
    pool_base_token_reserves: U64
    pool_quote_token_reserves: U64
    base_amount_in: U64
    quote_amount_in: U64
    lp_mint_supply: U64
    pool: Key
    user: Key
    user_base_token_account: Key
    user_quote_token_account: Key
    user_pool_token_account: Key
    extra: bytes = b""


class WithdrawEvent(Struct, frozen=True, tag="pumpswap_withdraw", gc=False):
    """Liquidity went out. Reserves are those before it."""

    timestamp: I64
    lp_token_amount_in: U64
    min_base_amount_out: U64
    min_quote_amount_out: U64
    user_base_token_reserves: U64
    user_quote_token_reserves: U64
    pool_base_token_reserves: U64
    pool_quote_token_reserves: U64
    base_amount_out: U64
    quote_amount_out: U64
    lp_mint_supply: U64
    pool: Key
    user: Key
    user_base_token_account: Key
    user_quote_token_account: Key
    user_pool_token_account: Key
    extra: bytes = b""


class InitBoostEvent(Struct, frozen=True, tag="pumpswap_init_boost", gc=False):
    """The pool received virtual quote reserves: from now on its price is not that of its balances."""

    timestamp: I64
    mint: Key
    bonding_curve: Key
    pool: Key
    virtual_quote_reserves: Signed128
    real_quote_reserves_after: U64
    extra: bytes = b""


class BoostBuyAndBurnEvent(Struct, frozen=True, tag="pumpswap_boost", gc=False):
    """Tokens bought out of virtual reserves and burned: the pool's state changed without a user's trade."""

    timestamp: I64
    mint: Key
    bonding_curve: Key
    pool: Key
    authority: Key
    quote_amount_in_requested: U64
    quote_amount_in_used: U64
    base_amount_burned: U64
    virtual_quote_reserves: Signed128
    real_quote_reserves_after: U64
    base_reserves_after: U64
    boost_vault_remaining: U64
    extra: bytes = b""
