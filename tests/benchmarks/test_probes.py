"""What the probes say of an order: from which batch it is counted."""

from typing import Any

import pytest
from typing_extensions import override

from actors.base import Actor, Context
from actors.mailbox import Mailbox
from actors.system import System
from actors.tree import Branch, Worker
from core.messages import Order, Tick
from core.types import Purpose, Role, Side
from tests.benchmarks.probes import Causes

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
