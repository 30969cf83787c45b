"""Trade instructions of the curve and pool programs, read far enough to choose the row of the mathematics.

Account positions are the interface files' (pump-sdk 2.0.0); older generations have the same leading accounts.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from core.chain.codec.kinds import Undecodable
from core.chain.programs import PUMP, PUMPSWAP, instruction_discriminator


class TradeCall(Struct, frozen=True, gc=False):
    """One trade as it was asked for. What came of it is in the event.

    `amount` is exact and `limit` what the trader accepts at worst: tokens and quote for an exact-out buy and a sell,
    quote and tokens for an exact-in buy. `market` is the curve or the pool. `track_volume` is None where the argument
    was left out, which is as right as sending it.
    """

    program: str
    name: str
    is_buy: bool
    is_exact_in: bool
    amount: int
    limit: int
    mint: str
    quote_mint: str | None
    market: str
    user: str
    track_volume: bool | None = None


class _Form(NamedTuple):
    name: str
    is_buy: bool
    is_exact_in: bool
    mint: int
    quote_mint: int | None
    market: int
    user: int


_FORMS = {
    PUMP: (
        _Form("buy", True, False, 2, None, 3, 6),
        _Form("buy_exact_sol_in", True, True, 2, None, 3, 6),
        _Form("sell", False, True, 2, None, 3, 6),
        _Form("buy_v2", True, False, 1, 2, 10, 13),
        _Form("buy_exact_quote_in_v2", True, True, 1, 2, 10, 13),
        _Form("sell_v2", False, True, 1, 2, 10, 13),
    ),
    PUMPSWAP: (
        _Form("buy", True, False, 3, 4, 0, 1),
        _Form("buy_exact_quote_in", True, True, 3, 4, 0, 1),
        _Form("sell", False, True, 3, 4, 0, 1),
    ),
}
_BY_HEAD = {
    program: {instruction_discriminator(form.name): form for form in forms} for program, forms in _FORMS.items()
}
_AMOUNTS = struct.Struct("<QQ")
_HEAD_AND_AMOUNTS = 8 + _AMOUNTS.size


def decode_trade_call(program: str, accounts: Sequence[str], data: bytes) -> TradeCall | None:
    """The trade that an instruction asks for, None when it is no trade of a program known here.

    Undecodable when its data or its accounts are cut.
    """
    form = _BY_HEAD.get(program, {}).get(data[:8])
    if form is None:
        return None
    if len(data) < _HEAD_AND_AMOUNTS or len(accounts) <= max(form.mint, form.market, form.user):
        raise Undecodable("cut")
    amount, limit = _AMOUNTS.unpack_from(data, 8)
    optional = data[_HEAD_AND_AMOUNTS:]
    return TradeCall(
        program=program,
        name=form.name,
        is_buy=form.is_buy,
        is_exact_in=form.is_exact_in,
        amount=amount,
        limit=limit,
        mint=accounts[form.mint],
        quote_mint=None if form.quote_mint is None else accounts[form.quote_mint],
        market=accounts[form.market],
        user=accounts[form.user],
        # Sent as one byte, or as presence and value: the last byte says it in both.
        track_volume=optional[-1] != 0 if optional else None,
    )
