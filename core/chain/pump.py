"""Events of the bonding-curve program. Field names and order are the interface file's (pump-sdk 2.0.0).

Later fields are None in events of older program versions. Lengths seen of TradeEvent: 129 (2024), 225 (creator fee),
then with `ix_name` 266 or 267 (mayhem flag), 295 (cashback), 358, 371, 393 (buyback, shareholders, quote asset),
374 (holder rewards); where `ix_name` and `shareholders` are, the length varies with them.
"""

from msgspec import Struct

from core.chain.codec.kinds import I64, U64, Bool, Key, NameText, ProgramText, SymbolText, UriText
from core.chain.fees import Shareholder
from core.chain.programs import MAYHEM_AGENT, SYSTEM, WSOL_MINT

SOL_QUOTES = frozenset({None, SYSTEM, WSOL_MINT})
"""What `quote_mint` says of a coin quoted in SOL: absent, zero or wrapped SOL."""


class TradeEvent(Struct, frozen=True, tag="pump_trade", gc=False):
    """One buy or sell on the curve. Reserves are those after the trade.

    Coins quoted in another mint than SOL report `sol_amount` 0: read `quote_units` and the reserves `virtual_quote`
    and `real_quote`, which hold for every coin.
    """

    mint: Key
    sol_amount: U64
    token_amount: U64
    is_buy: Bool
    user: Key
    timestamp: I64
    virtual_sol_reserves: U64
    virtual_token_reserves: U64
    real_sol_reserves: U64
    real_token_reserves: U64
    fee_recipient: Key | None = None
    fee_basis_points: U64 | None = None
    fee: U64 | None = None
    creator: Key | None = None
    creator_fee_basis_points: U64 | None = None
    creator_fee: U64 | None = None
    track_volume: Bool | None = None
    total_unclaimed_tokens: U64 | None = None
    total_claimed_tokens: U64 | None = None
    current_sol_volume: U64 | None = None
    last_update_timestamp: I64 | None = None
    ix_name: ProgramText | None = None
    mayhem_mode: Bool | None = None
    cashback_fee_basis_points: U64 | None = None
    cashback: U64 | None = None
    buyback_fee_basis_points: U64 | None = None
    buyback_fee: U64 | None = None
    shareholders: tuple[Shareholder, ...] | None = None
    quote_mint: Key | None = None
    quote_amount: U64 | None = None
    virtual_quote_reserves: U64 | None = None
    real_quote_reserves: U64 | None = None
    holder_rewards_bps: U64 | None = None
    holder_rewards: U64 | None = None
    extra: bytes = b""

    @property
    def is_sol_quoted(self) -> bool:
        return self.quote_mint in SOL_QUOTES

    @property
    def quote_units(self) -> int:
        """What the curve took or gave, before fees, in base units of the quote asset: lamports when SOL-quoted."""
        return self.sol_amount if self.is_sol_quoted else self.quote_amount or 0

    @property
    def virtual_quote(self) -> int:
        return self.virtual_sol_reserves if self.is_sol_quoted else self.virtual_quote_reserves or 0

    @property
    def real_quote(self) -> int:
        return self.real_sol_reserves if self.is_sol_quoted else self.real_quote_reserves or 0

    @property
    def is_mayhem(self) -> bool | None:
        """Whether the coin is a mayhem coin, None where the event is too old to say."""
        return self.mayhem_mode

    @property
    def is_off_curve(self) -> bool:
        """A trade of the mayhem agent: without fee and off the curve, so that its price is nobody else's."""
        return self.user == MAYHEM_AGENT

    @property
    def is_exact_in(self) -> bool | None:
        """True when the spent amount was fixed (second row of the mathematics), None where the event does not say."""
        return None if self.ix_name is None else "exact" in self.ix_name


class CreateEvent(Struct, frozen=True, tag="pump_create", gc=False):
    """A new coin with its curve. `name`, `symbol` and `uri` are a stranger's text, made harmless."""

    name: NameText
    symbol: SymbolText
    uri: UriText
    mint: Key
    bonding_curve: Key
    user: Key
    creator: Key | None = None
    timestamp: I64 | None = None
    virtual_token_reserves: U64 | None = None
    virtual_sol_reserves: U64 | None = None
    real_token_reserves: U64 | None = None
    token_total_supply: U64 | None = None
    token_program: Key | None = None
    is_mayhem_mode: Bool | None = None
    is_cashback_enabled: Bool | None = None
    quote_mint: Key | None = None
    virtual_quote_reserves: U64 | None = None
    creator_fee_bps: U64 | None = None
    is_holder_reward: Bool | None = None
    extra: bytes = b""

    @property
    def is_sol_quoted(self) -> bool:
        return self.quote_mint in SOL_QUOTES

    @property
    def is_mayhem(self) -> bool | None:
        return self.is_mayhem_mode


class CompleteEvent(Struct, frozen=True, tag="pump_complete", gc=False):
    """The curve has sold its last token and waits for migration."""

    user: Key
    mint: Key
    bonding_curve: Key
    timestamp: I64
    quote_mint: Key | None = None
    extra: bytes = b""


class CompletePumpAmmMigrationEvent(Struct, frozen=True, tag="pump_migration", gc=False):
    """The curve's reserves became the canonical PumpSwap pool `pool`."""

    user: Key
    mint: Key
    mint_amount: U64
    sol_amount: U64
    pool_migration_fee: U64
    bonding_curve: Key
    timestamp: I64
    pool: Key
    quote_mint: Key | None = None
    extra: bytes = b""


class SetCreatorEvent(Struct, frozen=True, tag="pump_set_creator", gc=False):
    timestamp: I64
    mint: Key
    bonding_curve: Key
    creator: Key
    extra: bytes = b""


class UpdateMayhemVirtualParamsEvent(Struct, frozen=True, tag="pump_mayhem_params", gc=False):
    """A mayhem coin's virtual reserves were moved without a trade."""

    timestamp: I64
    mint: Key
    virtual_token_reserves: U64
    virtual_sol_reserves: U64
    new_virtual_token_reserves: U64
    new_virtual_sol_reserves: U64
    real_token_reserves: U64
    real_sol_reserves: U64
    extra: bytes = b""
