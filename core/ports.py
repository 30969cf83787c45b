"""The seams between the core and the world. Adapters in `actors/adapters` implement them; tests bring their own."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct
from typing_extensions import override

from core.measures import Measures
from core.messages import FeedBatch as FeedBatch
from core.messages import Message, Order, Settlement, SubmitOrder, TokenFacts
from core.messages import RawTransaction as RawTransaction
from core.records import AnyRecord, Entry
from core.snapshots import ActorSnapshot, Crowd, TrafficCounts

if TYPE_CHECKING:
    from core.ledger.books import Books
    from core.settings import Settings
    from core.state.market_now import MarketNow


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
    last_valid_block_height: int = 0
    """What the chain counts by; 0 on paper."""


class VenueBackend(Protocol):
    """Where transactions go: the paper chain or Solana."""

    def sign(self, order: Order, slot: int) -> Signed:
        """Build and sign. Raises Refused when the order cannot be built."""
        ...

    def submit(self, order: Order, signature: str, last_valid_slot: int, raw: str = "") -> None:
        """Send the same bytes once more; nothing waits for an answer. One signature never executes twice."""
        ...

    def status(self, signature: str) -> Settlement | None:
        """What the transaction did, or None while it has not landed."""
        ...

    def is_absent(self, submit: SubmitOrder, slot: int) -> bool:
        """Whether it is proven that the transaction is in no block and can get into none; `slot` is the newest seen.

        False where that is not proven, however long ago it was sent: then it stays unresolved.
        """
        ...


class Traces(Protocol):
    """What a chain remembers of addresses."""

    def any_used(self, addresses: Sequence[str]) -> bool:
        """Whether any has a balance, a token account or a transaction. Raises Retryable when the node cannot tell."""
        ...


class Commit(Protocol):
    """The outcome of an append, now or later."""

    def rawlink(self, callback: Callable[[Any], object]) -> None:
        """Call `callback` when the outcome is there."""
        ...

    def get(self, block: bool = True, timeout: float | None = None) -> int | None:
        """Wait for it. Raises Fatal when the commit failed."""
        ...


class JournalStore(Protocol):
    """Durable, ordered, append-only. Opened once per state directory."""

    def append(self, records: Sequence[AnyRecord], *, durable: bool) -> Commit:
        """The commit under way, with the last sequence number as its value. Raises Fatal once a commit has failed."""
        ...

    @property
    def damage(self) -> str:
        """Why something was set aside at the opening; empty: nothing was."""
        ...

    @property
    def failure(self) -> str:
        """Why nothing can be written into the journal any more; empty: it can."""
        ...

    @property
    def lost(self) -> str:
        """Why records are in memory alone; empty: they are in the journal, or set apart on another file."""
        ...

    def entries(self, after_seq: int = 0) -> Iterable[Entry]: ...

    def close(self) -> None: ...


class Directory(Protocol):
    """How the monitor reaches actors without knowing pykka. May raise Unavailable, AskTimeout, Refused."""

    def tell(self, name: str, message: Message) -> bool:
        """False when nobody of that name is there; Refused when its mailbox is full."""
        ...

    def ask(self, name: str, message: Message, timeout_s: float) -> object: ...

    def snapshot(self, name: str, *, live: bool = False, timeout_s: float = 0.5) -> ActorSnapshot | None:
        """One actor, None when unknown. `live` waits for its answer; one that gives none in time is shown as late."""
        ...

    def snapshots(
        self, *, live: bool = False, timeout_s: float = 0.5, besides: Collection[str] = ()
    ) -> dict[str, ActorSnapshot]:
        """All but those of the classes `besides`; `live` asks all at once and takes `timeout_s` at most."""
        ...

    def crowds(self) -> dict[str, Crowd]:
        """Actors by class of names; others may run while they are counted."""
        ...

    def counts(self) -> dict[str, TrafficCounts]:
        """Traffic by class of names."""
        ...


class Tokens(Struct, frozen=True):
    """Bearer tokens of the two scopes: `operate` may also read. Never shown."""

    read: str
    operate: str
    mentions: str = ""
    """The secret that a source of mentions signs with; empty: none is taken."""

    @override
    def __repr__(self) -> str:
        return "Tokens(***)"


class Reread(Struct, frozen=True, kw_only=True):
    """What reading the settings again did, by names of settings: in force now, or only after a restart."""

    applied: tuple[str, ...] = ()
    after_restart: tuple[str, ...] = ()


class Panel(Protocol):
    """Everything that the monitor may see and do. The composition root brings it; it raises only what is said."""

    @property
    def directory(self) -> Directory: ...

    @property
    def settings(self) -> "Settings": ...

    @property
    def market(self) -> "MarketNow": ...

    @property
    def mode(self) -> str:
        """paper, live, replay, simulate."""
        ...

    @property
    def permanent(self) -> frozenset[str]:
        """Names of the actors that must be alive at all times."""
        ...

    @property
    def tokens(self) -> Tokens: ...

    def give_way(self) -> None:
        """Let everybody else go first. Whatever takes some milliseconds is done in parts, with this after each."""
        ...

    def books(self) -> "Books":
        """The books as the journal last made them. Raises Unavailable before the journal has begun."""
        ...

    def now_s(self) -> float:
        """Market time, epoch seconds."""
        ...

    def uptime_s(self) -> float:
        """Real time since the process started."""
        ...

    def newest(
        self, kinds: Collection[str] = (), *, before_seq: int | None = None, mint: str = "", limit: int = 100
    ) -> list[Entry]:
        """A page of the journal, newest first, read off the hub; without kinds or mint all. Raises Retryable."""
        ...

    def entries_after(self, seq: int, limit: int) -> list[Entry]:
        """The next entries in order, read off the hub. Raises Retryable."""
        ...

    def measures(self) -> Measures:
        """What the system measures of itself beside its snapshots."""
        ...

    def dump(self) -> dict[str, object]:
        """State of everything, as plain data, within half a second."""
        ...

    def reread(self) -> Reread:
        """Read the settings file again. Raises Refused when it is wrong; then nothing is changed."""
        ...
