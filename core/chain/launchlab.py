"""Events of the LaunchLab program, which come only as data of its calls to itself, never in log lines.

Its TradeEvent has the discriminator of pump's: which one it is follows from the program alone. Its layout is not grown
by appending: the 138 bytes of 2025 lack two fields in different places of the 147 of today.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Struct
from typing_extensions import override

from core.chain.codec.kinds import U8, U64, Bool, Key, NameText, SymbolText, Undecodable, UriText, Variable
from core.chain.codec.layout import Layout

BUY = 0
SELL = 1


class LaunchLabTradeEvent(Struct, frozen=True, tag="launchlab_trade", gc=False):
    """One trade on a curve. `trade_direction` is 0 for a buy, 1 for a sell; `pool_status` is 0 while it funds."""

    pool_state: Key
    total_base_sell: U64
    virtual_base: U64
    virtual_quote: U64
    real_base_before: U64
    real_quote_before: U64
    real_base_after: U64
    real_quote_after: U64
    amount_in: U64
    amount_out: U64
    protocol_fee: U64
    platform_fee: U64
    creator_fee: U64 | None
    share_fee: U64
    trade_direction: U8
    pool_status: U8
    exact_in: Bool | None
    extra: bytes = b""

    @property
    def is_buy(self) -> bool:
        return self.trade_direction == BUY


class Curve(Struct, frozen=True, gc=False):
    """`kind` 0 constant product, 1 fixed price, 2 linear; only the first sells a set part of its supply."""

    kind: int
    supply: int
    total_base_sell: int | None
    total_quote_fund_raising: int
    migrate_type: int


_CONSTANT = Layout.parse("supply:u64 total_base_sell:u64 total_quote_fund_raising:u64 migrate_type:u8")
_OTHER_CURVES = Layout.parse("supply:u64 total_quote_fund_raising:u64 migrate_type:u8")
_CURVE_KINDS = 3


def _read_curve(data: bytes, at: int) -> tuple[Curve, int]:
    if at >= len(data) or data[at] >= _CURVE_KINDS:
        raise Undecodable("cut" if at >= len(data) else "variant")
    kind = data[at]
    values, end = (_OTHER_CURVES if kind else _CONSTANT).read_whole(data, at + 1)
    if kind:
        values.insert(1, None)
    return Curve(kind, *values), end


def _write_curve(curve: Curve) -> bytes:
    layout = _OTHER_CURVES if curve.kind else _CONSTANT
    return bytes([curve.kind]) + layout.encode([getattr(curve, name) for name in layout.names])


class MintParams(Struct, frozen=True, gc=False):
    """A stranger's text, made harmless."""

    decimals: U8
    name: NameText
    symbol: SymbolText
    uri: UriText


class VestingParams(Struct, frozen=True, gc=False):
    total_locked_amount: U64
    cliff_period: U64
    unlock_period: U64


class LaunchLabPoolCreateEvent(Struct, frozen=True, tag="launchlab_create", gc=False):
    pool_state: Key
    creator: Key
    config: Key
    base_mint_param: MintParams
    curve_param: Annotated[Curve, Variable(_read_curve, _write_curve)]
    vesting_param: VestingParams
    amm_fee_on: U8 | None = None
    extra: bytes = b""


class TradeLayout(Layout):
    """Two layouts, told apart by length. Any other length is undecodable: nothing says where its fields are."""

    _LACKING = frozenset({"creator_fee", "exact_in"})

    def __init__(self) -> None:
        whole = Layout.of(LaunchLabTradeEvent)
        super().__init__(whole.names, whole.kinds, whole.required)
        self._of_2025 = Layout.of(LaunchLabTradeEvent, self._LACKING)

    @override
    def decode(self, data: bytes, at: int = 0) -> tuple[list[Any], int]:
        length = len(data) - at
        if length == self.least_bytes:
            return super().decode(data, at)
        if length != self._of_2025.least_bytes:
            raise Undecodable("length")
        values, end = self._of_2025.decode(data, at)
        present = dict(zip(self._of_2025.names, values, strict=True))
        return [present.get(name) for name in self.names], end

    @override
    def encode(self, values: Sequence[Any]) -> bytes:
        if len(values) == len(self._of_2025.names):
            return self._of_2025.encode(values)
        return super().encode(values)

    @override
    def row(self, item: object) -> list[Any]:
        older = all(getattr(item, name) is None for name in self._LACKING)
        return [getattr(item, name) for name in (self._of_2025 if older else self).names]
