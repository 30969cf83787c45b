"""Random events and accounts for property tests: every field of every layout, at every length a layout has had."""

from typing import Any

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import fields

from core.chain.accounts import BondingCurve, FeeConfig, Global, GlobalConfig, Pool, UserVolumeAccumulator
from core.chain.codec.keys import key_text
from core.chain.fees import Fees, FeeTier, Shareholder
from core.chain.launchlab import Curve, LaunchLabPoolCreateEvent, LaunchLabTradeEvent, MintParams, VestingParams
from core.chain.programs import SYSTEM
from core.chain.pump import (
    CompleteEvent,
    CompletePumpAmmMigrationEvent,
    CreateEvent,
    SetCreatorEvent,
    TradeEvent,
    UpdateMayhemVirtualParamsEvent,
)
from core.chain.pumpswap import (
    BoostBuyAndBurnEvent,
    BuyEvent,
    CreatePoolEvent,
    DepositEvent,
    InitBoostEvent,
    SellEvent,
    WithdrawEvent,
)
from core.chain.untrusted import harmless

TRADE = TradeEvent(
    mint=key_text(bytes(range(1, 33))),
    sol_amount=500_000_000,
    token_amount=17_589_841_523_457,
    is_buy=True,
    user=key_text(bytes(range(2, 34))),
    timestamp=1_800_000_000,
    virtual_sol_reserves=30_500_000_000,
    virtual_token_reserves=1_055_410_158_476_543,
    real_sol_reserves=500_000_000,
    real_token_reserves=775_510_158_476_543,
    fee_recipient=key_text(bytes(range(3, 35))),
    fee_basis_points=95,
    fee=4_750_000,
    creator=key_text(bytes(range(4, 36))),
    creator_fee_basis_points=30,
    creator_fee=1_500_000,
    track_volume=False,
    total_unclaimed_tokens=0,
    total_claimed_tokens=0,
    current_sol_volume=0,
    last_update_timestamp=0,
    ix_name="buy",
    mayhem_mode=False,
    cashback_fee_basis_points=0,
    cashback=0,
    buyback_fee_basis_points=5_000,
    buyback_fee=2_375_000,
    shareholders=(),
    quote_mint=SYSTEM,
    quote_amount=500_000_000,
    virtual_quote_reserves=30_500_000_000,
    real_quote_reserves=500_000_000,
    holder_rewards_bps=0,
    holder_rewards=0,
)
"""A buy in the newest layout with invented figures of the usual size."""

keys = st.binary(min_size=32, max_size=32).map(key_text)
u64 = st.integers(0, 2**64 - 1)
u8 = st.integers(0, 255)
bps = st.integers(0, 10_000)
ix_names = st.sampled_from(["buy", "sell", "buy_v2", "sell_v2", "buy_exact_sol_in", "buy_exact_quote_in_v2"])
shareholders = st.lists(st.builds(Shareholder, keys, bps), max_size=3).map(tuple)
fees = st.builds(Fees, u64, u64, u64)
fee_tiers = st.lists(st.builds(FeeTier, st.integers(0, 2**128 - 1), fees), max_size=4).map(tuple)


def strangers_text(limit: int) -> st.SearchStrategy[str]:
    """Text as it stands in a decoded event: made harmless already."""
    return st.text(max_size=limit).map(lambda text: harmless(text, limit))


_BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "name": strangers_text(64),
    "symbol": strangers_text(16),
    "uri": strangers_text(256),
    "ix_name": ix_names,
    "shareholders": shareholders,
    "index": st.integers(0, 2**16 - 1),
    "timestamp": st.integers(-(2**63), 2**63 - 1),
    "last_update_timestamp": st.integers(-(2**63), 2**63 - 1),
    "base_mint_decimals": u8,
    "quote_mint_decimals": u8,
    "decimals": u8,
    "pool_bump": u8,
    "bump": u8,
    "disable_flags": u8,
    "trade_direction": st.integers(0, 1),
    "pool_status": st.integers(0, 2),
    "amm_fee_on": st.integers(0, 1),
    "flat_fees": fees,
    "exotic_flat_fees": fees,
    "fee_tiers": fee_tiers,
    "stable_fee_tiers": fee_tiers,
    "fee_recipients": st.tuples(*[keys] * 7),
    "reserved_fee_recipients": st.tuples(*[keys] * 7),
    "protocol_fee_recipients": st.tuples(*[keys] * 8),
    "buyback_fee_recipients": st.tuples(*[keys] * 8),
    "whitelisted_quote_mints": st.tuples(keys),
}
_SIGNED_128 = {"InitBoostEvent", "BoostBuyAndBurnEvent", "BuyEvent", "SellEvent", "Pool"}


def _field(struct: type[Struct], name: str, hint: Any) -> st.SearchStrategy[Any]:
    if name == "virtual_quote_reserves" and struct.__name__ in _SIGNED_128:
        return st.integers(-(2**127), 2**127 - 1)
    if name in _BY_NAME:
        return _BY_NAME[name]
    text = str(hint)
    if "bool" in text:
        return st.booleans()
    return keys if "str" in text else u64


def _fields(struct: type[Any], given: dict[str, st.SearchStrategy[Any]]) -> list[st.SearchStrategy[Any]]:
    wanted = [field for field in fields(struct) if field.name not in {"extra", "space"}]
    return [given.get(field.name, _field(struct, field.name, field.type)) for field in wanted]


def newest(struct: type[Any], **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The struct with every field of today's layout."""
    return st.tuples(*_fields(struct, given)).map(lambda values: struct(*values))


def any_length(struct: type[Any], **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The struct with its required fields and any number of the later ones, as its programs wrote it over the years."""
    least = sum(field.required for field in fields(struct))
    strategies = _fields(struct, given)
    return st.integers(least, len(strategies)).flatmap(
        lambda count: st.tuples(*strategies[:count]).map(lambda values: struct(*values))
    )


curves = st.one_of(
    st.builds(Curve, st.just(0), u64, u64, u64, u8),
    st.builds(Curve, st.integers(1, 2), u64, st.none(), u64, u8),
)
launchlab_creations = any_length(
    LaunchLabPoolCreateEvent,
    base_mint_param=st.builds(MintParams, u8, *(_BY_NAME[name] for name in ("name", "symbol", "uri"))),
    curve_param=curves,
    vesting_param=st.builds(VestingParams, u64, u64, u64),
)


_LAUNCHLAB_TRADE = [
    _field(LaunchLabTradeEvent, field.name, field.type)
    for field in fields(LaunchLabTradeEvent)
    if field.name != "extra"
]
_OF_2025 = [st.none() if i in {12, 16} else each for i, each in enumerate(_LAUNCHLAB_TRADE)]
launchlab_trades: st.SearchStrategy[LaunchLabTradeEvent] = st.one_of(
    st.tuples(*_LAUNCHLAB_TRADE), st.tuples(*_OF_2025)
).map(lambda values: LaunchLabTradeEvent(*values))


APPENDING: tuple[type[Any], ...] = (
    TradeEvent,
    CreateEvent,
    CompleteEvent,
    CompletePumpAmmMigrationEvent,
    SetCreatorEvent,
    UpdateMayhemVirtualParamsEvent,
    CreatePoolEvent,
    BuyEvent,
    SellEvent,
    DepositEvent,
    WithdrawEvent,
    InitBoostEvent,
    BoostBuyAndBurnEvent,
)
"""Events that grew, if they did, by appending."""

events = st.one_of(*map(any_length, APPENDING), launchlab_trades, launchlab_creations)
newest_events = st.one_of(*map(newest, APPENDING))

ACCOUNTS = (BondingCurve, Pool, FeeConfig, Global, GlobalConfig, UserVolumeAccumulator)
accounts = st.one_of(*map(any_length, ACCOUNTS))
newest_accounts = st.one_of(*map(newest, ACCOUNTS))
