"""Which market is traded on: the embedded one, a recording, or live; each with the paper venue that fits it."""

from pathlib import Path

from actors.adapters.paper_world import FeedVenue, PaperWorld
from actors.adapters.state_directory import StateDirectory
from commands.house import Source
from core.chain.decode import Decoder
from core.market.simulator.settings import MarketSettings
from core.market.tape import Tape
from core.messages import TokenFacts
from core.ports import Feed
from core.rules.capital import split, start_lamports
from core.settings import Settings

EMBEDDED = "market"
LIVE = "live"


class NoAccounts:
    """A recording shows no accounts: every fact is unknown, and no profile but `recorded` admits what it cannot know."""

    def facts(self, mint: str, stake_lamports: int) -> TokenFacts | None:  # noqa: ARG002 - the port's signature
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
    feed: Feed, settings: Settings, state: StateDirectory, *, start_at_s: float, sol_usd: float, waits: bool
) -> Source:
    """The paper venue beside a feed that knows nothing of us."""
    decoder, tape = Decoder(), Tape()
    paper = FeedVenue(state.path, feed, settings.paper, settings.runtime.seed, decoder=decoder, tape=tape)
    paper.backend.open_capital(split(settings.capital, start_lamports(settings.capital, sol_usd)))
    return Source(
        feed=paper,
        backend=paper.backend,
        accounts=NoAccounts(),
        decoder=decoder,
        tape=tape,
        start_at_s=start_at_s,
        sol_usd=sol_usd,
        waits=waits,
    )


def is_file(feed: str) -> bool:
    return feed not in (EMBEDDED, LIVE)


def path_of(feed: str) -> Path:
    return Path(feed)
