"""Kills the whole product with SIGKILL while a position is open or an order under way, again and again.

    python -m tests.chaos.kill9 --kills 20 [--seed 4] [--speed 60]

Starts `run.py paper` as a person does. At a random moment with something at stake it is killed; its journal is folded:
the moment before. It is started with a clock that almost stands and asked over HTTP: the answers must be those of the
moment before, or of what taking up its orders made of it. Killed again, it goes on at full speed. When the market gives
no position for a while the run is stopped in order, audited, and a new one begins with the next seed. Ends with
status 1 when anything was lost, done twice, made up, or answered otherwise.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

from msgspec import Struct

from core.ledger.books import Books
from core.records import CandidateFollowed, CandidateJudged, RunStarted
from tests.chaos.answers import asked, differences
from tests.chaos.evidence import Follower, Journal, faults, journal_of, landings_of
from tests.commands.process import Product, ran

STANDING = 0.001
"""A slot of 0.4 s takes 400 s: after the first two nothing happens in the market."""
POLL_S = 0.003
QUIET_S = 0.4
"""A probe whose journal has not grown for so long has taken up what there was."""
IDLE_S = 100.0
"""Real time without a position after which a fresh run is worth more than waiting: something holds entries off."""
LONGEST_S = 1.5
SHORTEST_S = 0.02
HEAD = f"{'kill':>4} {'run':>3} {'market s':>8} {'entries':>7}  {'at stake':<58} {'after the restart':<24} verdict"
QUIET = (RunStarted, CandidateJudged, CandidateFollowed)


class Kill(Struct, kw_only=True):
    """One kill and what became of it."""

    number: int
    run: int
    at_s: float
    entries: int
    positions: int
    unsettled: int
    """Closed operations whose tax or restorations are due."""
    orders: tuple[str, ...]
    went_on: int = 0
    """Records that taking up the unfinished orders added before the probe answered."""
    faults: list[str]

    @property
    def at_stake(self) -> bool:
        return bool(self.positions or self.unsettled or self.orders)


class Chaos:
    """Runs, kills, evidence."""

    def __init__(self, folder: Path, *, seed: int, speed: float) -> None:
        self.folder, self.seed, self.speed = folder, seed, speed
        self.dice = Random(seed)
        self.kills: list[Kill] = []
        self.faults: list[str] = []
        self.runs = self.operations = self.landings = 0
        self.began_s = time.monotonic()

    def go(self, wanted: int) -> None:
        while self.counted < wanted and not self.failed:
            folder = self.folder / f"run-{self.runs + 1}"
            folder.mkdir()
            product = Product(folder, seed=self.seed + self.runs)
            self.runs += 1
            try:
                self._run(product, wanted)
            finally:
                product.close()

    @property
    def counted(self) -> int:
        """Kills that came while something was at stake; the others are checked and not counted."""
        return sum(kill.at_stake for kill in self.kills)

    @property
    def failed(self) -> bool:
        return bool(self.faults) or any(kill.faults for kill in self.kills)

    def _run(self, product: Product, wanted: int) -> None:
        """One state directory, until it has nothing more to kill for; then an ordered stop and the accounts."""
        product.start(speed=self.speed).ready()
        while self.counted < wanted and not self.failed and self._kill_at_a_moment(product):
            before = journal_of(product.state, self.folder / "copy")
            kill = self._noted(before)
            product.start(speed=STANDING).ready()
            kill.faults += self._probed(product, before, kill)
            product.start(speed=self.speed).ready()
            say(line(kill))
        self.faults += self._ended(product)

    def _kill_at_a_moment(self, product: Product) -> bool:
        """Kill while something is at stake, at a moment drawn; False when nothing came."""
        follower = Follower(product.state / "journal.db")
        try:
            until_s = time.monotonic() + IDLE_S
            while time.monotonic() < until_s:
                in_order = self.dice.random() < 0.5
                if not self._await(follower, until_s, orders=in_order):
                    return False
                time.sleep(self.dice.uniform(0.0, SHORTEST_S if in_order else LONGEST_S))
                books = follower.look()
                if books.orders or books.operations:
                    product.kill()
                    return True
            return False
        finally:
            follower.close()

    def _await(self, follower: Follower, until_s: float, *, orders: bool) -> bool:
        while time.monotonic() < until_s:
            books = follower.look()
            if books.orders or (books.operations and not orders):
                return True
            time.sleep(POLL_S)
        return False

    def _noted(self, before: Journal) -> Kill:
        books = before.books
        kill = Kill(
            number=self.counted + 1,
            run=self.runs,
            at_s=books.at_s - books.opened_at_s,
            entries=books.seq or len(before.rows),
            positions=len(books.operations),
            unsettled=len(books.unsettled()),
            orders=tuple(f"{o.order.id}{'' if o.signature else ' (unsigned)'}" for o in books.orders.values()),
            faults=list(faults(before, landings_of(self._state))),
        )
        self.kills.append(kill)
        return kill

    @property
    def _state(self) -> Path:
        return self.folder / f"run-{self.runs}" / "state"

    def _probed(self, product: Product, before: Journal, kill: Kill) -> Iterator[str]:
        """Ask the restarted process, kill it as well, and compare."""
        _settled(product.state / "journal.db")
        answers = asked(product)
        product.kill()
        after = journal_of(product.state, self.folder / "copy")
        added = after.records[len(before.records) :]
        if after.rows[: len(before.rows)] != before.rows:
            yield "the journal before the kill is not the beginning of the journal after it"
        kill.went_on = sum(not isinstance(record, QUIET) for record in added)
        books = after.books if kill.went_on else before.books
        at_s = datetime.fromisoformat(answers["/status"]["at"]).timestamp()
        yield from differences(answers, books, after, at_s)
        yield from _lost(before.books, after.books)
        yield from faults(after, landings_of(product.state))

    def _ended(self, product: Product) -> Iterator[str]:
        """An ordered stop, the product's own audit, and ours."""
        product.interrupt()
        code = product.ended()
        if code:
            yield f"the ordered stop of run {self.runs} ended with {code}: {product.output[-500:]}"
        if "Traceback" in product.output:
            yield f"run {self.runs} said: {product.output[-1500:]}"
        audit = ran(product.folder, "audit", "--state", str(product.state))
        if audit.returncode:
            yield f"the audit of run {self.runs} ended with {audit.returncode}: {audit.stdout[-1000:]}{audit.stderr}"
        journal, landings = journal_of(product.state, self.folder / "copy"), landings_of(product.state)
        yield from faults(journal, landings)
        self.operations += len(journal.books.closed) + len(journal.books.operations)
        self.landings += len(landings)
        say(f"run {self.runs}: stopped with {code}, audit {audit.returncode}: {audit.stdout.splitlines()[-1:]}")


