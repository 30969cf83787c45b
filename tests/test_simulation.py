"""Episodes: fresh capital and the next seed after each halt, until the operations are done."""

from collections.abc import Iterator
from itertools import islice

import pytest
from msgspec.structs import replace

from commands.simulate import embedded
from core.ledger.fold import apply
from core.messages import FeedBatch
from core.records import AnyRecord, CapitalOpened
from core.report.episode import Episode
from core.rules.shield import ShieldRule
from core.rules.stake import StakeRule
from core.settings import Settings
from core.simulation import HELD_OUT_FROM, Running, World, episodes
from core.types import Role

FIRST_SEED = 3


def settings(**changes: object) -> Settings:
    plain = Settings()
    return replace(plain, runtime=replace(plain.runtime, seed=FIRST_SEED), **changes)


def world(one: Settings) -> World:
    return embedded(one, wire=False)


def played(runnings: Iterator[Running]) -> list[Episode]:
    results = []
    for running in runnings:
        while running.step():
            pass
        results.append(running.result())
    return results


@pytest.fixture(scope="module")
def cautious() -> list[Episode]:
    """Halted by the first hundredth that is lost."""
    return played(episodes(settings(shield=ShieldRule(drawdown_share=0.01)), world, operations=3))


def test_a_halt_ends_an_episode_and_the_next_has_fresh_capital_and_the_next_seed(cautious: list[Episode]):
    assert [episode.seed for episode in cautious] == list(range(FIRST_SEED, FIRST_SEED + len(cautious)))
    assert cautious[0].end == "drawdown"
    assert len({episode.capital_lamports for episode in cautious}) == 1


def test_all_operations_are_done_in_the_end_and_no_more(cautious: list[Episode]):
    assert sum(len(episode.operations) for episode in cautious) == 3
    assert not any(episode.held_out for episode in cautious)


def test_the_last_episode_ends_flat_with_every_operation_settled(cautious: list[Episode]):
    last = cautious[-1]

    assert last.end in {"done", "drawdown"}
    assert last.open_net_lamports == 0
    assert sum(last.accounts.values()) == 0


def test_equity_changes_by_the_nets_and_by_what_operations_do_not_bear(cautious: list[Episode]):
    for episode in cautious:
        beside = sum(episode.accounts.get(name, 0) for name in ("failed_entries", "treasury", "rotation"))
        net = sum(operation.net_lamports for operation in episode.operations)
        assert episode.equity_lamports - episode.capital_lamports == net - beside


def test_a_stake_that_is_too_small_from_the_start_ends_the_episode_after_a_minute():
    running = next(episodes(settings(stake=StakeRule(minimum_usd=10.0)), world, operations=1))
    while running.step():
        pass

    assert running.end == "undercapitalised"
    assert 60.0 < running.books.at_s - running.books.opened_at_s < 120.0


def test_capital_that_could_not_pay_one_stake_is_ruin():
    running = next(episodes(settings(stake=StakeRule(minimum_usd=100.0)), world, operations=1))
    while running.step():
        pass

    assert running.end == "ruin"


def test_every_record_goes_to_the_sink_and_folds_to_the_books():
    records: list[AnyRecord] = []
    running = next(episodes(settings(), world, operations=1, sink=lambda _number: records.append))
    for _ in range(500):
        running.step()

    books = type(running.books)()
    for record in records:
        books = apply(books, record)
    assert isinstance(records[0], CapitalOpened)
    assert books == running.books
    assert all(books.balance(role) > 0 for role in Role)


def test_a_recording_that_ends_ends_the_episode():
    made = world(settings())
    short = replace(made, feed=Short(list(islice(iter(made.feed.next, None), 5))))
    running = next(episodes(settings(), lambda _one: short, operations=1))
    while running.step():
        pass

    assert running.end == "data_end"


def test_where_there_is_no_world_there_is_no_episode():
    assert list(episodes(settings(), lambda _one: None, operations=5)) == []


def test_held_out_seeds_are_known_as_such():
    plain = settings()
    held_out = replace(plain, runtime=replace(plain.runtime, seed=HELD_OUT_FROM + 3))
    running = next(episodes(held_out, world, operations=1))

    assert running.result().held_out
    assert running.result().end == "stopped"


class Short:
    """A feed of these batches."""

    name = "short"

    def __init__(self, batches: list[FeedBatch]) -> None:
        self.batches = batches

    def next(self) -> FeedBatch | None:
        return self.batches.pop(0) if self.batches else None

    def close(self) -> None:
        self.batches = []
