"""No strategy gets past gate, shield and ledger, whatever it says; actors and core-only runner hear it alike."""

from pathlib import Path
from random import Random

import msgspec
import pytest
from msgspec.structs import replace

from actors.adapters.journal_store import JournalStore
from actors.adapters.state_directory import StateDirectory
from commands import sources
from commands.drive import drive
from commands.house import House, capital
from core.chain.decode import Decoder
from core.desk import Ports, open_desk
from core.hearing import Hearing
from core.market.paper.chain import accounts_of
from core.market.paper.market import PaperMarket
from core.market.paper.venue import PaperVenue
from core.market.simulator.scenarios import LABORATORY
from core.market.simulator.scripts import Plant, PriceTo
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.market.tape import Tape
from core.records import AnyRecord, EntryDecided, OperationClosed, OrderIntended
from core.rules import life_limit
from core.rules.capital import split, start_lamports
from core.rules.verdict import Outcome, all_pass
from core.runner import Runner
from core.settings import Settings
from core.state.market_now import MarketNow
from core.strategy import Candidate, Holding, Leave, Opinion
from core.types import ExitReason, Purpose
from strategies.cautious import Cautious

SLOTS = 3_000
"""Twenty minutes of market."""
SEEDS = range(3)
SHORT = 700


class Wild:
    """Says anything at any time, and answers out of form now and then."""

    name = "Wild"

    def __init__(self, seed: int):
        self.rng = Random(seed)
        self.greed = (0.0, 0.01, 0.05)[seed % 3]

    def weigh(self, candidate: Candidate) -> Opinion:
        if self.rng.random() < 0.1:
            raise ValueError("wild")
        score = self.rng.choice((float("nan"), self.rng.uniform(-1e12, 1e12), self.rng.uniform(-1, 1)))
        return Opinion(score=score, outcome=self.rng.choice((Outcome.PASS, *Outcome)))

    def leave(self, holding: Holding) -> Leave | None:
        if self.rng.random() < 0.05:
            raise SystemExit(1)
        return Leave(sold=self.rng.uniform(-0.2, 1.2), reason="wild") if self.rng.random() < self.greed else None


def tokens(rng: Random) -> tuple[Plant, ...]:
    """Some that everybody would enter, one after the other; their prices go anywhere."""
    return tuple(
        Plant(
            at_s=5.0 + 200.0 * number,
            steps=tuple(PriceTo(after_s=90.0 + 60.0 * n, to=rng.uniform(5.7, 7.4)) for n in range(6)),
        )
        for number in range(4)
    )


def in_memory(strategy: Wild, seed: int) -> tuple[Runner, PaperVenue]:
    settings = Settings()
    market = MarketSettings(scenario=replace(LABORATORY, tokens=tokens(Random(seed))))
    venue = PaperVenue(settings.paper, seed)
    venue.open_capital(split(settings.capital, start_lamports(settings.capital, market.sol_price.start_usd)))
    paper = PaperMarket(Simulator(market, seed, decoded=True), venue)
    opened = capital(settings, market.sol_price.start_usd, at_s=market.clock.start_s, mode="simulate")
    runner = open_desk(
        settings,
        Ports(backend=venue, accounts=paper, decoder=Decoder(), tape=Tape()),
        MarketNow(rule=settings.sol_price, emergency=settings.emergency),
        lambda _: (opened,),
        strategy=Hearing(strategy),
    )
    runner.run(paper.next() for _ in range(SLOTS))
    return runner, venue


def check_invariants(runner: Runner, venue: PaperVenue) -> None:
    books, rule = runner.now.books, Settings()
    decided = {record.order_id: record for record in runner.records if isinstance(record, EntryDecided)}
    for one in decided.values():
        assert one.admitted is (bool(one.order_id) and all_pass(one.verdicts))
    for record in runner.records:
        if isinstance(record, OrderIntended) and record.order.purpose in (Purpose.ENTRY, Purpose.REENTRY):
            assert decided[record.order.id].admitted
            assert record.order.lamports == decided[record.order.id].stake_lamports
        if isinstance(record, OperationClosed):
            assert record.at_s - record.opened_at_s <= rule.life.max_s + rule.life.grace_s
    assert sum(books.accounts.values()) == 0
    assert all(lamports >= 0 for name, lamports in books.accounts.items() if name.startswith("wallet:"))
    if not books.orders:
        chain = accounts_of(venue.chain)
        assert {name: books.accounts.get(name, 0) for name in chain} == chain
    assert all(runner.now.at_s < life_limit.violation_s(rule.life, op.opened_at_s) for op in books.operations.values())


def test_with_any_strategy_the_invariants_of_the_gate_the_ledger_and_the_life_limit_hold():
    faults = exits = entries = 0
    for seed in SEEDS:
        runner, venue = in_memory(Wild(seed), seed)
        check_invariants(runner, venue)
        faults += sum(runner.now.strategy.faults.values())
        entries += sum(isinstance(r, EntryDecided) and r.admitted for r in runner.records)
        books = runner.now.books
        fills = [op.exits for op in books.closed] + [op.exits for op in books.operations.values()]
        exits += sum(fill.reason is ExitReason.STRATEGY for op_exits in fills for fill in op_exits)
    # The walk is worth nothing where nothing happens.
    assert faults
    assert entries
    assert exits


def journals(folder: Path, seed: int) -> tuple[list[AnyRecord], list[AnyRecord]]:
    """With actors on the virtual clock, and without."""
    plain = Settings()
    runtime = msgspec.structs.replace(plain.runtime, seed=seed, strategy="strategies.cautious:Cautious")
    settings = msgspec.structs.replace(plain, runtime=runtime)
    state = StateDirectory(folder / "actors")
    house = House(settings, state, sources.embedded(settings, state), mode="paper", paced=False)
    house.start()
    drive(house, SHORT)
    assert house.stop()
    store = JournalStore(state.journal)
    acted = [entry.record for entry in store.entries()]
    store.close()
    alone = StateDirectory(folder / "core")
    source = sources.embedded(settings, alone)
    runner = open_desk(
        settings,
        Ports(backend=source.backend, accounts=source.accounts, decoder=source.decoder, tape=source.tape),
        MarketNow(rule=settings.sol_price, emergency=settings.emergency),
        House(settings, alone, source, mode="paper", paced=False).opening,
        strategy=Hearing(Cautious()),
    )
    runner.run(batch for _ in range(SHORT) if (batch := source.feed.next()) is not None)
    source.feed.close()
    return acted, runner.records


@pytest.mark.parametrize("seed", [4])
def test_a_strategy_decides_the_same_with_actors_and_without(tmp_path: Path, seed: int):
    acted, ran = journals(tmp_path, seed)

    assert [msgspec.json.encode(record) for record in acted] == [msgspec.json.encode(record) for record in ran]
    assert any(isinstance(r, OrderIntended) and r.order.reason is ExitReason.STRATEGY for r in acted)
