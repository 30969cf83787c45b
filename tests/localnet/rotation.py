"""Operations live with a rotation after every third, and what rent is left: `python -m tests.localnet.rotation`.

`run.py live` with its keystore trades on a local node, in the real virtual machine, until so many operations are closed
and the wallets have reincarnated after each third of them, and one more is; then it is stopped in order. Every account
that any wallet of any generation has, or that a transaction of ours ever opened, is read from the node. Exit code 0:
rent is locked by the present generation alone, the books say the same, and the audit agrees.

Every fourth coin is a cashback coin. Positions last seconds and the commandments' pauses and halts are off, so that
30 operations take minutes; the rotation itself is the product's.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from commands.journal import Journal
from core.chain.build.orders import CASHBACK_RENT_LAMPORTS
from core.ledger.books import Books
from tests.chaos.episode import DRIVEN, Episode, Ways
from tests.localnet.rents import Rents, read_rents

SERVED = 3
"""Operations of a generation (rules.md §2)."""
CAPITAL_USD = 200.0
SOL = 1_000_000_000
SECONDS_EACH = 90.0
"""Patience for an operation, on a machine that does much else."""
QUICK = {
    "MICRO_CAPITAL_USD": f"{CAPITAL_USD:g}",
    "MICRO_REINCARNATION_MIN_BETWEEN_S": "60",
    "MICRO_LIFE_MAX_S": "900",
    "MICRO_TIME_GOLDEN_UNTIL_S": "300",
    "MICRO_TIME_DECAY_UNTIL_S": "660",
    "MICRO_TIME_LATE_UNTIL_S": "780",
    "MICRO_TIME_DECAY_AT_S": "[360, 420, 480, 540]",
    "MICRO_MILITIA_LOSSES_IN_A_ROW": "1000000",
    "MICRO_BREAKER_PANICS": "1000000",
    "MICRO_BREAKER_DUMP_SHARE": "1",
    "MICRO_SHIELD_DAILY_LOSS_SHARE": "1",
    "MICRO_SHIELD_DRAWDOWN_SHARE": "1",
    "MICRO_PSYCHOLOGY_FLOOR_SHARE": "0",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="state directory and log stay here")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="rotation-"))
    given = ("--seed", str(options.seed), "--coin-every-slots", "15", "--cashback-every", "4")
    node = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.node", *given], cwd=DRIVEN, stdout=subprocess.PIPE, text=True
    )
    try:
        assert node.stdout is not None
        ways = Ways(port=int(node.stdout.readline()), kill_s=0.0, operations=options.operations, until_s=0.0)
        episode = Episode(folder / "house", ways, seed=options.seed, settings=QUICK)
        try:
            return traded(episode, options.operations)
        finally:
            episode.end()
    finally:
        node.terminate()
        node.wait(timeout=60)


def traded(episode: Episode, operations: int) -> int:
    """Trade, stop, look. The exit code."""
    episode.make()
    for address in episode.wallets():
        episode.asked("requestAirdrop", address, int(CAPITAL_USD / 80.0 * SOL * 0.25))
    time.sleep(2.0)
    episode.start()
    until_s = time.monotonic() + operations * SECONDS_EACH
    while not _is_done(episode, operations):
        assert time.monotonic() < until_s, f"{closed(episode)} operations in {operations * SECONDS_EACH:.0f} s"
        time.sleep(1.0)
    episode.stop()
    audit = episode.audit()
    books = Journal(episode.state / "journal.db").books
    rents = read_rents(episode.asked, episode.generations()[: books.generation + 1], books.generation)
    wrong = findings(rents, books)
    if audit.returncode != 0:
        wrong.append(f"audit: {(audit.stdout + audit.stderr).strip()}")
    lines = [
        f"{closed(episode)} operations, {books.generation} rotations",
        *table(rents, books),
        *(f"WRONG {text}" for text in wrong),
        "Nothing is wrong." if not wrong else f"{len(wrong)} things are wrong.",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if wrong else 0


def _is_done(episode: Episode, operations: int) -> bool:
    rotations = len(episode.records("rotation_finished"))
    return closed(episode) > operations and rotations >= operations // SERVED


def closed(episode: Episode) -> int:
    return sum(1 for one in episode.operations().values() if one.closed_s)


def findings(rents: Rents, books: Books) -> list[str]:
    """What is not as it must be."""
    wrong = [
        f"generation {one.generation} has left {one.lamports} lamports in {one.kind} {one.address}"
        for one in rents.ours
        if one.generation != rents.generation
    ]
    wrong += [
        f"the wallets of generation {number} hold {lamports} lamports"
        for number, lamports in enumerate(rents.wallets[:-1])
        if lamports
    ]
    locked, booked = rents.of(rents.generation), books.accounts.get("rent", 0)
    if locked != booked:
        wrong.append(f"{locked} lamports of rent are locked and {booked} are booked")
    lost, borne = len(rents.unclosable) * CASHBACK_RENT_LAMPORTS, books.accounts.get("fee:rent", 0)
    if lost > borne:
        wrong.append(f"{lost} lamports are in accounts that nothing closes, and {borne} are booked as a cost")
    return wrong


def table(rents: Rents, books: Books) -> list[str]:
    lines = [f"{'generation':>10}{'wallets, lamports':>20}{'accounts':>10}{'rent, lamports':>16}"]
    for number, lamports in enumerate(rents.wallets):
        count = sum(1 for one in rents.ours if one.generation == number)
        lines.append(f"{number:>10}{lamports:>20,}{count:>10}{rents.of(number):>16,}")
    lines += [f"  {one.lamports:>12,}  {one.kind}" for one in rents.ours]
    lines.append(f"rent by the books: {books.accounts.get('rent', 0):,}")
    lines.append(f"accounts that our transactions opened: {rents.opened}; of those still there:")
    for name, left in (("never closable, booked as a cost", rents.unclosable), ("other people's", rents.others)):
        lines.append(f"  {name}: {len(left)}")
        lines += [f"  {one.lamports:>12,}  {one.kind}, held by {one.holder or one.address}" for one in left]
    return lines


if __name__ == "__main__":
    sys.exit(main())
