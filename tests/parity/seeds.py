"""Parity on many seeds: actors and core-only runner take the same decisions and close with the same ledger.

    python -m tests.parity.seeds --seeds 20 --operations 50

Of five seeds one trades the calm market by the default settings, one a weather of market.md by settings that keep the
five commandments and every exit but wait less and enter more, and three a market in which one tradable token after the
other lives by a script that the seed draws (tests/parity/planted.py), so that operations and emergencies come often.
Recorded trades follow
where they are there. A seed is the same only if the journals agree to the byte, the books and the wallets on the paper
chain to the lamport, and both pass the audit. Ends with status 1 where one is not, or where operations are too few.
"""

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from gevent.pool import Pool
from msgspec import Struct
from msgspec.structs import replace

from core.rules.breaker import BreakerRule
from core.rules.capital import CapitalRule
from core.rules.entry import EntryRule
from core.rules.militia import MilitiaRule
from core.rules.mining import MiningRule
from core.rules.reincarnation import ReincarnationRule
from core.rules.shield import ShieldRule
from core.settings import RuntimeSettings, Settings
from tests.parity.pair import Ends, Open, Run, differences, embedded, recorded, scripted, with_actors, without_actors
from tests.parity.planted import planted

DEFAULT, BUSY, PLANTED, RECORDED = "default", "busy", "planted", "recorded"
KINDS = (PLANTED, DEFAULT, PLANTED, BUSY, PLANTED)
WEATHERS = ("calm", "hot", "rug_wave", "honeypot_season", "fee_waves", "feed_outage", "hot,rug_wave")
PROJECT = Path(__file__).parents[2]
TRADES = PROJECT.parent / "shared" / "data" / "trades" / "first_300s_pump_tokens.jsonl"


class Row(Struct, frozen=True, kw_only=True):
    """One seed's outcome. `seconds` are of the process, core and actors."""

    seed: int
    settings: str
    scenario: str
    slots: int
    records: int
    operations: int
    net_lamports: int
    digest: str
    core_s: float
    actors_s: float
    different: list[str]


def settings_of(kind: str, seed: int) -> Settings:
    """The settings of a seed. What waits less: pauses after losses, rotations and emergencies. Halts are off, and of
    a capital of $60 three positions are open at a time."""
    plain = Settings(runtime=RuntimeSettings(seed=seed))
    if kind == DEFAULT:
        return plain
    if kind == RECORDED:
        return replace(plain, entry=EntryRule(profile="recorded"))
    hurried = replace(
        plain,
        militia=MilitiaRule(pause_s=60.0),
        reincarnation=ReincarnationRule(min_between_s=60.0),
        breaker=BreakerRule(open_s=60.0),
        shield=ShieldRule(daily_loss_share=50.0, drawdown_share=0.99),
        capital=CapitalRule(usd=60.0),
        mining=MiningRule(room=3),
    )
    if kind == PLANTED:
        return hurried
    weather = RuntimeSettings(seed=seed, scenario=WEATHERS[seed % len(WEATHERS)])
    return replace(hurried, runtime=weather, entry=EntryRule(profile="relaxed"))


def market_of(kind: str, seed: int) -> Open:
    """Where it trades."""
    if kind == RECORDED:
        return recorded(TRADES)
    return scripted(planted(seed)) if kind == PLANTED else embedded


def compare(kind: str, seed: int, ends: Ends) -> Row:
    """Trade one market both ways, and say what differed."""
    settings = settings_of(kind, seed)
    opened = market_of(kind, seed)
    with tempfile.TemporaryDirectory() as folder:
        began_s = time.process_time()
        ran = without_actors(settings, Path(folder) / "core", None if kind == RECORDED else ends, opened)
        core_s = time.process_time()
        acted = with_actors(settings, Path(folder) / "actors", None if kind == RECORDED else ran.slots, opened)
        actors_s = time.process_time()
    return Row(
        seed=seed,
        settings=kind,
        scenario=settings.runtime.scenario or {PLANTED: "scripts", RECORDED: "8 tokens"}.get(kind, "calm"),
        slots=ran.slots,
        records=len(ran.records),
        operations=len(ran.closed),
        net_lamports=_net(ran),
        digest=ran.digest[:16],
        core_s=core_s - began_s,
        actors_s=actors_s - core_s,
        different=differences(acted, ran),
    )


def _net(run: Run) -> int:
    return sum(operation.net_lamports for operation in run.closed)


def in_a_process(kind: str, seed: int, ends: Ends) -> Row:
    """The same in a process of its own, so that several seeds share the cores."""
    command = [sys.executable, "-m", "tests.parity.seeds", "--one", kind, "--first", str(seed)]
    command += ["--most", str(ends.operations), "--slots", str(ends.slots)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # our own module
    if done.returncode:
        raise SystemExit(f"seed {seed} could not be compared:\n{done.stderr}")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Row)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def table(rows: Iterator[Row]) -> list[Row]:
    """Print each row as it comes; all of them."""
    say(
        f"{'seed':>4} {'settings':9}{'market':16}{'slots':>7}{'records':>8}{'operations':>11}{'net lamports':>14}  "
        f"{'journal, sha256':17}{'core s':>7}{'actors s':>9}  verdict"
    )
    seen = []
    for row in rows:
        seen.append(row)
        say(
            f"{row.seed:>4} {row.settings:9}{row.scenario:16}{row.slots:>7}{row.records:>8}{row.operations:>11}"
            f"{row.net_lamports:>14}  {row.digest:17}{row.core_s:>7.1f}{row.actors_s:>9.1f}  "
            + ("; ".join(row.different) or "the same")
        )
    return seen


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.parity.seeds", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, metavar="N")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="the others follow it")
    parser.add_argument("--operations", type=int, default=50, metavar="N", help="at least so many in total")
    parser.add_argument("--most", type=int, default=6, metavar="N", help="operations after which a seed is done")
    parser.add_argument("--slots", type=int, default=4_000, metavar="N", help="slots after which it is done as well")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes at a time")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    ends = Ends(operations=options.most, slots=options.slots)
    if options.one:
        say(msgspec.json.encode(compare(options.one, options.first, ends)).decode())
        return 0
    asked = [(KINDS[number % len(KINDS)], options.first + number) for number in range(options.seeds)]
    if TRADES.exists():
        asked.append((RECORDED, options.first))
    else:
        say("shared data absent: the recorded trades are left out")

    def one(asked: tuple[str, int]) -> Row:
        return in_a_process(*asked, ends)

    rows = table(Pool(options.jobs).imap(one, asked))
    of_seeds = [row for row in rows if row.settings != RECORDED]
    operations = sum(row.operations for row in of_seeds)
    same = sum(not row.different for row in rows)
    say(
        f"{same} of {len(rows)} markets the same to the byte and the lamport; "
        f"{operations} operations on {len(of_seeds)} seeds, {options.operations} asked for"
    )
    return 0 if same == len(rows) and operations >= options.operations else 1


if __name__ == "__main__":
    sys.exit(main())
