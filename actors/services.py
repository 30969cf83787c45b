"""What run.py wires for the actors: settings, the market as a whole, the ports, and the books as they stand."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from gevent.event import Event

from core.chain.decode import Decoder
from core.effects import Now
from core.errors import Unavailable
from core.hearing import Hearing
from core.ledger.books import Books
from core.market.tape import Tape
from core.measures import Timings
from core.ports import Accounts, Feed, JournalStore, VenueBackend
from core.records import AnyRecord
from core.settings import Settings
from core.state.market_now import MarketNow

if TYPE_CHECKING:
    from actors.system import System


def services_of(system: "System") -> "Services":
    """The services of a system that run.py put together."""
    services = system.services
    if not isinstance(services, Services):
        raise TypeError("this system was started without services")
    return services


class Services:
    """One per running system. `publish` is for the journal alone."""

    def __init__(
        self,
        *,
        settings: Settings,
        market: MarketNow,
        feed: Feed,
        backend: VenueBackend,
        accounts: Accounts,
        decoder: Decoder,
        tape: Tape,
        open_journal: Callable[[], tuple[JournalStore, Books]],
        opening: Callable[[Books], tuple[AnyRecord, ...]],
        paced: bool,
        source_waits: bool,
        strategy: Hearing | None = None,
    ) -> None:
        self.settings = settings
        self.market = market
        self.feed = feed
        self.backend = backend
        self.accounts = accounts
        self.decoder = decoder
        self.tape = tape
        self.open_journal = open_journal
        """The journal with what it folds to, for one writer at a time."""
        self.opening = opening
        self.paced = paced
        """The feed actor pumps by itself, in real time; otherwise whoever drives the virtual clock does."""
        self.source_waits = source_waits
        """The source is ours to hold back (embedded market, recording); a live one goes on without us."""
        self.journal_failure = ""
        """Why the last durable append failed; the journal writes it, and it outlives the journal's incarnations."""
        self.timings = Timings()
        """Real time; for looking only."""
        self.source_ended = Event()
        """Set when a recording holds nothing more."""
        self.strategy = strategy if strategy is not None else Hearing()
        self._books: Books | None = None
        self.moment = Now(0.0, Books(), settings, market, self.strategy)
        """One for all machines: a step ends before the next begins, and each its own would keep old books alive."""

    def books(self) -> Books:
        """The books as the journal's answers so far made them."""
        if self._books is None:
            raise Unavailable("the books are not open: the journal has not begun")
        return self._books

    def publish(self, books: Books) -> None:
        self._books = books
