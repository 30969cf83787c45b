"""Which market is traded on: the embedded one, a recording, or live; each with the paper venue that fits it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from time import time

from msgspec.structs import replace

from actors.adapters.live_feed import LiveFeed
from actors.adapters.paper_world import FeedVenue, PaperWorld
from actors.adapters.scenario_file import scenario_of
from actors.adapters.state_directory import StateDirectory
from commands.chain import Chain
from commands.house import Source
from core.chain.decode import Decoder
from core.errors import Refused
from core.market.simulator.settings import MarketSettings
from core.market.tape import Tape
from core.messages import DataEnded, FeedBatch, TokenFacts
from core.ports import Feed
from core.rules.capital import split, start_lamports
from core.settings import Settings

EMBEDDED = "market"
LIVE = "live"
DIVERGED = (
    "The embedded market played its last minutes again and came out otherwise: {}. The books follow what landed then; "
    "prices since the last snapshot differ."
)


class NoAccounts:
    """A recording shows no accounts: every fact is unknown, and only the profile `recorded` does not ask for them."""

    def facts(self, mint: str, stake_lamports: int) -> TokenFacts | None:
        return None


def market_settings(settings: Settings) -> MarketSettings:
    """The embedded market that the settings ask for. Raises Refused for a scenario that is none."""
    return MarketSettings(scenario=scenario_of(settings.runtime.scenario))


def embedded(
    settings: Settings, state: StateDirectory, market: MarketSettings | None = None, *, not_before_s: float = 0.0
) -> Source:
    """The embedded market: new, or as this state directory last saw it; never earlier than `not_before_s`."""
    market = market if market is not None else market_settings(settings)
    world = PaperWorld.open(state.path, market, settings.paper, settings.runtime.seed, not_before_s=not_before_s)
    made = world.market.simulator.settings
    if settings.runtime.scenario and made.scenario != market.scenario:
        world.close()
        raise Refused(
            f"{state.path} holds a market of another scenario than {settings.runtime.scenario!r}; choose another "
            "MICRO_STATE_DIR, or leave MICRO_SCENARIO out to go on with it"
        )
    sol_usd = made.opening_usd
    world.backend.open_capital(split(settings.capital, start_lamports(settings.capital, sol_usd)))
    tape = Tape()
    for pool, mint in world.pools().items():
        tape.learn(pool, mint)
    return Source(
        feed=world,
        backend=world.backend,
        accounts=world,
        decoder=Decoder(),
        tape=tape,
        start_at_s=world.market.simulator.at_s,
        sol_usd=sol_usd,
        chain=world.backend.venue.chain,
        waits=True,
        warning=DIVERGED.format(world.divergence) if world.divergence else "",
    )


def beside(
    feed: "Peeked | Started", settings: Settings, state: StateDirectory, *, decoder: Decoder, tape: Tape, waits: bool
) -> Source:
    """The paper venue beside a feed that knows nothing of us."""
    sol_usd = feed.sol_usd
    paper = FeedVenue(state.path, feed, settings.paper, settings.runtime.seed, decoder=decoder, tape=tape)
    paper.backend.open_capital(split(settings.capital, start_lamports(settings.capital, sol_usd)))
    return Source(
        feed=paper,
        backend=paper.backend,
        accounts=NoAccounts(),
        decoder=decoder,
        tape=tape,
        start_at_s=feed.start_at_s,
        sol_usd=sol_usd,
        chain=paper.backend.venue.chain,
        waits=waits,
    )


def live(settings: Settings, state: StateDirectory, url: str, rpc_urls: Sequence[str] = ()) -> Source:
    """The chain itself, traded on paper. Without `rpc_urls` accounts are not read: honeypot facts stay unknown, so
    nothing is entered."""
    if not url:
        raise Refused("MICRO_FEED=live needs SOLANA_WS_URL, the WebSocket address of a Solana node")
    decoder, tape = Decoder(), Tape()
    if not rpc_urls:
        bare = LiveFeed(url, settings.live, settings.runtime.seed, plain_hosts=settings.runtime.plain_hosts)
        feed = Started(bare, start_at_s=time(), sol_usd=MarketSettings().sol_price.start_usd)
        return beside(feed, settings, state, decoder=decoder, tape=tape, waits=False)
    chain = Chain(settings, rpc_urls, url)
    feed = Started(chain.feed, start_at_s=time(), sol_usd=chain.sol_usd())
    source = beside(feed, settings, state, decoder=decoder, tape=tape, waits=False)
    return replace(source, accounts=chain.accounts, live=chain)


SLOT_S = 0.4
TAIL_SLOTS = 160
"""Slots after a recording's end: what is sold then lands or expires."""


class Started:
    """A feed that has no beginning of its own: it is taken up now."""

    def __init__(self, feed: Feed, *, start_at_s: float, sol_usd: float) -> None:
        self.name = feed.name
        self.start_at_s = start_at_s
        self.sol_usd = sol_usd
        self.next = feed.next
        self.close = feed.close


class Peeked:
    """A recorded feed whose first batch has been looked at: when it begins, and at which price of SOL.

    Where it ends with positions open, it says so to each and goes on with empty slots until their last sale has landed.
    """

    def __init__(self, feed: Feed, *, sol_usd: float) -> None:
        self.name = feed.name
        self._feed = feed
        first = feed.next()
        if first is None:
            raise Refused(f"{feed.name} holds nothing to replay")
        self._first: FeedBatch | None = first
        self.start_at_s = first.at_s
        price = first.sol_price
        self.open_mints: Callable[[], Collection[str]] = tuple
        """The tokens held, asked at the end; whoever runs the feed sets it."""
        self._last = first
        self._tail: Iterator[FeedBatch] | None = None
        self.sol_usd = (price.pool_usd or price.http_usd or sol_usd) if price is not None else sol_usd

    def next(self) -> FeedBatch | None:
        if self._tail is not None:
            return next(self._tail, None)
        first, self._first = self._first, None
        batch = first if first is not None else self._feed.next()
        if batch is None:
            self._tail = self._end()
            return next(self._tail, None)
        self._last = batch
        return batch

    def _end(self) -> Iterator[FeedBatch]:
        mints = self.open_mints()
        slot, at_s = self._last.slot, self._last.at_s
        for number in range(1, TAIL_SLOTS + 1 if mints else 1):
            ended = tuple(DataEnded(mint=mint, slot=slot + 1, at_s=at_s + SLOT_S) for mint in mints)
            yield FeedBatch(slot=slot + number, at_s=at_s + number * SLOT_S, market=ended if number == 1 else ())

    def close(self) -> None:
        self._feed.close()
