"""Episodes of the start capital over the core-only runner (rules.md §9): one ends at a halt or when it is spent, the
next starts with fresh capital and the next seed, until the operations are done.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from core.desk import Ports, open_desk
from core.hearing import Hearing
from core.ledger.books import Books
from core.ledger.postings import of_capital
from core.ports import Feed
from core.records import AnyRecord, CapitalOpened, RunStarted
from core.report.episode import Episode, Notes, result
from core.rules.capital import split, start_lamports, usd_of
from core.runner import GAP_S, Runner, Sink
from core.settings import Settings
from core.state.market_now import MarketNow
from core.strategy import MicroLightning

HELD_OUT_FROM = 1_000_000
"""Seeds from here on are held out: nothing may be tuned on them."""
IDLE_S = 3 * 86_400.0
"""An episode whose last operation lies so far back has nothing left that would begin another."""
SETTLED_S = 60.0
"""A stake counts as too small once it has been so for this long with nothing under way: restorations take seconds."""
MODE = "simulate"


class World(Struct, frozen=True, kw_only=True):
    """A market to trade on in memory, with the venue and the accounts that belong to it."""

    feed: Feed
    ports: Ports
    start_at_s: float
    sol_usd: float
    """At the start; values the capital."""
    version: str
    strategy: Hearing | None = None
    """None: Micro-Lightning."""


Worlds = Callable[[Settings], World | None]
"""Makes the world of the settings' seed; None where the source has ended."""


class Running:
    """One episode on its way. `step` plays one batch; `end` says why it is over, empty while it is not."""

    def __init__(
        self, settings: Settings, world: World, *, number: int, operations: int, sink: Sink | None = None
    ) -> None:
        self.settings = settings
        self.world = world
        self.number = number
        self.end = ""
        self.notes = Notes()
        self._wanted = operations
        self._also = sink
        self._active_at_s = world.start_at_s
        self._funded_at_s = world.start_at_s
        market = MarketNow(rule=settings.sol_price, emergency=settings.emergency)
        self.runner: Runner = open_desk(
            settings, world.ports, market, self._opening, sink=self._see, strategy=world.strategy
        )

    @property
    def books(self) -> Books:
        return self.runner.now.books

    @property
    def done(self) -> int:
        """Operations closed that count."""
        return sum(not operation.outside_statistics for operation in self.books.closed)

    def step(self) -> bool:
        """Play one batch; False when the episode is over."""
        if self.end:
            return False
        batch = self.world.feed.next()
        if batch is None:
            # Every timer runs out, so that each candidate gets its last verdict.
            self.runner.advance(self.runner.now.at_s + GAP_S)
            self.end = "data_end"
            return False
        self.runner.move(batch.at_s)
        self.runner.tell("feed", batch)
        self.runner.drain()
        self._look()
        return not self.end

    def result(self) -> Episode:
        """What it has come to, so far or at its end."""
        seed = self.settings.runtime.seed
        return result(
            self.notes,
            self.books,
            number=self.number,
            seed=seed,
            held_out=seed >= HELD_OUT_FROM,
            end=self.end or "stopped",
        )

    def _see(self, record: AnyRecord) -> None:
        self.notes.see(record)
        if self._also is not None:
            self._also(record)

    def _opening(self, books: Books) -> tuple[AnyRecord, ...]:
        settings, world = self.settings, self.world
        at_s, seed = world.start_at_s, settings.runtime.seed
        parts = split(settings.capital, start_lamports(settings.capital, world.sol_usd))
        return (
            CapitalOpened(
                at_s=at_s,
                mode=MODE,
                seed=seed,
                capital_usd=settings.capital.usd,
                sol_usd=world.sol_usd,
                postings=of_capital(parts),
            ),
            RunStarted(
                at_s=at_s,
                militia=settings.militia,
                psychology=settings.psychology,
                mode=MODE,
                feed=world.feed.name,
                seed=seed,
                version=world.version,
                strategy=world.strategy.name if world.strategy is not None else MicroLightning.name,
            ),
        )

    def _look(self) -> None:
        """Over only when nothing is open or on its way, and every closed operation is taxed and restored."""
        now, books = self.runner.now, self.runner.now.books
        if books.operations or books.orders:
            self._active_at_s = self._funded_at_s = now.at_s
            # The last wanted operation is open: no other begins beside it.
            now.market.stopping = len(books.operations) + self.done >= self._wanted
            return
        if books.closed and not books.closed[-1].settled:
            self._funded_at_s = now.at_s
            return
        if not self.runner.state_of("commandments").watched.undercapitalised or books.rotation is not None:
            self._funded_at_s = now.at_s
        self.end = self._why(books)

    def _why(self, books: Books) -> str:
        if self.done >= self._wanted:
            return "done"
        if books.drawdown_halted:
            return "drawdown"
        if books.loss_day == books.day:
            return "daily_loss"
        now = self.runner.now
        sol_usd = now.market.usd(now.at_s)
        if sol_usd is not None and usd_of(books.wallet_lamports(), sol_usd) < self.settings.stake.minimum_usd:
            return "ruin"
        if now.at_s - self._funded_at_s > SETTLED_S:
            return "undercapitalised"
        return "idle" if now.at_s - self._active_at_s > IDLE_S else ""


def episodes(
    settings: Settings, worlds: Worlds, *, operations: int, sink: Callable[[int], Sink] | None = None
) -> Iterator[Running]:
    """Each episode in turn, for the caller to step to its end. Seeds follow each other from the settings' own.

    `sink` makes the further place to which the records of the episode with that number go.
    """
    number = done = 0
    while done < operations:
        seeded = replace(settings, runtime=replace(settings.runtime, seed=settings.runtime.seed + number))
        world = worlds(seeded)
        if world is None:
            return
        number += 1
        running = Running(
            seeded,
            world,
            number=number,
            operations=operations - done,
            sink=sink(number) if sink is not None else None,
        )
        yield running
        done += running.done
        if not running.end:
            return
