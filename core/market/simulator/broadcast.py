"""What the market reports: as transactions in the chain's wire format, or the same as messages already decoded.

Both are told the same calls in the same order and count transactions alike, so a run is the same on either.
"""

from typing import Protocol

from core.market.simulator.names import Names, token_words
from core.market.simulator.quoting import shown, shown_reserves
from core.market.simulator.state import MarketState, Token
from core.market.simulator.swap import Swap
from core.messages import AnyMarketData, Graduated, Launched, PoolOpened, RawTransaction, Reserves, Traded
from core.types import Side, Venue

# Looking up the members for every trade would cost as much as making its reserves.
_CURVE, _POOL = Venue.CURVE, Venue.POOL


class Broadcast(Protocol):
    """Receives what happens, in order, within one slot at a time."""

    def begin(self, slot: int, at_s: float) -> None:
        """A new slot."""

    def launched(self, token: Token) -> None:
        """`token` was created by its creator; opens a transaction that a `joined` trade may share."""

    def traded(self, token: Token, swap: Swap, joined: bool = False) -> None:
        """A trade; the token holds the reserves after it. `joined`: in the creation's transaction."""

    def completed(self, token: Token, wallet: str) -> None:
        """The last trade, by `wallet`, completed the curve in the same transaction."""

    def migrated(self, token: Token) -> None:
        """The completed curve became a pool."""

    def failed(self, token: Token, side: Side) -> None:
        """Somebody's transaction on `token` failed. It moved nothing."""

    def sign_next(self, signature: str) -> None:
        """The next transaction carries this signature: it is ours."""

    def take(self, *, readable: bool = True) -> tuple[tuple[RawTransaction, ...], tuple[AnyMarketData, ...]]:
        """What happened in the slot, as (transactions, messages): one of them is empty. Not `readable`: the programs
        say it in a layout that no decoder knows yet."""


def reserves_of(token: Token) -> Reserves:
    """The token's true reserves in lamports where it trades, or traded last."""
    if token.pool:
        return Reserves(_POOL, token.pool_quote, token.pool_base, token.pool_quote, token.pool_base)
    return Reserves(_CURVE, token.virtual_quote, token.virtual_base, token.real_quote, token.real_base)


class DecodedBroadcast:
    """Messages as the decoder would make them of the wire format, without making it."""

    def __init__(self, state: MarketState, names: Names) -> None:
        self._state = state
        self._names = names
        self._slot = 0
        self._at_s = 0.0
        self._events: list[AnyMarketData] = []
        self._signature = ""
        self._ours = ""

    def begin(self, slot: int, at_s: float) -> None:
        self._slot, self._at_s = slot, at_s

    def launched(self, token: Token) -> None:
        self._sign()
        name, symbol, _ = token_words(token.number)
        self._events.append(
            Launched(
                mint=token.mint,
                at_s=self._at_s,
                slot=self._slot,
                name=name,
                symbol=symbol,
                creator=token.creator,
                user=token.creator,
                supply=token.supply,
                reserves=shown_reserves(token),
                quote_mint=token.quote_mint,
                mayhem=token.mayhem,
                cashback=token.cashback,
                token_2022=token.token_2022,
                signature=self._signature,
            )
        )

    def traded(self, token: Token, swap: Swap, joined: bool = False) -> None:
        if not joined:
            self._sign()
        if token.quote_mint:
            said = shown(token, swap)
            quote, reserves = said.quote, said.reserves
        else:
            quote, reserves = swap.quote, reserves_of(token)
        self._events.append(
            Traded(
                mint=token.mint,
                at_s=self._at_s,
                slot=self._slot,
                side=swap.side,
                trader=swap.wallet,
                quote_lamports=quote,
                tokens=swap.tokens,
                reserves=reserves,
                signature=self._signature,
                quote_mint=token.quote_mint,
            )
        )

    def completed(self, token: Token, wallet: str) -> None:
        self._events.append(Graduated(mint=token.mint, at_s=self._at_s, slot=self._slot))

    def migrated(self, token: Token) -> None:
        self._sign()
        self._events.append(
            PoolOpened(
                mint=token.mint,
                at_s=self._at_s,
                slot=self._slot,
                pool=token.pool,
                reserves=shown_reserves(token),
                quote_mint=token.quote_mint,
            )
        )

    def failed(self, token: Token, side: Side) -> None:
        self._state.failed += 1
        if self._ours:
            self._ours = ""
        else:
            self._state.transactions += 1

    def sign_next(self, signature: str) -> None:
        self._ours = signature

    def take(self, *, readable: bool = True) -> tuple[tuple[RawTransaction, ...], tuple[AnyMarketData, ...]]:
        events = tuple(self._events) if readable else ()
        self._events.clear()
        return (), events

    def _sign(self) -> None:
        state = self._state
        state.landed += 1
        if self._ours:
            self._signature, self._ours = self._ours, ""
        else:
            state.transactions = number = state.transactions + 1
            self._signature = self._names.signature(number)
