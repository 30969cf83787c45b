"""Puts a running system together: services, tree, opening records; starts it and stops it in order."""

import time
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from actors.adapters.rpc.requests import key
from actors.adapters.state_directory import StateDirectory
from actors.house import tree
from actors.keeper import Keeper
from actors.services import Services
from actors.system import System
from actors.tree import Worker
from commands.chain import Chain
from commands.journal import Journal
from commands.strategies import hearing_of
from core.chain.build.addresses import canonical_pool
from core.chain.decode import Decoder
from core.hearing import Hearing
from core.ledger.books import Books
from core.ledger.fold import apply
from core.ledger.postings import of_capital
from core.market.paper.chain import PaperChain
from core.market.tape import Tape
from core.ports import Accounts, Feed, VenueBackend
from core.records import AnyRecord, CapitalOpened, RunStarted
from core.rules.canary import Canary
from core.rules.capital import split, start_lamports
from core.settings import Settings
from core.state.market_now import MarketNow
from core.state.talk import Talk

VERSION = "0.1.0"


class Source(Struct, frozen=True, kw_only=True):
    """A market to trade on, with the venue and the accounts that belong to it."""

    feed: Feed
    backend: VenueBackend
    accounts: Accounts
    decoder: Decoder
    tape: Tape
    start_at_s: float
    sol_usd: float
    """At the start; values the capital."""
    chain: PaperChain = PaperChain()
    """Our wallets on its paper chain, as they were when it was opened; empty in live."""
    waits: bool
    """It can be held back: embedded market and recordings."""
    live: Chain | None = None
    """The chain that the feed is of, where it can be asked."""
    warning: str = ""
    """What a person must know of it from the start on; empty: nothing."""


class House:
    """One system with its state directory. `paced`: time is real and the feed pumps itself."""

    def __init__(
        self,
        settings: Settings,
        state: StateDirectory,
        source: Source,
        *,
        mode: str,
        paced: bool,
        journal: Journal | None = None,
        strategy: Hearing | None = None,
        learnt: Callable[[Books], tuple[AnyRecord, ...]] | None = None,
    ) -> None:
        """`strategy`: instead of the one that the settings name. `learnt`: what the books must learn of the chain
        before anything else, once a process; it is given the books with their capital opened."""
        self.settings = settings
        self.state = state
        self.source = source
        self.mode = mode
        self.began_s = time.monotonic()
        self.differences: int | None = None
        """What the last comparison of book and chain found; None before the first. Whoever compares sets it."""
        self._run_written = False
        self._left_s = 0.0
        self._learnt = learnt
        self.keepers: Mapping[str, Keeper] = {} if source.live is None else source.live.keepers()
        self.tree = tree(keepers=self.keepers)
        self.services = Services(
            settings=settings,
            market=MarketNow(rule=settings.sol_price, emergency=settings.emergency),
            feed=source.feed,
            backend=source.backend,
            accounts=source.accounts,
            decoder=source.decoder,
            tape=source.tape,
            open_journal=(journal if journal is not None else Journal(state.journal)).take,
            opening=self.opening,
            paced=paced,
            source_waits=source.waits,
            strategy=strategy if strategy is not None else hearing_of(settings, paced=paced),
        )
        if settings.sentiment.source:
            self.services.market.social = Talk(settings.sentiment)
        if source.live is not None:
            source.live.held = lambda: [one.mint for one in self.services.books().operations.values()]
            # Unknown until it has been tried: entries wait for it.
            self.services.market.canary = Canary()
        self.system = System(
            services=self.services,
            ordered=not paced,
            seed=settings.runtime.seed,
            start_s=source.start_at_s,
            dump_file=state.path / "dump.json",
        )

    def opening(self, books: Books) -> tuple[AnyRecord, ...]:
        """What the journal begins with: the capital once ever, the run once a process."""
        if self.source.live is not None:
            for operation in books.operations.values():
                # Its migration may lie before this process: the feed would not know whose pool that is.
                self.source.tape.learn(str(canonical_pool(key(operation.mint))), operation.mint)
        records: list[AnyRecord] = []
        at_s = max(books.at_s, self.source.start_at_s)
        if books.seq == 0:
            records.append(capital(self.settings, self.source.sol_usd, at_s=at_s, mode=self.mode))
        if not self._run_written:
            self._run_written = True
            self._left_s = books.at_s
            records.append(
                RunStarted(
                    at_s=at_s,
                    militia=self.settings.militia,
                    psychology=self.settings.psychology,
                    profile=self.settings.entry.profile,
                    mode=self.mode,
                    feed=self.source.feed.name,
                    seed=self.settings.runtime.seed,
                    version=VERSION,
                    strategy=self.services.strategy.name,
                )
            )
            if self._learnt is not None:
                for record in records:
                    books = apply(books, record)
                records += self._learnt(books)
        return tuple(records)

    def left_s(self) -> float:
        """The market time at which what ran before this process left off, told once; 0 before it is known and after."""
        left_s, self._left_s = self._left_s, 0.0
        return left_s

    def start(self, servers: Sequence[Worker] = ()) -> None:
        """Start the tree; `servers` are its HTTP servers."""
        self.tree = tree(servers, self.keepers)
        self.system.start(self.tree)

    def stop(self) -> bool:
        """Ordered stop; True when nothing had to be killed."""
        in_time = self.system.stop(timeout_s=20.0)
        self.source.feed.close()
        return in_time


def capital(settings: Settings, sol_usd: float, *, at_s: float, mode: str) -> CapitalOpened:
    """The record that opens the books: the start capital at this price of SOL, split over the five roles."""
    parts = split(settings.capital, start_lamports(settings.capital, sol_usd))
    return CapitalOpened(
        at_s=at_s,
        mode=mode,
        seed=settings.runtime.seed,
        capital_usd=settings.capital.usd,
        sol_usd=sol_usd,
        postings=of_capital(parts),
    )
