"""Quotes on Raydium's constant-product pools, integers only, as the program rounds.

Rates are in millionths. Figures and rounding: public source of raydium-cp-swap (`curve/calculator.rs`, `curve/fees.rs`,
2025) and npm @raydium-io/raydium-sdk-v2 0.2.73, which agree. Exact-in rounds each fee by itself, exact-out both as
one: the two may differ by a unit. Fees that a mint itself takes on transfer are not in here: such coins are not traded.
"""

from msgspec import Struct

MILLION = 1_000_000


class CpmmSide(Struct, frozen=True):
    """A pool seen in the direction of a swap: reserves (vaults less fees owed) and rates.

    `creator_rate` is 0 where the pool has the creator's fee switched off.
    """

    reserve_in: int
    reserve_out: int
    trade_rate: int
    creator_rate: int = 0
    is_creator_fee_on_input: bool = True


def is_creator_fee_on_input(creator_fee_on: int, *, input_is_token_0: bool) -> bool:
    """What a pool's `creator_fee_on` means for a direction: 0 the input, 1 the first token, 2 the second."""
    return creator_fee_on == 0 or (creator_fee_on == 1) == input_is_token_0


def output_of(side: CpmmSide, amount_in: int) -> int | None:
    """What exactly `amount_in` buys; None when nothing comes out."""
    if amount_in <= 0 or side.reserve_in <= 0:
        return None
    creator = _share_up(amount_in, side.creator_rate) if side.is_creator_fee_on_input else 0
    net = amount_in - _share_up(amount_in, side.trade_rate) - creator
    if net <= 0:
        return None
    out = net * side.reserve_out // (side.reserve_in + net)
    if not side.is_creator_fee_on_input:
        out -= _share_up(out, side.creator_rate)
    return out if out > 0 else None


def input_for(side: CpmmSide, amount_out: int) -> int | None:
    """What exactly `amount_out` costs; None when the pool does not hold so much.

    None also where there are no fees at all to split: the program divides by their sum, and fails.
    """
    gross_out = amount_out if side.is_creator_fee_on_input else _before_fee(amount_out, side.creator_rate)
    if amount_out <= 0 or gross_out >= side.reserve_out:
        return None
    net = -(-side.reserve_in * gross_out // (side.reserve_out - gross_out))
    if not side.is_creator_fee_on_input:
        return _before_fee(net, side.trade_rate)
    rate = side.trade_rate + side.creator_rate
    return _before_fee(net, rate) if rate else None


def _share_up(amount: int, rate: int) -> int:
    return -(-amount * rate // MILLION)


def _before_fee(amount: int, rate: int) -> int:
    """The least amount that leaves `amount` after the fee, rounded up."""
    return -(-amount * MILLION // (MILLION - rate))
