"""Simulate operations on the core alone, in episodes of the start capital, and report them as text, JSON and a page.

Training seeds are those from --seed on; a fifth as many operations follow on held-out seeds (from 1,000,000 + seed on),
on which nothing may be tuned. The same arguments give the same report to the byte. Ctrl-C gives the report so far.
Exit code 0, 1 when the calibration is out of its bands, 2 for bad input, 130 after Ctrl-C.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

import msgspec
from msgspec.structs import replace
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from actors.adapters.feed_file import open_feed
from commands import strategies
from commands.house import VERSION
from commands.options import settings_of
from commands.simulated_journals import Journals
from commands.sources import EMBEDDED, NoAccounts, Peeked, market_settings
from core.chain.decode import Decoder
from core.desk import Ports
from core.errors import Refused
from core.hearing import Hearing
from core.market.calibration import Row, calibration
from core.market.paper.feed import PaperFeed
from core.market.paper.market import PaperMarket
from core.market.paper.venue import PaperVenue
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.market.tape import Tape
from core.messages import FeedBatch
from core.report.document import Document, document
from core.report.episode import Episode
from core.report.page import page
from core.report.simulation_text import lines
from core.rules.capital import split, start_lamports
from core.settings import Settings, changed
from core.simulation import HELD_OUT_FROM, Running, World, Worlds, episodes

OPERATIONS = 500
CALIBRATED_FROM = 100
"""Reports of so many operations carry the market's calibration unless told otherwise."""
INTERRUPTED = 130
OUT_OF_BANDS = 1
SOL_USD = 80.0
"""Where a recording brings no price of SOL; market.md's start price."""
REPORTS = Path("reports")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--operations", type=int, metavar="N", help=f"operations on training seeds ({OPERATIONS})")
    parser.add_argument("--held-out", type=int, metavar="N", help="operations on held-out seeds (a fifth as many)")
    parser.add_argument("--seed", metavar="S", help="first seed; each episode takes the next (MICRO_SEED)")
    parser.add_argument("--strategy", metavar="MODULE:CLASS", help=strategies.HELP)
    parser.add_argument("--feed", default=EMBEDDED, metavar="market|FILE", help="embedded market or a recorded file")
    parser.add_argument(
        "--scenario", metavar="NAME|FILE", help="of the embedded market, several with commas (MICRO_SCENARIO)"
    )
    parser.add_argument("--wire", action="store_true", help="the market in the chain's wire format, really decoded")
    parser.add_argument(
        "--calibration",
        action=argparse.BooleanOptionalAction,
        help="simulated against published figures; alone, nothing else",
    )
    parser.add_argument("--trials", type=int, default=1, metavar="N", help="sets of settings tried before these (1)")
    parser.add_argument("--json", metavar="FILE", help="the report as JSON (reports/simulate-SEED.json)")
    parser.add_argument("--html", metavar="FILE", help="the report as one page (reports/simulate-SEED.html)")
    parser.add_argument("--state", metavar="DIR", help="keep each episode's journal and paper chain in a folder there")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(
        options, MICRO_SEED=options.seed, MICRO_STRATEGY=options.strategy, MICRO_SCENARIO=options.scenario
    )
    strategy = strategies.hearing_of(settings, paced=False)
    seed = settings.runtime.seed
    if not 0 <= seed < HELD_OUT_FROM:
        raise Refused(f"--seed {seed}: training seeds are 0 to {HELD_OUT_FROM - 1}; the others are held out")
    only_calibration = bool(options.calibration) and options.operations is None
    wanted = 0 if only_calibration else _count(options.operations, "--operations", default=OPERATIONS)
    recorded = options.feed != EMBEDDED
    held_out = _count(options.held_out, "--held-out", default=0 if recorded else wanted // 5, least=0)
    if recorded and held_out:
        raise Refused("--held-out needs the embedded market: a recording has no seeds")
    if recorded and options.calibration:
        raise Refused("--calibration is of the embedded market, not of a recording")
    if options.trials < 1:
        raise Refused(f"--trials {options.trials}: these settings are a trial themselves; give at least 1")
    calibrated = options.calibration if options.calibration is not None else wanted >= CALIBRATED_FROM
    settings, worlds = _worlds(options, settings)
    journals = Journals(Path(options.state)) if options.state else None
    simulation = Simulation(lambda one: _with(worlds(one), strategy), journals)
    simulation.play(settings, wanted)
    if held_out and not simulation.interrupted:
        runtime = replace(settings.runtime, seed=HELD_OUT_FROM + seed)
        simulation.play(replace(settings, runtime=runtime), held_out)
    table: tuple[Row, ...] = ()
    if calibrated and not recorded and not simulation.interrupted:
        table = calibration(MarketSettings(), seed, paper=settings.paper)
    report = document(
        simulation.episodes,
        feed=options.feed if not recorded else Path(options.feed).name,
        seed=seed,
        wanted=wanted,
        wanted_held_out=held_out,
        trials=options.trials,
        changed_settings=[name for name in changed(Settings(), settings) if name != "MICRO_SEED"],
        interrupted=simulation.interrupted,
        calibration=table,
    )
    _write(report, options)
    for line in lines(report):
        print(line)
    simulation.tell_speed()
    if simulation.interrupted:
        return INTERRUPTED
    return OUT_OF_BANDS if any(row.met is False for row in table) else 0


def _count(given: int | None, name: str, *, default: int, least: int = 1) -> int:
    if given is None:
        return default
    if given < least:
        raise Refused(f"{name} {given}: give at least {least}")
    return given


def _with(world: World | None, strategy: Hearing) -> World | None:
    return None if world is None else replace(world, strategy=strategy)


def _worlds(options: argparse.Namespace, settings: Settings) -> tuple[Settings, Worlds]:
    """What makes each episode's world, and the settings that fit it."""
    if options.feed == EMBEDDED:
        market = market_settings(settings)
        return settings, lambda one: embedded(one, wire=options.wire, market=market)
    if settings.runtime.scenario:
        raise Refused("--scenario is of the embedded market, not of a recording")
    settings = replace(settings, entry=replace(settings.entry, profile="recorded"))
    decoder, tape = Decoder(), Tape()
    return settings, Recorded(Peeked(open_feed(Path(options.feed), decoder, tape, sol_usd=SOL_USD), sol_usd=SOL_USD))


def embedded(settings: Settings, *, wire: bool, market: MarketSettings | None = None) -> World:
    """The embedded market of the settings' seed, in memory; `wire`: its slots must be decoded."""
    market = market if market is not None else market_settings(settings)
    seed, sol_usd = settings.runtime.seed, market.opening_usd
    simulator = Simulator(market, seed, decoded=not wire)
    venue = PaperVenue(settings.paper, seed)
    venue.open_capital(split(settings.capital, start_lamports(settings.capital, sol_usd)))
    feed = PaperMarket(simulator, venue)
    ports = Ports(backend=venue, accounts=feed, decoder=Decoder(), tape=Tape())
    return World(feed=feed, ports=ports, start_at_s=simulator.at_s, sol_usd=sol_usd, version=VERSION)


class Recorded:
    """Makes worlds of one recording: each episode goes on where the one before it ended."""

    def __init__(self, feed: Peeked) -> None:
        self.feed = feed
        self.name = feed.name
        self._at_s = feed.start_at_s
        self._ended = False

    def __call__(self, settings: Settings) -> World | None:
        if self._ended:
            return None
        seed, sol_usd = settings.runtime.seed, self.feed.sol_usd
        venue = PaperVenue(settings.paper, seed)
        venue.open_capital(split(settings.capital, start_lamports(settings.capital, sol_usd)))
        decoder, tape = Decoder(), Tape()
        ports = Ports(backend=venue, accounts=NoAccounts(), decoder=decoder, tape=tape)
        feed = PaperFeed(self, venue, decoder, tape)
        return World(feed=feed, ports=ports, start_at_s=self._at_s, sol_usd=sol_usd, version=VERSION)

    def next(self) -> FeedBatch | None:
        batch = self.feed.next()
        self._ended = batch is None
        if batch is not None:
            self._at_s = batch.at_s
        return batch

    def close(self) -> None:
        self.feed.close()


class Simulation:
    """Plays episodes with a progress bar on a terminal, until they are done or Ctrl-C."""

    def __init__(self, worlds: Worlds, journals: Journals | None) -> None:
        self.worlds = worlds
        self.journals = journals
        self.episodes: list[Episode] = []
        self.interrupted = False
        self._events = 0
        self._cpu_s = 0.0

    def play(self, settings: Settings, operations: int) -> None:
        """All episodes from the settings' seed on, until so many operations are closed."""
        if not operations:
            return
        before = signal.signal(signal.SIGINT, self._interrupt)
        began_s = time.process_time()
        try:
            with _progress() as progress:
                task = progress.add_task(f"seed {settings.runtime.seed}", total=operations)
                done = 0
                for running in episodes(settings, self.worlds, operations=operations, sink=self.journals):
                    self._play(running, partial(_advance, progress, task, done))
                    done += running.done
        finally:
            signal.signal(signal.SIGINT, before)
            self._cpu_s += time.process_time() - began_s

    def tell_speed(self) -> None:
        """On the error stream: how fast this machine was is no part of the report."""
        if self._cpu_s:
            rate = self._events / self._cpu_s
            print(f"{self._events} events in {self._cpu_s:.1f} s of one core: {rate:,.0f} events/s", file=sys.stderr)

    def _play(self, running: Running, tell: Callable[[int], object]) -> None:
        feed = running.world.feed
        done = -1
        while not self.interrupted and running.step():
            if running.done != done:
                done = running.done
                tell(done)
        feed.close()
        self._events += running.runner.state_of("feed").events
        self.episodes.append(replace(running.result(), number=len(self.episodes) + 1))
        if self.journals is not None:
            self.journals.end(running)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self.interrupted = True


def _advance(progress: Progress, task: TaskID, before: int, done: int) -> None:
    progress.update(task, completed=before + done)


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _write(report: Document, options: argparse.Namespace) -> None:
    """The JSON and the page. Refused where a file cannot be written."""
    data = msgspec.json.format(msgspec.json.encode(report), indent=1)
    files = {
        Path(options.json or REPORTS / f"simulate-{report.seed}.json"): data,
        Path(options.html or REPORTS / f"simulate-{report.seed}.html"): page(report).encode(),
    }
    for path, body in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        except OSError as error:
            raise Refused(f"the report {path} cannot be written: {error.strerror}") from None
        print(f"wrote {path}", file=sys.stderr)
