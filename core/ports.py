"""The seams between the core and the world. Adapters in `actors/adapters` implement them; tests bring their own."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct

from core.messages import FeedBatch as FeedBatch
from core.messages import Message, Order, Settlement, TokenFacts
from core.messages import RawTransaction as RawTransaction
from core.records import AnyRecord, Entry


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


class Signed(Struct, frozen=True, array_like=True):
    """Signed bytes of an order: `raw` is their base64, empty on paper."""

    signature: str
    last_valid_slot: int
    raw: str = ""


class VenueBackend(Protocol):
    """Where transactions go: the paper chain or Solana."""

    def sign(self, order: Order, slot: int) -> Signed:
        """Build and sign. Raises Refused when the order cannot be built."""
        ...

    def submit(self, order: Order, signature: str, last_valid_slot: int) -> None:
        """Send once more. The same signature never executes twice."""
        ...

    def status(self, signature: str) -> Settlement | None:
        """What the transaction did, or None while it has not landed."""
        ...


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
