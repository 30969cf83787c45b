"""Replay a recorded file on the paper venue and report every candidate, reason and operation.

With `--speed max` (the default) on the virtual clock: the same file gives the same report to the byte. With a number,
in real time at that speed, with monitor and control.
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from actors.adapters.feed_file import open_feed
from actors.adapters.journal_store import JournalStore
from actors.adapters.recorded_trades import RecordedTrades
from actors.adapters.recording import Recording
from actors.adapters.state_directory import StateDirectory
from commands import sources, strategies
from commands.drive import drive
from commands.house import House
from commands.options import settings_of
from commands.paper import check_ports, live_until_stopped, report_start, stop_signals
from commands.servers import servers
from core.chain.decode import Decoder
from core.errors import Refused
from core.market.tape import Tape
from core.report.text import gather, lines
from core.settings import Settings

MAX = "max"
SOL_USD = 80.0
"""Where a recording brings no price of SOL; market.md's start price. It values the capital, entries need a real one."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="trades (.jsonl), transactions (.json, a folder), own recording")
    parser.add_argument("--speed", default=MAX, metavar="N|max", help="times real time, or as fast as it goes")
    parser.add_argument("--state", metavar="DIR", help="state directory (default: a temporary one, removed at the end)")
    parser.add_argument("--seed", metavar="N", help="seed of all draws (MICRO_SEED)")
    parser.add_argument("--strategy", metavar="MODULE:CLASS", help=strategies.HELP)


def run(options: argparse.Namespace) -> int:
    temporary = None if options.state else Path(tempfile.mkdtemp(prefix="micro-replay-"))
    try:
        return _replay(options, Path(options.state) if temporary is None else temporary)
    finally:
        if temporary is not None:
            shutil.rmtree(temporary)


def _replay(options: argparse.Namespace, directory: Path) -> int:
    paced = options.speed != MAX
    speed = options.speed if paced else None
    read = partial(
        settings_of,
        options,
        MICRO_SEED=options.seed,
        MICRO_CLOCK_SPEED=speed,
        MICRO_STATE_DIR=str(directory),
        MICRO_STRATEGY=options.strategy,
    )
    settings = read()
    strategy = strategies.hearing_of(settings, paced=paced)
    if paced:
        check_ports(settings)
    decoder, tape = Decoder(), Tape()
    recorded = open_feed(Path(options.file), decoder, tape, sol_usd=SOL_USD)

    def fresh() -> Settings:
        return _without_accounts(read()) if isinstance(recorded, RecordedTrades) else read()

    settings = fresh()
    state = StateDirectory(directory)
    state.lock()
    if state.journal.exists():
        raise Refused(f"{directory} already holds a journal; a replay begins anew: choose an empty directory")
    feed = sources.Peeked(recorded, sol_usd=SOL_USD)
    source = sources.beside(feed, settings, state, decoder=decoder, tape=tape, waits=True)
    house = House(settings, state, source, mode="replay", paced=paced, strategy=strategy)
    feed.open_mints = lambda: [op.mint for op in house.services.books().operations.values()]
    code = _in_real_time(house, fresh) if paced else _on_the_virtual_clock(house)
    print_report(state)
    if isinstance(recorded, Recording) and recorded.damaged:
        print(f"{recorded.damaged} damaged parts of {options.file} were passed over.")
    return code


def _without_accounts(settings: Settings) -> Settings:
    """Recorded trades show no accounts; the profile `recorded` does not ask for them."""
    return replace(settings, entry=replace(settings.entry, profile="recorded"))


def _on_the_virtual_clock(house: House) -> int:
    house.start()
    drive(house)
    return 0 if house.stop() else 1


def _in_real_time(house: House, fresh: Callable[[], Settings]) -> int:
    asked = stop_signals()
    house.start(servers(house, fresh))
    report_start(house)
    return live_until_stopped(house, asked)


def print_report(state: StateDirectory) -> None:
    """The report of the journal in this state directory."""
    store = JournalStore(state.journal)
    try:
        report = gather(entry.record for entry in store.entries())
    finally:
        store.close()
    for line in lines(report):
        print(line)
