"""A guided tour of every part, on the embedded market and the virtual clock; a minute at most, nothing is left behind.

Every figure it prints comes from desks that run while it talks: their actors, journals and paper chains.
"""

import argparse
import tempfile
from pathlib import Path

from commands.options import settings_of
from commands.tour import emergencies, operation, patience
from commands.tour.scene import scene
from commands.tour.telling import Teller, share, signed, sol
from core.ledger.audit import Audit
from core.market.simulator.settings import MarketSettings
from core.report.statistics import performance

SEED = 4
"""Its market has an operation within two minutes."""
PAUSE_S = 2.0
OPERATIONS = 3
MOST_S = 4 * 3_600.0
"""Of market time, for an operation to come and end."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"of the simulated market (default {SEED})")
    parser.add_argument("--fast", action="store_true", help="without pauses, and one operation instead of three")


def run(options: argparse.Namespace) -> int:
    settings_of(options)  # refuses wrong settings before anything is begun
    teller = Teller(0.0 if options.fast else PAUSE_S)
    print("Micro-Lightning: a guided tour. Paper only: no real money, no network, no keys.")
    with tempfile.TemporaryDirectory(prefix="micro-demo-") as folder:
        audit, fewer = _first_operation(teller, Path(folder), options.seed, 1 if options.fast else OPERATIONS)
        patience.time_protocol(teller, Path(folder), options.seed)
        emergencies.emergencies(teller, Path(folder), options.seed)
        _figures(teller, audit, fewer)
    return 0


def _first_operation(teller: Teller, folder: Path, seed: int, count: int) -> tuple[Audit, str]:
    with scene(folder, seed=seed, settings={}, market=MarketSettings()) as played:
        operation.wallets(teller, played)
        run = operation.played(played, count, MOST_S)
    records, first = played.records(), run.operations[0]
    operation.evaluation(teller, records, first)
    operation.mining(teller, run.ranking)
    operation.gate(teller, records, first)
    operation.ledger(teller, records, first)
    operation.whole(teller, records, first)
    return played.audit(), run.fewer


def _figures(teller: Teller, audit: Audit, fewer: str) -> None:
    teller.chapter("The figures of the simulated market's operations")
    books = audit.books
    done = performance(books.closed, capital_lamports=books.capital_lamports())
    hold = "-" if done.mean_hold_s is None else f"{done.mean_hold_s / 60:.1f} min"
    rows = [
        ("operations", str(done.operations)),
        ("win rate", share(done.win_rate)),
        ("net", signed(done.net_lamports)),
        ("to psychology", signed(done.tax_lamports)),
        ("mean hold", hold),
        ("drawdown", share(done.max_drawdown)),
        ("equity", f"{sol(books.equity_lamports)} of {sol(books.capital_lamports())}"),
    ]
    teller.table(("figure", "value"), rows)
    if fewer:
        teller.say(fewer)
    teller.say(f"Exits: {', '.join(f'{reason} {count}' for reason, count in done.exits.items()) or 'none'}.")
    teller.say(
        f"Audit of {audit.entries} journal entries: "
        + ("they balance, and the books equal the paper chain." if audit.ok else "the books are wrong.")
    )
    teller.say("A few operations prove nothing; `simulate` runs hundreds and says how sure its figures are.")
