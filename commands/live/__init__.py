"""Trade real money on Solana: our keys sign, our nodes carry. Refuses to begin until everything is as it must be.

With anything held it always begins, and only sells until the doctor is green. Ctrl-C (or SIGTERM) sells what is held,
settles, and stops; again, it stops at once.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import time

import gevent
from gevent.event import Event

from actors.adapters.onchain.reading import Breadth
from actors.adapters.state_directory import StateDirectory
from actors.tree import Worker
from actors.turns import Rank
from commands import backups, person, process, strategies
from commands.house import House
from commands.journal import Journal
from commands.keys import check_cost, vault_of
from commands.keys import opened as opened_keys
from commands.live import start
from commands.live.desk import LiveDesk, endpoints
from commands.live.stop import sold_out
from commands.live.watch import HINDRANCE, ChainWatch
from commands.options import EXECUTOR, MONITOR, role, settings_of
from commands.paper import CRASHED, check_ports, stop_signals
from commands.servers import servers
from commands.watch import watch
from core.errors import MicroError, Refused, Retryable
from core.ledger.books import Books
from core.ledger.chain_view import ChainView
from core.messages import RaiseAlert
from core.settings import Settings
from core.types import Role

PATIENCE_S = 45.0
"""How long a start with holdings asks the nodes before it begins without their answer."""
DOCTOR_EVERY_S = 60.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--confirm-capital", type=float, metavar="USD", help="at the first start: what may be traded with"
    )
    parser.add_argument("--state", metavar="DIR", help="state directory (MICRO_STATE_DIR)")
    parser.add_argument("--strategy", metavar="MODULE:CLASS", help=strategies.HELP)
    role(parser)


def run(options: argparse.Namespace) -> int:
    fresh = partial(settings_of, options, MICRO_STATE_DIR=options.state, MICRO_STRATEGY=options.strategy)
    settings = fresh()
    if options.role == MONITOR:
        return watch(settings, stop_signals(), fresh)
    check_profile(settings)
    check_ports(settings, options.role)
    reached = person.reach(settings, options.settings_file)
    rpc_urls, _ = endpoints(options.settings_file)
    # Before anything is made: where there is no keystore there is nothing to begin.
    check_cost(vault_of(settings), settings, rpc_urls)
    asked = stop_signals()
    house, desk = ready(settings, options.settings_file, confirmed_usd=options.confirm_capital)
    served = servers(house, fresh, alone=options.role == EXECUTOR)
    outside = (*served, *person.workers(reached, house, fresh))
    return _alive(house, desk, asked, outside, options)


def ready(
    settings: Settings, settings_file: str | None, *, confirmed_usd: float | None = None
) -> tuple[House, LiveDesk]:
    """The house on the chain, with everything that must be true of it, not yet begun. Raises Refused in one line."""
    rpc_urls, _ = endpoints(settings_file)
    health = start.unhealthy(settings, settings_file)
    state = StateDirectory(Path(settings.runtime.state_dir))
    state.lock()
    told = backups.before_upgrade(settings, settings_file)
    if told:
        print(told, flush=True)
    journal = Journal(state.journal)
    books = journal.books
    start.check_mode(books)
    if not start.holds(books):
        start.check_capital(settings, books, confirmed_usd)
    # A restored keystore knows of generations that a new journal has not heard of.
    generation = max(books.generation, vault_of(settings).addresses().generation)
    signer = opened_keys(settings, settings_file, nodes=rpc_urls, generation=generation)
    state.claim(signer.address(0, Role.LIGHTNING))
    house: House | None = None

    def present() -> Books:
        return house.services.books() if house is not None else books

    def slot() -> int:
        return house.services.market.slot if house is not None else 0

    desk = LiveDesk(settings, settings_file, signer, generation, books=present, slot=slot)
    view, sol_usd = _seen(settings, desk, books, generation, health)
    source = desk.source(sol_usd)
    house = House(
        settings,
        state,
        source,
        mode=start.MODE,
        paced=True,
        journal=journal,
        strategy=strategies.hearing_of(settings, paced=True),
        learnt=lambda opened: start.learnt(settings, opened, view, source.start_at_s),
    )
    if health:
        house.services.market.hindrances["doctor"] = health
    if view is None:
        house.services.market.hindrances[HINDRANCE] = "the chain could not be read at the start"
    return house, desk


def check_profile(settings: Settings) -> None:
    """Raises Refused for what only replays may do."""
    if settings.entry.profile == "recorded":
        raise Refused("MICRO_ENTRY_PROFILE=recorded skips what recordings cannot show; it is for `replay` alone")


def _seen(
    settings: Settings, desk: LiveDesk, books: Books, generation: int, health: str
) -> tuple[ChainView | None, float]:
    """The chain before the first command, and what a SOL costs. Raises Refused where nothing is held and all is not
    well; with anything held every doubt is left to the gate."""
    until_s = time() + PATIENCE_S
    view = _patient_view(desk, books, until_s)
    if start.holds(books, view) and books.seq:
        _warm(desk, books)
        return view, books.sol_usd_start
    if view is None:
        raise Refused("no node answers what our wallets hold; mend SOLANA_RPC_URL")
    sol_usd = desk.chain.sol_usd()
    if not books.seq:
        addresses = {role: desk.wallets.address(role, generation) for role in Role}
        start.check_funds(settings, view, sol_usd, addresses)
    start.check_health(health)
    _warm(desk, books)
    return view, sol_usd


def _patient_view(desk: LiveDesk, books: Books, until_s: float) -> ChainView | None:
    breadth = Breadth.START if books.seq else Breadth.ALL
    while True:
        try:
            return desk.view(books, breadth)
        except Retryable as error:
            if time() >= until_s:
                print(f"The chain could not be read: {error}", file=sys.stderr, flush=True)
                return None
            gevent.sleep(1.0)


def _warm(desk: LiveDesk, books: Books) -> None:
    try:
        desk.warm(books)
    except MicroError as error:
        print(f"Not everything that exits are built from could be read yet: {error}", flush=True)


def _alive(house: House, desk: LiveDesk, asked: Event, outside: Sequence[Worker], options: argparse.Namespace) -> int:
    begin(house, desk, outside)
    _report(house, alone=options.role == EXECUTOR)
    chain = gevent.spawn(ChainWatch(house, desk).run)
    copies = gevent.spawn(backups.Schedule(house, options.settings_file).run)
    doctor = gevent.spawn(_doctor, house, options.settings_file)
    gevent.wait([asked, house.system.gave_up], count=1)
    if house.system.gave_up.is_set():
        reason = f"the root gave up: {house.system.reason}; state is in {house.state.path}"
        print(f"micro-lightning: {reason}", file=sys.stderr)
        return CRASHED
    asked.clear()
    house.services.market.stopping = True
    print(sold_out(house, asked), flush=True)
    gevent.killall([chain, doctor, copies])
    in_time = house.stop()
    desk.close()
    return 0 if in_time else CRASHED


def begin(house: House, desk: LiveDesk, outside: Sequence[Worker]) -> None:
    """The tree starts and the venue tells it what lands. What it sends is on its way before anything else goes on."""
    directory = house.system.directory
    desk.venue.attach(directory.tell, partial(directory.flow.turns.start, rank=Rank.ORDER))
    house.start(outside)
    process.settle_down(directory.flow.turns)


def _doctor(house: House, settings_file: str | None) -> None:
    """While entries wait for the doctor, it looks again."""
    hindrances = house.services.market.hindrances
    while "doctor" in hindrances:
        gevent.sleep(DOCTOR_EVERY_S)
        found = start.unhealthy(house.settings, settings_file)
        if found:
            hindrances["doctor"] = found
        else:
            hindrances.pop("doctor")


def _report(house: House, *, alone: bool) -> None:
    """Tell the person where to look, and what stands against entries."""
    runtime, books, hindrances = house.settings.runtime, house.services.books(), house.services.market.hindrances
    against = [f"{name}: {why}" for name, why in sorted(hindrances.items())]
    if books.paused:
        against.append(f"paused: {books.paused_why}")
    for text in against:
        alert = RaiseAlert(key="exits_only", severity="critical", text=text, at_s=house.system.clock.now_s)
        house.system.directory.tell("notifier", alert)
    print(f"Micro-Lightning live, generation {books.generation}, {len(books.operations)} positions open", flush=True)
    if against:
        print(f"Exits only until this is mended: {'; '.join(against)}", flush=True)
    if not alone:
        print(f"Monitor  http://{runtime.bind}:{runtime.monitor_port}/", flush=True)
    print(f"Control  http://{runtime.bind}:{runtime.executor_port}/  (token in {house.state.token})", flush=True)
    print("Stop with Ctrl-C: it sells what is held", flush=True)
