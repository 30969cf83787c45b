"""Events per second of the core-only runner on one core, in CPU time.

    python -m tests.benchmarks.simulate_speed [--hours 1] [--seed 7]

wire          the market generated in the chain's format, really decoded, and decided on
generated     the same with the decoded broadcast: no bytes are made and read
pre-decoded   decisions alone: the batches of the second run, landings of our orders included, and the answers about
              accounts are played again to a fresh desk. Nothing is skipped: its journal must be the same to the byte.
"""

import argparse
import gc
from collections.abc import Iterator
from time import process_time

import msgspec
from msgspec.structs import replace

from commands.simulate import embedded
from core.market.paper.venue import PaperVenue
from core.messages import FeedBatch, TokenFacts
from core.ports import Accounts
from core.rules.capital import split, start_lamports
from core.settings import Settings, from_texts
from core.simulation import Running, World

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


def whole_s(settings: Settings, slots: int, *, wire: bool, rounds: int = 1) -> tuple[float, int]:
    """CPU seconds and events of generating, decoding and deciding: of each part of the run the least of all rounds."""
    least_s: list[float] = []
    events = 0
    for _ in range(rounds):
        running, _ = desk(settings, embedded(settings, wire=wire))
        parts_s = [played_s(running, min(PART, slots - start)) for start in range(0, slots, PART)]
        least_s = list(map(min, least_s, parts_s)) if least_s else parts_s
        events = running.runner.state_of("feed").events
    return sum(least_s), events


def played_s(running: Running, slots: int) -> float:
    began_s = process_time()
    for _ in range(slots):
        running.step()
    return process_time() - began_s


def decided_s(settings: Settings, slots: int) -> tuple[float, int]:
    """CPU seconds and events of deciding alone. Raises AssertionError when a decision differs from the first run's."""
    world = embedded(settings, wire=False)
    heard = Heard(world.ports.accounts)
    first, journal = desk(settings, replace(world, ports=replace(world.ports, accounts=heard)))
    batches: list[FeedBatch] = []
    for _ in range(slots):
        batch = world.feed.next()
        assert batch is not None
        batches.append(batch)
        first.runner.run((batch,))
    venue = PaperVenue(settings.paper, settings.runtime.seed)
    venue.open_capital(split(settings.capital, start_lamports(settings.capital, world.sol_usd)))
    ports = replace(world.ports, accounts=Repeated(heard.answers), backend=venue)
    again, repeated = desk(settings, replace(world, ports=ports))
    gc.collect()
    gc.freeze()  # a collector that walks the waiting batches again and again would be measured, not the desk
    began_s = process_time()
    for batch in batches:
        venue.slot = batch.slot
        again.runner.run((batch,))
    took_s = process_time() - began_s
    gc.unfreeze()
    assert [msgspec.json.encode(one) for one in repeated] == [msgspec.json.encode(one) for one in journal]
    return took_s, again.runner.state_of("feed").events


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=1.0, help="of market")
    parser.add_argument("--seed", default="7")
    parser.add_argument("--rounds", type=int, default=1, help="of the first two: what others disturb once counts less")
    options = parser.parse_args()
    settings, slots = from_texts({"MICRO_SEED": options.seed}), int(options.hours * SLOTS_PER_HOUR)
    for name, (took_s, events) in (
        ("wire", whole_s(settings, slots, wire=True, rounds=options.rounds)),
        ("generated", whole_s(settings, slots, wire=False, rounds=options.rounds)),
        ("pre-decoded", decided_s(settings, slots)),
    ):
        print(f"{name:<12} {events} events in {took_s:.2f} s of one core: {events / took_s:,.0f} events/s")


if __name__ == "__main__":
    main()
