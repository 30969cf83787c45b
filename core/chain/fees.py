"""Fee schedules and shares as accounts and events carry them. Basis points are ten-thousandths."""

from msgspec import Struct

from core.chain.codec.kinds import U16, U64, Key, Unsigned128


class Fees(Struct, frozen=True, gc=False):
    lp_fee_bps: U64
    protocol_fee_bps: U64
    creator_fee_bps: U64


class FeeTier(Struct, frozen=True, gc=False):
    """`fees` hold from this market cap on, in the quote asset's base units."""

    market_cap_lamports_threshold: Unsigned128
    fees: Fees


class Shareholder(Struct, frozen=True, gc=False):
    """Who receives which part of a coin's creator fee."""

    address: Key
    share_bps: U16
