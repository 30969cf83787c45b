"""A crash at every step, before and after the send, with landing before and after the restart: the end is the same."""

from collections import Counter
from itertools import product
from random import Random

import pytest
from msgspec.structs import replace
from typing_extensions import override

from core.ledger.reconciliation import reconcile
from core.messages import Order
from core.types import Side
from tests.state.crashing import FEE, PROCEEDS, SPEND, START, Fate, Process


class Once(Process):
    """A process that stops wishing after one whole operation."""

    @override
    def wish(self) -> Order | None:
        return None if self.done() else super().wish()

    def done(self) -> bool:
        operation = self.books.operations.get("op1")
        return operation is not None and bool(operation.exits) and not operation.tokens


def filled(process: Process) -> Counter[Side | None]:
    chain = process.chain
    return Counter(chain.orders[signature].side for signature, one in chain.landed.items() if not one.error)


def check(process: Once) -> None:
    """Bought once, sold once, nothing held, nothing owed, nothing unexplained: whatever happened in between."""
    chain, books = process.chain, process.books
    assert filled(process) == {Side.BUY: 1, Side.SELL: 1}
    failures = sum(1 for one in chain.landed.values() if one.error)
    assert chain.lamports == START - SPEND + PROCEEDS - 2 * FEE - failures * FEE
    assert (chain.tokens, chain.rent) == (0, 0)
    assert books.orders == {}
    assert process.done()
    chain.step()
    again = reconcile(books, chain.view())
    assert again.ok
    assert [type(record).__name__ for record in again.records] == ["ChainReconciled"]


def moments(fate: Fate) -> int:
    """How many moments a run without a crash has."""
    process = Once(fate)
    process.run()
    return process.moments


LANDINGS = [
    Fate(),
    Fate(lands_after=4),
    Fate(lands_after=4, down_slots=10),
    Fate(down_slots=400),
    Fate(lost_sends=1, down_slots=2),
    Fate(lost_sends=1, down_slots=400),
    Fate(hidden_slots=60, down_slots=3),
    Fate(hidden_slots=300, down_slots=1),
    Fate(fails_first=True),
    Fate(fails_first=True, lands_after=3, down_slots=10),
]


@pytest.mark.parametrize("fate", LANDINGS, ids=range(len(LANDINGS)))
def test_without_a_crash_an_operation_is_one_buy_and_one_sale(fate: Fate):
    process = Once(fate)
    process.run()

    check(process)
    assert process.crashes == 0


@pytest.mark.parametrize(("fate", "keeps_all"), list(product(LANDINGS, [False, True])), ids=range(2 * len(LANDINGS)))
def test_a_crash_at_any_step_ends_as_no_crash_would(fate: Fate, keeps_all: bool):
    count = min(moments(fate), 60)
    assert count > 10

    for moment in range(1, count + 1):
        process = Once(replace(fate, crash_at=(moment,), keeps_all=keeps_all))
        process.run()

        check(process)
        assert process.crashes == 1


def test_crashes_one_after_the_other_end_as_no_crash_would():
    draw = Random(4)
    for _ in range(100):
        fate = replace(draw.choice(LANDINGS), keeps_all=draw.random() < 0.5)
        process = Once(replace(fate, crash_at=tuple(draw.sample(range(1, moments(fate)), draw.randint(2, 6)))))
        process.run()

        check(process)
        assert process.crashes >= 1
