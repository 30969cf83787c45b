"""Start everything on paper: actors, venue, monitor and control. The market is the embedded one unless a feed is set.

Ctrl-C (or SIGTERM) stops in order: no new entries, orders under way end, open positions are held for the next start.
"""

import argparse
import signal
import sys
from functools import partial
from pathlib import Path

import gevent
from gevent.event import Event

from actors.adapters.environment import addresses, foreign
from actors.adapters.listener import check_free
from actors.adapters.state_directory import StateDirectory
from commands import backups, person, process, sources, strategies
from commands.drain import drained, refusal
from commands.house import House
from commands.options import BOTH, EXECUTOR, MONITOR, role, settings_of
from commands.reconcile import check_pair, hold_entries, opened_journal, warning
from commands.servers import servers
from commands.watch import watch
from core.errors import Refused
from core.messages import RaiseAlert
from core.settings import Settings

CRASHED = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", metavar="N", help="seed of the embedded market and of all draws (MICRO_SEED)")
    parser.add_argument(
        "--speed", metavar="X", help="market time runs X times as fast as real time (MICRO_CLOCK_SPEED)"
    )
    parser.add_argument("--state", metavar="DIR", help="state directory (MICRO_STATE_DIR)")
    parser.add_argument(
        "--scenario", metavar="NAME|FILE", help="of the embedded market, several with commas (MICRO_SCENARIO)"
    )
    parser.add_argument("--strategy", metavar="MODULE:CLASS", help=strategies.HELP)
    role(parser)


def run(options: argparse.Namespace) -> int:
    fresh = partial(
        settings_of,
        options,
        MICRO_SEED=options.seed,
        MICRO_CLOCK_SPEED=options.speed,
        MICRO_STATE_DIR=options.state,
        MICRO_STRATEGY=options.strategy,
        MICRO_SCENARIO=options.scenario,
    )
    settings = fresh()
    if options.role == MONITOR:
        return watch(settings, stop_signals(), fresh)
    strategy = strategies.hearing_of(settings, paced=True)
    if settings.entry.profile == "recorded":
        raise Refused("MICRO_ENTRY_PROFILE=recorded skips what recordings cannot show; it is for `replay` alone")
    if settings.runtime.feed not in (sources.EMBEDDED, sources.LIVE):
        raise Refused(f"MICRO_FEED={settings.runtime.feed!r} is a file: run `replay FILE --speed N` for it")
    if settings.runtime.feed == sources.LIVE and settings.runtime.scenario:
        raise Refused("MICRO_SCENARIO is of the embedded market; leave it out with MICRO_FEED=live")
    market = sources.market_settings(settings)
    check_ports(settings, options.role)
    reached = person.reach(settings, options.settings_file)
    asked = stop_signals()
    state = StateDirectory(Path(settings.runtime.state_dir))
    state.lock()
    told = backups.before_upgrade(settings, options.settings_file)
    if told:
        print(told, flush=True)
    journal = opened_journal(state)
    if settings.runtime.feed == sources.LIVE:
        file = Path(options.settings_file) if options.settings_file else None
        rpc_urls = addresses("SOLANA_RPC_URL", file=file)
        source = sources.live(settings, state, foreign("SOLANA_WS_URL", file=file), rpc_urls)
    else:
        source = sources.embedded(settings, state, market, not_before_s=journal.books.at_s)
    check_pair(state.path, journal.books, source.chain)
    differs = warning(journal.books, source.chain, source.backend.status)
    house = House(settings, state, source, mode="paper", paced=True, journal=journal, strategy=strategy)
    served = servers(house, fresh, alone=options.role == EXECUTOR)
    house.start((*served, *person.workers(reached, house, fresh)))
    gevent.spawn(backups.Schedule(house, options.settings_file).run)
    process.settle_down(house.system.directory.flow.turns)
    report_start(house, differs, alone=options.role == EXECUTOR)
    return live_until_stopped(house, asked)


def check_ports(settings: Settings, role: str = BOTH) -> None:
    """Refuse before anything starts when a port is taken."""
    runtime = settings.runtime
    if role == EXECUTOR:
        check_free(runtime.bind, runtime.executor_port, "MICRO_EXECUTOR_PORT")
        return
    if runtime.monitor_port == runtime.executor_port != 0:
        raise Refused(f"MICRO_MONITOR_PORT and MICRO_EXECUTOR_PORT are both {runtime.monitor_port}; set one to another")
    check_free(settings.runtime.bind, settings.runtime.monitor_port, "MICRO_MONITOR_PORT")
    check_free(settings.runtime.bind, settings.runtime.executor_port, "MICRO_EXECUTOR_PORT")


def report_start(house: House, differs: str = "", *, alone: bool = False) -> None:
    """Tell the person where to look, and what is wrong; where books and chain differ, pause entries.

    `alone`: the monitor is another process.
    """
    runtime = house.settings.runtime
    _warn(house, "journal_damaged", _damage(house))
    _warn(house, "market_diverged", house.source.warning)
    house.differences = 1 if differs else 0
    if differs:
        print(differs, flush=True)
        hold_entries(house, differs)
    print(
        f"Micro-Lightning {house.mode} (no real money), seed {runtime.seed}, speed {runtime.clock_speed:g}", flush=True
    )
    if not alone:
        print(f"Monitor  http://{runtime.bind}:{runtime.monitor_port}/", flush=True)
    print(f"Control  http://{runtime.bind}:{runtime.executor_port}/  (token in {house.state.token})", flush=True)
    print("Stop with Ctrl-C", flush=True)


def _warn(house: House, key: str, text: str) -> None:
    if text:
        print(text, flush=True)
        alert = RaiseAlert(key=key, severity="warning", text=text, at_s=house.system.clock.now_s)
        house.system.directory.tell("notifier", alert)


def _damage(house: House) -> str:
    store = house.system.directory.snapshot("journal")
    aside = getattr(store.view, "set_aside", "") if store is not None else ""
    return f"The journal was damaged; what could not be trusted was set aside: {aside}" if aside else ""


def stop_signals() -> Event:
    """Set by Ctrl-C and SIGTERM from now on: a process that is still starting stops in order too, once it has begun."""
    asked = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, asked.set)
    return asked


def live_until_stopped(house: House, asked: Event) -> int:
    """Wait for a signal, the end of the source or the root's giving up. The exit code."""
    gevent.wait([asked, house.system.gave_up, house.services.source_ended], count=1)
    if house.system.gave_up.is_set():
        print(
            f"micro-lightning: the root gave up: {house.system.reason}; state is in {house.state.path}", file=sys.stderr
        )
        return CRASHED
    asked.clear()
    house.services.market.stopping = True
    text = refusal(house)
    if text:
        print(text, flush=True)
    print(drained(house, asked), flush=True)
    return 0 if house.stop() else CRASHED
