"""Start everything on paper: actors, venue, monitor and control. The market is the embedded one unless a feed is set.

Ctrl-C (or SIGTERM) stops in order: no new entries, orders under way end, open positions are held for the next start.
"""

import argparse
import signal
import sys
from pathlib import Path

import gevent
from gevent.event import Event

from actors.adapters.listener import check_free
from actors.adapters.state_directory import StateDirectory
from commands import sources
from commands.drain import drained, refusal
from commands.house import House, Source
from commands.options import settings_of
from commands.servers import servers
from core.errors import Refused
from core.settings import Settings

CRASHED = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", metavar="N", help="seed of the embedded market and of all draws (MICRO_SEED)")
    parser.add_argument(
        "--speed", metavar="X", help="market time runs X times as fast as real time (MICRO_CLOCK_SPEED)"
    )
    parser.add_argument("--state", metavar="DIR", help="state directory (MICRO_STATE_DIR)")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(
        options, MICRO_SEED=options.seed, MICRO_CLOCK_SPEED=options.speed, MICRO_STATE_DIR=options.state
    )
    if settings.entry.profile == "recorded":
        raise Refused("MICRO_ENTRY_PROFILE=recorded skips what recordings cannot show; it is for `replay` alone")
    check_ports(settings)
    state = StateDirectory(Path(settings.runtime.state_dir))
    state.lock()
    house = House(settings, state, _source(settings, state), mode="paper", paced=True)
    file = Path(options.settings_file) if options.settings_file else None
    house.start(servers(house, file))
    report_start(house)
    return live_until_stopped(house)


def check_ports(settings: Settings) -> None:
    """Refuse before anything starts when a port is taken."""
    check_free(settings.runtime.bind, settings.runtime.monitor_port, "MICRO_MONITOR_PORT")
    check_free(settings.runtime.bind, settings.runtime.executor_port, "MICRO_EXECUTOR_PORT")


def _source(settings: Settings, state: StateDirectory) -> Source:
    if settings.runtime.feed == sources.EMBEDDED:
        return sources.embedded(settings, state)
    raise Refused(f"MICRO_FEED={settings.runtime.feed!r}: this command trades on the embedded market (`market`)")


def report_start(house: House) -> None:
    """Tell the person where to look, and what a damaged journal cost."""
    runtime = house.settings.runtime
    store = house.system.directory.snapshot("journal")
    aside = getattr(store.view, "set_aside", "") if store is not None else ""
    if aside:
        print(f"The journal was damaged; what could not be trusted was set aside: {aside}", flush=True)
    print(
        f"Micro-Lightning {house.mode} (no real money), seed {runtime.seed}, speed {runtime.clock_speed:g}", flush=True
    )
    print(f"Monitor  http://{runtime.bind}:{runtime.monitor_port}/", flush=True)
    print(f"Control  http://{runtime.bind}:{runtime.executor_port}/  (token in {house.state.token})", flush=True)
    print("Stop with Ctrl-C", flush=True)


def live_until_stopped(house: House) -> int:
    """Wait for a signal, the end of the source or the root's giving up. The exit code."""
    asked = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, asked.set)
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
