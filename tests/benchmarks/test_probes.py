"""What the probes say of an order: from which batch it is counted."""

from typing import Any

import gevent
import pytest
from msgspec.structs import replace
from typing_extensions import override

from actors.base import Actor, Context
from actors.mailbox import Mailbox
from actors.system import System
from actors.tree import Branch, Worker
from core.messages import Order, Tick
from core.types import Purpose, Role, Side
from tests.benchmarks.core_speed import CoreSpeed
from tests.benchmarks.probes import Causes, Orders, without_questions

WAIT_S = 10.0
ORDER = Order(
    id="exit.op1.lightning.1",
    purpose=Purpose.EXIT,
    role=Role.LIGHTNING,
    payer=Role.LIGHTNING,
    operation_id="op1",
    mint="M",
    side=Side.SELL,
)


class Market:
    sent_s = taken_s = 0.0


class Feed(Actor[Tick]):
    """Tells on what it is told, as the feed does with what a batch holds."""

    @override
    def handle(self, message: Tick) -> None:
        self.tell("position", message)


class Position(Actor[Tick]):
    """Would place an order for each message."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.stage: Any = context.system.services

    @override
    def handle(self, message: Tick) -> None:
        self.stage.placed.append((message.key, self.stage.causes.before(ORDER)))


class Stage:
    """A market, and when each order that was placed on it is counted from."""

    def __init__(self) -> None:
        self.market = Market()
        self.causes = Causes(self.market)
        self.placed: list[tuple[str, list[float]]] = []


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    for name in ("accept", "get"):
        monkeypatch.setattr(Mailbox, name, getattr(Mailbox, name))  # as it is again after the test
    return Stage()


def test_an_order_is_counted_from_its_own_batch_though_newer_ones_have_been_taken(stage: Stage):
    system = System(services=stage)
    children = (Worker(name="feed", actor=Feed), Worker(name="position", actor=Position))
    system.start(Branch(name="root", children=children))

    for number in (1, 2, 3):
        stage.market.sent_s, stage.market.taken_s = float(number), number + 0.5
        system.directory.tell("feed", Tick(key=f"batch {number}"))
    system.directory.settle(WAIT_S)
    system.stop()

    assert stage.placed == [(f"batch {number}", [number, number + 0.5]) for number in (1, 2, 3)]


def test_orders_count_apart_while_the_core_ran_at_its_full_speed():
    orders = Orders(lambda _: [0.0], ("decided", "placed", "sent"))
    for number, took_s in enumerate((0.001, 0.00114, 0.00116, 0.002)):
        one = replace(ORDER, id=f"o{number}")
        orders.placed(one)
        orders.reached(one.id, "sent")
        orders.speed.took_s[one.id] = took_s

    assert len(orders.times()) == 4
    assert orders.speed.at_full() == {"o0", "o1"}
    assert len(orders.times(at_full_speed=True)) == 2


def test_the_core_is_looked_at_when_an_order_is_on_its_way_and_once():
    orders = Orders(lambda _: [0.0], ("decided", "placed", "sent"))
    orders.placed(ORDER)
    orders.reached(ORDER.id, "sent")
    assert not orders.speed.took_s
    gevent.sleep(0)

    took_s = orders.speed.took_s[ORDER.id]
    assert took_s > 0
    orders.speed.note(ORDER.id)
    assert orders.speed.took_s == {ORDER.id: took_s}
    assert CoreSpeed().at_full() == frozenset()


def test_the_wait_for_facts_from_elsewhere_counts_apart():
    orders = Orders(lambda _: [1.0, 2.0])
    orders.placed(ORDER)
    orders.stamps[ORDER.id] = [1.0, 2.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    asked_s = {"M": [(0.0, 2.5), (3.0, 4.0), (4.5, 6.0), (6.5, 7.0)], "other": [(2.0, 5.0)]}

    assert without_questions(orders, {}) == [8.0]
    assert without_questions(orders, asked_s) == [8.0 - 0.5 - 1.0 - 0.5]
