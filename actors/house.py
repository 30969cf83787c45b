"""The house: which actors there are, who is above whom, in which order they start. Only here are all of them named."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from actors.accounts import AccountsActor
from actors.commandments import CommandmentsActor
from actors.executor import ExecutorActor
from actors.feed import FeedActor
from actors.journal import JournalActor
from actors.keeper import Keeper, KeeperActor
from actors.miner import MinerActor
from actors.notifier import NotifierActor
from actors.position import PositionActor
from actors.sentiment import SentimentActor
from actors.services import services_of
from actors.system import System
from actors.treasurer import TreasurerActor
from actors.tree import Branch, Child, Worker
from actors.turns import Rank
from actors.venue import VenueActor
from actors.wallet import WalletActor
from actors.watcher import WatcherActor
from core.messages import RefoldWatchers
from core.state import position
from core.supervision import Restart, RestartRule, Strategy
from core.types import Role

PATIENT = RestartRule(intensity=3, period_s=60.0)
"""Of `trading` and the root: what they restart is big, so three times a minute is enough."""


def tree(servers: Sequence[Worker] = (), keepers: Mapping[str, Keeper] = MappingProxyType({})) -> Branch:
    """The whole supervision tree; `servers` are the HTTP servers, alive when trading is not. `keepers` by name: what a
    live chain needs kept fresh."""
    return Branch(name="root", rule=PATIENT, children=(_trading(keepers), _outside(servers)))


def _trading(keepers: Mapping[str, Keeper]) -> Branch:
    """Everything behind the journal restarts with it; everything behind the gate restarts with the gate."""
    return Branch(
        name="trading",
        rule=RestartRule(strategy=Strategy.REST_FOR_ONE, intensity=PATIENT.intensity, period_s=PATIENT.period_s),
        children=(
            Worker(name="journal", actor=JournalActor, rank=Rank.ORDER),
            Branch(
                name="chain",
                children=(
                    *(
                        Worker(name=f"keeper.{name}", actor=KeeperActor, args=keeper)
                        for name, keeper in keepers.items()
                    ),
                    Worker(name="feed", actor=FeedActor, rank=Rank.TRADING),
                    Worker(name="accounts", actor=AccountsActor, rank=Rank.TRADING),
                    Worker(name="venue", actor=VenueActor, rank=Rank.ORDER),
                ),
            ),
            Branch(
                name="treasury",
                children=(
                    *(Worker(name=f"wallet.{role}", actor=WalletActor, rank=Rank.ORDER) for role in Role),
                    Worker(name="treasurer", actor=TreasurerActor),
                ),
            ),
            Worker(name="executor", actor=ExecutorActor, rank=Rank.ORDER),
            Branch(
                name="positions",
                rank=Rank.TRADING,
                templates=(Worker(name="position", actor=PositionActor, rank=Rank.TRADING, restart=Restart.TRANSIENT),),
                rebuild=open_positions,
            ),
            # What is told to the gate while it is down must not be done later: entries fail closed.
            Worker(name="commandments", actor=CommandmentsActor, rank=Rank.TRADING, keep=0),
            Branch(
                name="market",
                children=(Worker(name="miner", actor=MinerActor, rank=Rank.TRADING),),
                rebuild=ask_for_watchers,
                templates=(Worker(name="watcher", actor=WatcherActor, restart=Restart.TEMPORARY),),
            ),
            Branch(name="advice", children=(Worker(name="sentiment", actor=SentimentActor),)),
        ),
    )


def _outside(servers: Sequence[Worker]) -> Branch:
    return Branch(name="outside", children=(Worker(name="notifier", actor=NotifierActor), *servers))


def ask_for_watchers(system: System) -> Sequence[Child]:
    """Watchers come back through the feed, which knows what each had seen. At the first start it knows none."""
    system.directory.tell("feed", RefoldWatchers())
    return ()


def open_positions(system: System) -> Sequence[Child]:
    """A position for every open operation of the books, and for what one of them could not sell."""
    return [Child(f"position.{first.mint}", first) for first in position.openings(services_of(system).books())]
