"""What a state machine asks its owner to do. The owner is an actor, or the core-only runner; both do it in order.

Every machine in `core.state` has the same two functions:

    begin(..., now: Now) -> (state, effects)            at a start or restart: state from the books, and unfinished work
    step(state, message, now: Now) -> (state, effects)

`Write` comes before what must not outlive a crash without it: with `durable=True` the owner waits for the commit before
it performs the effects that follow.
"""

from typing import TYPE_CHECKING

from msgspec import Struct

from core.hearing import Hearing
from core.messages import MarketData, Message
from core.records import Record
from core.state.market_now import MarketNow

if TYPE_CHECKING:
    from core.ledger.books import Books
    from core.settings import Settings


class Tell(Struct, frozen=True, array_like=True, gc=False):
    """Send `message` to the actor with the name `to`."""

    to: str
    message: Message


class Offer(Struct, frozen=True, array_like=True, gc=False):
    """Send `message` to `to` if such an actor is alive or starting; if not, nothing happens and nothing is counted."""

    to: str
    message: Message


class Route(Struct, frozen=True, array_like=True, gc=False):
    """Offer market data, in order, each message to whoever follows its token: the watcher, then the position.

    One effect for all that comes at once: a busy market is nearly nothing else.
    """

    messages: tuple[MarketData, ...]


class Write(Struct, frozen=True, array_like=True, gc=False):
    """Append to the journal; the books include it before the next effect is performed."""

    record: Record
    durable: bool = False


class After(Struct, frozen=True, array_like=True, gc=False):
    """Tell oneself `message` in `delay_s` of market time. The same key again replaces the earlier timer."""

    key: str
    delay_s: float
    message: Message


class Cancel(Struct, frozen=True, array_like=True, gc=False):
    """Forget the timer with this key, if there is one."""

    key: str


class StartChild(Struct, frozen=True, array_like=True, gc=False):
    """Start the child `name` under `supervisor`; messages told to `name` from now on wait for it."""

    supervisor: str
    name: str
    first: Message


class Finish(Struct, frozen=True, array_like=True):
    """This machine's work is done: its actor ends normally."""


Effect = Tell | Offer | Route | Write | After | Cancel | StartChild | Finish
Effects = tuple[Effect, ...]


class Now:
    """What a step may read beside its state and message: market time, books, settings, the whole market, the strategy.

    One mutable object per system, refreshed before each step: building a struct per event costs more than the step.
    """

    __slots__ = ("at_s", "books", "market", "settings", "strategy")

    def __init__(
        self,
        at_s: float,
        books: "Books",
        settings: "Settings",
        market: MarketNow | None = None,
        strategy: Hearing | None = None,
    ) -> None:
        self.at_s = at_s
        self.books = books
        self.settings = settings
        self.market = market if market is not None else MarketNow()
        self.strategy = strategy if strategy is not None else Hearing()
