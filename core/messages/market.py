"""What feeds and the port `Accounts` saw of the market."""

from msgspec import Struct
from typing_extensions import override

from core.messages.base import Command, Event, MarketData
from core.types import Side, Venue

_SELL = Side.SELL


class Reserves(Struct, frozen=True, array_like=True, gc=False):
    """What prices a token, one shape for curve and pool.

    `quote` and `base` are the pricing reserves (virtual ones on the curve; quote + virtual quote and base in a pool) in
    lamports and token base units; `real_quote` is what sellers could take out, `real_base` what buyers could.
    Price = quote / base; a sale of t tokens yields ⌊t·quote/(base+t)⌋ before fees, never more than `real_quote`.
    """

    venue: Venue
    quote: int
    base: int
    real_quote: int
    real_base: int

    @property
    def price(self) -> float:
        """Lamports per token base unit."""
        return self.quote / self.base


class Launched(MarketData, frozen=True, kw_only=True):
    """A token was created. Text fields are already untrusted-safe (rules.md §8)."""

    name: str
    symbol: str
    creator: str
    user: str
    """Who signed the creation; may differ from `creator`."""
    supply: int
    reserves: Reserves
    quote_mint: str = ""
    """Empty for SOL."""
    mayhem: bool = False
    cashback: bool = False
    token_2022: bool = False
    signature: str = ""
    """Of the transaction that created it: what else that did belongs to the creation."""


class Traded(MarketData, frozen=True, kw_only=True, gc=False):
    """A buy or sell that landed. `quote_lamports` is the pool's side without fees; `reserves` are post-trade."""

    side: Side
    trader: str
    quote_lamports: int
    tokens: int
    reserves: Reserves
    signature: str = ""
    quote_mint: str = ""
    """Empty for SOL. Otherwise `quote_lamports` and reserves are in that mint's base units: to show, not to judge."""
    merged_sellers: frozenset[str] = frozenset()
    """Who sold in the messages merged into this one: a creator's sale must not be lost because we were slow."""

    @override
    def after(self, older: MarketData) -> "Traded | None":
        if not isinstance(older, Traded):
            return None
        sold = frozenset((older.trader,)) if older.side is _SELL else frozenset[str]()
        return Traded(
            mint=self.mint,
            at_s=self.at_s,
            slot=self.slot,
            skipped=self.skipped + older.skipped + 1,
            side=self.side,
            trader=self.trader,
            quote_lamports=self.quote_lamports,
            tokens=self.tokens,
            reserves=self.reserves,
            signature=self.signature,
            quote_mint=self.quote_mint,
            merged_sellers=self.merged_sellers | older.merged_sellers | sold,
        )

    def has_sold(self, trader: str) -> bool:
        """Whether `trader` sold in this message or in one merged into it."""
        return (self.side is _SELL and self.trader == trader) or trader in self.merged_sellers


class Graduated(MarketData, frozen=True, kw_only=True):
    """The curve is complete: no trades on it any more."""


class PoolOpened(MarketData, frozen=True, kw_only=True):
    """The canonical PumpSwap pool exists; the token trades there from now on.

    Comes again when its reserves changed without a trade (deposit, withdrawal, boost).
    """

    pool: str
    reserves: Reserves
    quote_mint: str = ""
    """Empty for SOL, as in `Traded`."""


class DataEnded(MarketData, frozen=True, kw_only=True):
    """A recording holds nothing more of this token."""


class InsiderFunded(MarketData, frozen=True, kw_only=True):
    """The token's creator sent lamports to `wallet`: a sale by it counts as the creator's (rules.md §7)."""

    wallet: str
    lamports: int


class AccountsChanged(MarketData, frozen=True, kw_only=True):
    """An account that the honeypot verdict rests on (mint, extensions, largest holders) has changed."""


AnyMarketData = Launched | Traded | Graduated | PoolOpened | DataEnded | InsiderFunded | AccountsChanged
"""The messages of one token, as a batch holds them."""


class Funded(Event, frozen=True, kw_only=True):
    """A plain transfer of lamports between two wallets of strangers, where the feed shows transfers at all."""

    at_s: float
    slot: int
    source: str
    wallet: str
    lamports: int


class SocialSeen(Event, frozen=True, kw_only=True):
    """One mention of a token. `text` is untrusted-safe (rules.md §8); `score` −1…1, None = nobody rated it."""

    mint: str
    at_s: float
    text: str
    score: float | None = None


class SlotSeen(Event, frozen=True, kw_only=True):
    """The feed reached this slot. `priority_lamports` is what others paid for one transaction, 0 when unknown."""

    slot: int
    at_s: float
    priority_lamports: int = 0


class SolPriceSeen(Event, frozen=True, kw_only=True):
    """SOL/USD of two sources; a source that has none gives None."""

    at_s: float
    pool_usd: float | None
    http_usd: float | None


class TokenFacts(Struct, frozen=True, kw_only=True):
    """What the port `Accounts` knows about a token at `at_s`. None = the port cannot tell: unknown, never pass."""

    mint: str
    at_s: float
    slot: int
    supply: int
    mint_authority: bool | None = None
    freeze_authority: bool | None = None
    extensions: tuple[str, ...] | None = None
    """Names of Token-2022 extensions that can harm a holder: transfer_hook, transfer_fee, permanent_delegate,
    default_frozen, non_transferable, pausable."""
    top_holders: tuple[tuple[str, int], ...] | None = None
    """(owner, tokens), largest first, the curve or pool left out."""
    holder_count: int | None = None
    round_trip_ok: bool | None = None
    """A simulated buy-then-sell of `round_trip_in_lamports` succeeded."""
    round_trip_in_lamports: int = 0
    round_trip_out_lamports: int = 0
    round_trip_cost_lamports: int = 0
    """Protocol, creator and LP fees of both legs: its expected cost."""


class GetFacts(Command, frozen=True, kw_only=True):
    """Asks the port `Accounts` for facts; the answer is `FactsSeen` to `reply_to`."""

    mint: str
    stake_lamports: int
    reply_to: str


class FactsSeen(Event, frozen=True, kw_only=True):
    facts: TokenFacts
