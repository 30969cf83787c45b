"""The tape: decoded chain events become market messages, one message shape for curve and pool.

Reserves in messages are always those after the event. Curve events report them so; pool events report those before, so
they are moved on here, LP fee included. A pool is a token's canonical one when the curve program's migration names it;
what happens in other pools says nothing about the price that counts and is left out, but counted.
"""

from collections.abc import Callable, Iterable
from typing import Any

from core.chain.events import Event
from core.chain.launchlab import LaunchLabPoolCreateEvent, LaunchLabTradeEvent
from core.chain.programs import TOKEN_2022
from core.chain.pump import (
    SOL_QUOTES,
    CompleteEvent,
    CompletePumpAmmMigrationEvent,
    CreateEvent,
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
from core.market.curve import START, SUPPLY_UNITS
from core.messages import AnyMarketData, Graduated, Launched, PoolOpened, Reserves, Traded
from core.types import Side, Venue

POOLS_KEPT = 65_536
"""Canonical pools remembered; some 500 coins graduate a day, so the oldest forgotten is months old."""
PENDING_KEPT = 1_024
"""Pools created but not (yet) named by a migration; both events stand in one transaction, so few wait."""

_BUY, _SELL, _CURVE, _POOL = Side.BUY, Side.SELL, Venue.CURVE, Venue.POOL


class _Pool:
    """A canonical pool as last seen. Mutable: it changes with every trade."""

    __slots__ = ("mint", "quote_mint", "reserves")

    def __init__(self, mint: str, quote_mint: str, reserves: Reserves | None) -> None:
        self.mint = mint
        self.quote_mint = quote_mint
        self.reserves = reserves


class Tape:
    """Remembers which pool belongs to which token, and nothing else.

    `unattributed` counts events that made no message by reason: `pool` (not a known canonical pool), `reserves` (they
    price nothing), `launchlab` (its trades do not name a token), `mayhem` (virtual reserves moved without a trade).
    """

    def __init__(self) -> None:
        self.unattributed: dict[str, int] = {}
        self._pools: dict[str, _Pool] = {}
        self._pending: dict[str, Reserves] = {}
        self._readers: dict[type[Any], Callable[[Any, int, float, str], AnyMarketData | None]] = {
            TradeEvent: self._curve_trade,
            BuyEvent: self._pool_buy,
            SellEvent: self._pool_sell,
            CreateEvent: _launched,
            CompleteEvent: _graduated,
            CreatePoolEvent: self._pool_created,
            CompletePumpAmmMigrationEvent: self._migrated,
            DepositEvent: self._deposit,
            WithdrawEvent: self._withdrawal,
            InitBoostEvent: self._boost,
            BoostBuyAndBurnEvent: self._boost,
            LaunchLabTradeEvent: self._launchlab,
            LaunchLabPoolCreateEvent: self._launchlab,
            UpdateMayhemVirtualParamsEvent: self._mayhem,
        }

    def read(self, event: Event, slot: int, at_s: float, signature: str) -> AnyMarketData | None:
        """The message that `event` makes, or None. `at_s` is the block time of `slot` by the feed's reckoning."""
        reader = self._readers.get(type(event))
        return None if reader is None else reader(event, slot, at_s, signature)

    def take(self, events: Iterable[Event], *, slot: int, at_s: float, signature: str) -> list[AnyMarketData]:
        """The messages that the events of one transaction make, in order."""
        read = self.read
        return [message for event in events if (message := read(event, slot, at_s, signature)) is not None]

    def learn(self, pool: str, mint: str, reserves: Reserves | None = None, quote_mint: str = "") -> None:
        """From now on `pool` is the canonical pool of `mint`: for tokens that graduated before the feed began."""
        if pool not in self._pools and len(self._pools) >= POOLS_KEPT:
            _forget_oldest(self._pools)
        self._pools[pool] = _Pool(mint, quote_mint, reserves)

    def _dropped(self, reason: str) -> AnyMarketData | None:
        self.unattributed[reason] = self.unattributed.get(reason, 0) + 1
        return None

    def _curve_trade(self, event: TradeEvent, slot: int, at_s: float, signature: str) -> AnyMarketData | None:
        base = event.virtual_token_reserves
        if event.quote_mint in SOL_QUOTES:
            quote_mint, amount = "", event.sol_amount
            quote, real_quote = event.virtual_sol_reserves, event.real_sol_reserves
        else:
            quote_mint, amount = event.quote_mint or "", event.quote_units
            quote, real_quote = event.virtual_quote, event.real_quote
        if base <= 0 or quote <= 0:
            return self._dropped("reserves")
        return Traded(
            mint=event.mint,
            at_s=at_s,
            slot=slot,
            side=_BUY if event.is_buy else _SELL,
            trader=event.user,
            quote_lamports=amount,
            tokens=event.token_amount,
            reserves=Reserves(_CURVE, quote, base, real_quote, event.real_token_reserves),
            signature=signature,
            quote_mint=quote_mint,
        )

    def _pool_buy(self, event: BuyEvent, slot: int, at_s: float, signature: str) -> AnyMarketData | None:
        pool = self._pools.get(event.pool)
        if pool is None:
            return self._dropped("pool")
        base = event.pool_base_token_reserves - event.base_amount_out
        real = event.pool_quote_token_reserves + event.quote_amount_in_with_lp_fee
        quote = real + (event.virtual_quote_reserves or 0)
        if base <= 0 or quote <= 0:
            return self._dropped("reserves")
        pool.reserves = reserves = Reserves(_POOL, quote, base, real, base)
        return Traded(
            mint=pool.mint,
            at_s=at_s,
            slot=slot,
            side=_BUY,
            trader=event.user,
            quote_lamports=event.quote_amount_in,
            tokens=event.base_amount_out,
            reserves=reserves,
            signature=signature,
            quote_mint=pool.quote_mint,
        )

    def _pool_sell(self, event: SellEvent, slot: int, at_s: float, signature: str) -> AnyMarketData | None:
        pool = self._pools.get(event.pool)
        if pool is None:
            return self._dropped("pool")
        base = event.pool_base_token_reserves + event.base_amount_in
        real = event.pool_quote_token_reserves - event.quote_amount_out_without_lp_fee
        quote = real + (event.virtual_quote_reserves or 0)
        if base <= 0 or quote <= 0:
            return self._dropped("reserves")
        pool.reserves = reserves = Reserves(_POOL, quote, base, real, base)
        return Traded(
            mint=pool.mint,
            at_s=at_s,
            slot=slot,
            side=_SELL,
            trader=event.user,
            quote_lamports=event.quote_amount_out,
            tokens=event.base_amount_in,
            reserves=reserves,
            signature=signature,
            quote_mint=pool.quote_mint,
        )

    def _pool_created(self, event: CreatePoolEvent, _slot: int, _at_s: float, _signature: str) -> None:
        if len(self._pending) >= PENDING_KEPT:
            _forget_oldest(self._pending)
        quote, base = event.pool_quote_amount, event.pool_base_amount
        self._pending[event.pool] = Reserves(_POOL, quote, base, quote, base)

    def _migrated(
        self, event: CompletePumpAmmMigrationEvent, slot: int, at_s: float, _signature: str
    ) -> AnyMarketData | None:
        quote, base = event.sol_amount, event.mint_amount
        reserves = self._pending.pop(event.pool, None) or Reserves(_POOL, quote, base, quote, base)
        self.learn(event.pool, event.mint, None, _other_quote(event.quote_mint))
        return self._moved(event.pool, reserves, slot, at_s)

    def _deposit(self, event: DepositEvent, slot: int, at_s: float, _signature: str) -> AnyMarketData | None:
        real = event.pool_quote_token_reserves + event.quote_amount_in
        base = event.pool_base_token_reserves + event.base_amount_in
        return self._moved(event.pool, Reserves(_POOL, real + self._virtual(event.pool), base, real, base), slot, at_s)

    def _withdrawal(self, event: WithdrawEvent, slot: int, at_s: float, _signature: str) -> AnyMarketData | None:
        real = event.pool_quote_token_reserves - event.quote_amount_out
        base = event.pool_base_token_reserves - event.base_amount_out
        return self._moved(event.pool, Reserves(_POOL, real + self._virtual(event.pool), base, real, base), slot, at_s)

    def _boost(
        self, event: InitBoostEvent | BoostBuyAndBurnEvent, slot: int, at_s: float, _signature: str
    ) -> AnyMarketData | None:
        if isinstance(event, BoostBuyAndBurnEvent):
            base = event.base_reserves_after
        else:
            pool = self._pools.get(event.pool)
            base = 0 if pool is None or pool.reserves is None else pool.reserves.base
        real = event.real_quote_reserves_after
        reserves = Reserves(_POOL, real + event.virtual_quote_reserves, base, real, base)
        return self._moved(event.pool, reserves, slot, at_s)

    def _virtual(self, pool_id: str) -> int:
        """Virtual quote reserves of a pool as last seen; events that move liquidity do not repeat them."""
        pool = self._pools.get(pool_id)
        return 0 if pool is None or pool.reserves is None else pool.reserves.quote - pool.reserves.real_quote

    def _moved(self, pool_id: str, reserves: Reserves, slot: int, at_s: float) -> AnyMarketData | None:
        pool = self._pools.get(pool_id)
        if pool is None:
            return self._dropped("pool")
        if reserves.base <= 0 or reserves.quote <= 0:
            return self._dropped("reserves")
        pool.reserves = reserves
        return PoolOpened(
            mint=pool.mint, at_s=at_s, slot=slot, pool=pool_id, reserves=reserves, quote_mint=pool.quote_mint
        )

    def _launchlab(self, _event: object, _slot: int, _at_s: float, _signature: str) -> None:
        self._dropped("launchlab")

    def _mayhem(self, _event: object, _slot: int, _at_s: float, _signature: str) -> None:
        self._dropped("mayhem")


def _launched(event: CreateEvent, slot: int, at_s: float, signature: str) -> AnyMarketData:
    """A new coin. Events of 2024 name neither creator nor reserves: the signer made it, and every curve began alike."""
    quote = event.virtual_sol_reserves if event.is_sol_quoted else event.virtual_quote_reserves
    base, real_base = event.virtual_token_reserves, event.real_token_reserves
    return Launched(
        mint=event.mint,
        at_s=at_s,
        slot=slot,
        name=event.name,
        symbol=event.symbol,
        creator=event.creator or event.user,
        user=event.user,
        supply=event.token_total_supply or SUPPLY_UNITS,
        reserves=Reserves(
            _CURVE, quote or START.virtual_quote, base or START.virtual_base, 0, real_base or START.real_base
        ),
        quote_mint=_other_quote(event.quote_mint),
        mayhem=bool(event.is_mayhem_mode),
        cashback=bool(event.is_cashback_enabled),
        token_2022=event.token_program == TOKEN_2022,
        signature=signature,
    )


def _graduated(event: CompleteEvent, slot: int, at_s: float, _signature: str) -> AnyMarketData:
    return Graduated(mint=event.mint, at_s=at_s, slot=slot)


def _other_quote(quote_mint: str | None) -> str:
    return "" if quote_mint in SOL_QUOTES else quote_mint or ""


def _forget_oldest(kept: dict[str, Any]) -> None:
    """Makes room for an eighth: one pass now instead of one at every insertion."""
    for key in list(kept)[: max(len(kept) // 8, 1)]:
        del kept[key]
