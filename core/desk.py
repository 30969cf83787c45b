"""The whole desk for the core-only runner: every name with its machine, as the house of actors has it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec import Struct

from core.chain.decode import Decoder
from core.effects import Effects, Now
from core.errors import Refused
from core.hearing import Hearing
from core.ledger.books import Books
from core.market.tape import Tape
from core.messages import Launched, Message, OpenPosition
from core.ports import Accounts, VenueBackend
from core.records import AnyRecord
from core.runner import Machine, Runner, Sink
from core.settings import Settings
from core.state import (
    accounts,
    commandments,
    feed,
    miner,
    notifier,
    orders,
    position,
    treasurer,
    venue,
    wallet,
    watcher,
)
from core.state.market_now import MarketNow
from core.types import Role


class Functions(Struct, frozen=True):
    """A machine made of its module's two functions, with what its beginning needs already bound."""

    begin: Callable[[Now], tuple[Any, Effects]]
    step: Callable[[Any, Any, Now], tuple[Any, Effects]]


class Ports(Struct, frozen=True, kw_only=True):
    """What the desk meets of the world."""

    backend: VenueBackend
    accounts: Accounts
    decoder: Decoder
    tape: Tape


def child(name: str, first: Message) -> Machine:
    """The machine of a dynamic name: a token's watcher, a position."""
    match first:
        case Launched():
            return Functions(partial(watcher.begin, first), watcher.step)
        case OpenPosition():
            return Functions(partial(position.begin, first), position.step)
        case _:
            raise Refused(f"nobody knows how to make {name}")


def open_desk(
    settings: Settings,
    ports: Ports,
    market: MarketNow,
    opening: Callable[[Books], tuple[AnyRecord, ...]],
    *,
    sink: Sink | None = None,
    strategy: Hearing | None = None,
) -> Runner:
    """A runner with every permanent machine begun, in the order in which the house starts its actors.

    `opening` gives the records that the journal begins with: capital and run. Records go to `sink`, as `Runner` says.
    """
    runner = Runner(settings, Books(), child, market, sink, strategy)
    for record in opening(Books()):
        runner.append(record)
        runner.now.at_s = max(runner.now.at_s, record.at_s)
    permanent: dict[str, Machine] = {
        "feed": Functions(partial(feed.begin, ports.decoder, ports.tape), feed.step),
        "accounts": Functions(partial(accounts.begin, ports.accounts), accounts.step),
        "venue": Functions(partial(venue.begin, ports.backend), venue.step),
        **{f"wallet.{role}": Functions(partial(wallet.begin, role), wallet.step) for role in Role},
        "treasurer": Functions(treasurer.begin, treasurer.step),
        "executor": Functions(orders.begin, orders.step),
        "commandments": Functions(commandments.begin, commandments.step),
        "miner": Functions(miner.begin, miner.step),
        "notifier": Functions(notifier.begin, notifier.step),
    }
    for name, machine in permanent.items():
        runner.start(name, machine)
        if name == "executor":
            for first in position.openings(runner.now.books):
                runner.start(f"position.{first.mint}", child(f"position.{first.mint}", first))
    return runner
