"""The seams between the core and the world. Adapters in `actors/adapters` implement them; tests bring their own."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct

from core.messages import Message, MarketData, Settlement, SolPriceSeen, TokenFacts
from core.records import AnyRecord, Entry


class RawTransaction(Struct, frozen=True, array_like=True):
    """A transaction as a feed received it: log lines still encoded."""

    signature: str
    slot: int
    err: str | None
    logs: tuple[str, ...]


class FeedBatch(Struct, frozen=True, kw_only=True):
    """What a feed has for one step of market time, in order.

    `transactions` still need the decoder; `market` is already normalised (recorded trades). `landings` are the outcomes
    of our own orders on the paper chain. A batch may be empty: time went on.
    """

    slot: int
    at_s: float
    transactions: tuple[RawTransaction, ...] = ()
    market: tuple[MarketData, ...] = ()
    landings: tuple[Settlement, ...] = ()
    sol_price: SolPriceSeen | None = None
    priority_lamports: int = 0
    gap: bool = False
    """Something between the last batch and this one was missed: holder counts are unknown from here."""


class Feed(Protocol):
    """A source of market data. Used by one greenlet."""

    name: str

    def next(self) -> FeedBatch | None:
        """The next batch; blocks (the greenlet) until there is one; None at the end of a recording."""
        ...

    def close(self) -> None: ...


class Accounts(Protocol):
    """Facts about accounts: a live chain by RPC, or the embedded market. A fact it cannot give is None (unknown)."""

    def facts(self, mint: str, stake_lamports: int) -> TokenFacts | None: ...


class JournalStore(Protocol):
    """Durable, ordered, append-only. Opened once per state directory."""

    def append(self, records: Sequence[AnyRecord], *, durable: bool) -> object:
        """An AsyncResult-like that is set with the last sequence number when committed."""
        ...

    def entries(self, after_seq: int = 0) -> Iterable[Entry]: ...

    def close(self) -> None: ...


class Directory(Protocol):
    """How the monitor reaches actors without knowing pykka."""

    def tell(self, name: str, message: Message) -> bool: ...

    def ask(self, name: str, message: Message, timeout_s: float) -> object: ...

    def snapshots(self) -> "dict[str, object]": ...
