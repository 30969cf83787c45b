"""Events per second of the core-only runner on one core, in CPU time.

    python -m tests.benchmarks.simulate_speed [--hours 1] [--seed 7] [--rounds 1]

wire          the market generated in the chain's format, really decoded, and decided on
generated     the same with the decoded broadcast: no bytes are made and read
pre-decoded   decisions alone: the batches of the second run, landings of our orders included, and the answers about
              accounts are played again to a fresh desk. Nothing is skipped: its journal must be the same to the byte.
bare          what the other figures are to be measured by: a loop over the batches of the third that keeps each token's
              last price, and fills where it rose by a tenth since the last fill. It watches nothing else.

Of each part of a run the least of all rounds counts. The reference loop (`tests.benchmarks.reference`), run before each
round, says how fast the machine was: in CPU time, like all the rest.
"""

import argparse
import gc
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice, repeat
from time import process_time

import msgspec
from msgspec.structs import replace

from commands.simulate import embedded
from core.market.paper.venue import PaperVenue
from core.messages import FeedBatch, TokenFacts, Traded
from core.ports import Accounts
from core.rules.capital import split, start_lamports
from core.settings import Settings, from_texts
from core.simulation import Running, World
from tests.benchmarks.reference import LOOPS, reference_loop_s

SLOTS_PER_HOUR = 9_000
ENDLESS = 1_000_000
PART = 20
"""Slots that are timed together."""


class Heard:
    """Accounts that note every answer."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.answers: list[TokenFacts | None] = []

    def facts(self, mint: str, stake_lamports: int) -> TokenFacts | None:
        self.answers.append(self.accounts.facts(mint, stake_lamports))
        return self.answers[-1]


class Repeated:
    """The same answers again, in order."""

    def __init__(self, answers: list[TokenFacts | None]) -> None:
        self._left: Iterator[TokenFacts | None] = iter(answers)

    def facts(self, mint: str, stake_lamports: int) -> TokenFacts | None:
        return next(self._left)


def desk(settings: Settings, world: World) -> tuple[Running, list[object]]:
    """A desk on this world, and where its records go."""
    records: list[object] = []
    return Running(settings, world, number=1, operations=ENDLESS, sink=records.append), records


class Least:
    """Seconds of each part of a run, the least of all rounds, and of the reference loop beside them."""

    def __init__(self) -> None:
        self.parts_s: list[float] = []
        self.loop_s = float("inf")

    def note(self, parts_s: list[float]) -> None:
        self.parts_s = list(map(min, self.parts_s, parts_s)) if self.parts_s else parts_s

    def look_at_machine(self) -> None:
        self.loop_s = min(self.loop_s, reference_loop_s(process_time))

    @property
    def total_s(self) -> float:
        return sum(self.parts_s)


def timed_s(plays: Iterable[Callable[[], object]]) -> list[float]:
    """CPU seconds of every `PART` of these calls."""
    parts_s: list[float] = []
    left = iter(plays)
    while part := list(islice(left, PART)):
        began_s = process_time()
        for play in part:
            play()
        parts_s.append(process_time() - began_s)
    return parts_s


def whole_s(settings: Settings, slots: int, *, wire: bool, rounds: int = 1) -> tuple[Least, int]:
    """CPU seconds and events of generating, decoding and deciding."""
    least, events = Least(), 0
    for _ in range(rounds):
        least.look_at_machine()
        running, _ = desk(settings, embedded(settings, wire=wire))
        least.note(timed_s(repeat(running.step, slots)))
        events = running.runner.state_of("feed").events
    return least, events


def decided_s(settings: Settings, slots: int, *, rounds: int = 1) -> tuple[Least, Least, int]:
    """CPU seconds of deciding alone and of the bare loop, and events.

    Raises AssertionError when a decision differs from the first run's.
    """
    world = embedded(settings, wire=False)
    heard = Heard(world.ports.accounts)
    first, journal = desk(settings, replace(world, ports=replace(world.ports, accounts=heard)))
    batches: list[FeedBatch] = []
    for _ in range(slots):
        batch = world.feed.next()
        assert batch is not None
        batches.append(batch)
        first.runner.run((batch,))
    written = [msgspec.json.encode(one) for one in journal]
    least, bare = Least(), Least()
    gc.collect()
    gc.freeze()  # a collector that walks the waiting batches again and again would be measured, not the desk
    for _ in range(rounds):
        least.look_at_machine()
        venue = PaperVenue(settings.paper, settings.runtime.seed)
        venue.open_capital(split(settings.capital, start_lamports(settings.capital, world.sol_usd)))
        ports = replace(world.ports, accounts=Repeated(heard.answers), backend=venue)
        again, repeated = desk(settings, replace(world, ports=ports))
        least.note(timed_s(partial(decide, again, venue, batch) for batch in batches))
        assert [msgspec.json.encode(one) for one in repeated] == written
        loop = BareLoop()
        bare.note(timed_s(partial(loop.handle, batch) for batch in batches))
    gc.unfreeze()
    bare.loop_s = least.loop_s
    return least, bare, first.runner.state_of("feed").events


def decide(running: Running, venue: PaperVenue, batch: FeedBatch) -> None:
    venue.slot = batch.slot
    running.runner.run((batch,))


class BareLoop:
    """The least that a strategy could be."""

    def __init__(self) -> None:
        self.prices: dict[str, float] = {}
        self.filled: dict[str, float] = {}

    def handle(self, batch: FeedBatch) -> None:
        prices, filled = self.prices, self.filled
        for message in batch.market:
            if isinstance(message, Traded):
                reserves = message.reserves
                price = prices[message.mint] = reserves.quote / reserves.base
                if price > 1.1 * filled.setdefault(message.mint, price):
                    filled[message.mint] = price


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=1.0, help="of market")
    parser.add_argument("--seed", default="7")
    parser.add_argument("--rounds", type=int, default=1, help="what others disturb once counts less")
    options = parser.parse_args()
    settings, slots = from_texts({"MICRO_SEED": options.seed}), int(options.hours * SLOTS_PER_HOUR)
    wire, events = whole_s(settings, slots, wire=True, rounds=options.rounds)
    show("wire", wire, events)
    generated, events = whole_s(settings, slots, wire=False, rounds=options.rounds)
    show("generated", generated, events)
    decided, bare, events = decided_s(settings, slots, rounds=options.rounds)
    show("pre-decoded", decided, events)
    show("bare", bare, events)


def show(name: str, least: Least, events: int) -> None:
    turns = least.total_s / events / (least.loop_s / LOOPS)
    print(
        f"{name:<12} {events} events in {least.total_s:.2f} s of one core: {events / least.total_s:,.0f} events/s, "
        f"{turns:,.0f} turns of the reference loop each ({least.loop_s * 1e3:.0f} ms a million)",
        flush=True,
    )


if __name__ == "__main__":
    main()
