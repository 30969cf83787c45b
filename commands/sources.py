"""Which market is traded on: the embedded one, a recording, or live; each with the paper venue that fits it."""

from actors.adapters.paper_world import FeedVenue, PaperWorld
from actors.adapters.state_directory import StateDirectory
from commands.house import Source
from core.chain.decode import Decoder
from core.errors import Refused
from core.market.simulator.settings import MarketSettings
from core.market.tape import Tape
from core.messages import FeedBatch, TokenFacts
from core.ports import Feed
from core.rules.capital import split, start_lamports
from core.settings import Settings

EMBEDDED = "market"
LIVE = "live"


class NoAccounts:
    """A recording shows no accounts: every fact is unknown, and only the profile `recorded` does not ask for them."""

    def facts(self, mint: str, stake_lamports: int) -> TokenFacts | None:
        return None


def embedded(settings: Settings, state: StateDirectory, market: MarketSettings | None = None) -> Source:
    """The embedded market: new, or as this state directory last saw it."""
    market = market if market is not None else MarketSettings()
    world = PaperWorld.open(state.path, market, settings.paper, settings.runtime.seed)
    sol_usd = market.sol_price.start_usd
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
        waits=True,
    )


def beside(
    feed: "Peeked", settings: Settings, state: StateDirectory, *, decoder: Decoder, tape: Tape, waits: bool
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
        waits=waits,
    )


class Peeked:
    """A feed whose first batch has been looked at: when it begins, and at which price of SOL."""

    def __init__(self, feed: Feed, *, sol_usd: float) -> None:
        self.name = feed.name
        self._feed = feed
        self._first = feed.next()
        if self._first is None:
            raise Refused(f"{feed.name} holds nothing to replay")
        self.start_at_s = self._first.at_s
        price = self._first.sol_price
        self.sol_usd = (price.pool_usd or price.http_usd or sol_usd) if price is not None else sol_usd

    def next(self) -> FeedBatch | None:
        first, self._first = self._first, None
        return first if first is not None else self._feed.next()

    def close(self) -> None:
        self._feed.close()