def _settled(path: Path) -> None:
    """Wait until the probe's journal rests."""
    follower = Follower(path)
    seq, since_s = -1, time.monotonic()
    while time.monotonic() - since_s < QUIET_S:
        follower.look()
        if len(follower.journal.rows) != seq:
            seq, since_s = len(follower.journal.rows), time.monotonic()
        time.sleep(0.02)
    follower.close()


def _lost(before: Books, after: Books) -> Iterator[str]:
    """What was at stake is still there, or has an end in the books."""
    closed = {op.id for op in after.closed}
    yield from (
        f"operation {one} is gone" for one in before.operations if one not in after.operations and one not in closed
    )
    for order_id, opened in before.orders.items():
        now = after.orders.get(order_id)
        if now is None and order_id not in after.settled_ids:
            yield f"order {order_id} is gone"
        if now is not None and opened.signature and now.signature != opened.signature:
            yield f"order {order_id} was signed again"


def line(kill: Kill) -> str:
    stake = f"{kill.positions} open, {kill.unsettled} to settle, " + (", ".join(kill.orders) or "no order under way")
    end = "as before" if not kill.went_on else f"went on by {kill.went_on} records"
    number = kill.number if kill.at_stake else "-"
    verdict = "right" if not kill.faults else "WRONG"
    return f"{number:>4} {kill.run:>3} {kill.at_s:>8.1f} {kill.entries:>7}  {stake:<58.58} {end:<24} {verdict}"


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--speed", type=float, default=60.0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="micro-kill9-") as folder:
        chaos = Chaos(Path(folder), seed=options.seed, speed=options.speed)
        say(HEAD)
        chaos.go(options.kills)
        wrong = [f"kill {kill.number}: {fault}" for kill in chaos.kills for fault in kill.faults] + chaos.faults
        for fault in wrong:
            say(f"WRONG {fault}")
        say(
            f"{chaos.counted} kills, and as many of the probes, in {chaos.runs} runs: {chaos.operations} operations, "
            f"{chaos.landings} landings, {time.monotonic() - chaos.began_s:.0f} s"
        )
        say("FAILED" if wrong else "Nothing lost, nothing done twice, every answer as the moment before.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
