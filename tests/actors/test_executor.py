"""The executor among actors: an order that waits for the disk holds up itself and nobody else."""

from collections.abc import Iterator
from typing import Any

import pytest
from typing_extensions import override

from actors.base import Actor, Context
from actors.executor import ExecutorActor
from actors.outcome import Outcome
from actors.services import Services
from actors.system import System
from actors.tree import Branch, Worker
from actors.turns import Rank
from core.chain.decode import Decoder
from core.effects import Now
from core.errors import Fatal
from core.ledger.books import Books
from core.ledger.fold import apply
from core.market.tape import Tape
from core.messages import Append, Order, OrderBuilt, PlaceOrder, SignOrder, SubmitOrder
from core.records import OrderSigned
from core.settings import Settings
from core.state.market_now import MarketNow
from core.types import Purpose, Role, Side, Venue
from tests.actors.kernel.stage import until

NOBODY: Any = None
DISK: list[tuple[str, Outcome[int]]] = []
"""Signatures on their way to the disk, by order, with what tells that they have arrived."""
SENT: list[str] = []


class Journal(Actor[Append]):
    """Folds at once; a signature is on disk when the test says so."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.books = Books()
        self.services: Any = context.system.services

    @override
    def handle(self, message: Append) -> object:
        if not message.records and any(done.error for _, done in DISK):
            return Fatal("disk full")
        for record in message.records:
            self.books = apply(self.books, record)  # type: ignore[arg-type]  # every record struct is one of the union
        self.services.publish(self.books)
        if not any(isinstance(record, OrderSigned) for record in message.records):
            return 0
        done: Outcome[int] = Outcome()
        DISK.append((message.records[0].order_id, done))  # type: ignore[attr-defined]
        return done


class Chain(Actor[Any]):
    """Signs what it is told to, and notes what is to be sent."""

    @override
    def handle(self, message: object) -> object:
        match message:
            case SignOrder(order=order):
                signed = OrderBuilt(order_id=order.id, signature=f"S{order.id}", last_valid_slot=150)
                self.tell("executor", signed)
            case SubmitOrder(order=order):
                SENT.append(order.id)
            case _:
                pass
        return None


@pytest.fixture
def system() -> Iterator[System]:
    for noted in (DISK, SENT):
        noted.clear()
    services = Services(
        settings=Settings(),
        market=MarketNow(),
        feed=NOBODY,
        backend=NOBODY,
        accounts=NOBODY,
        decoder=Decoder(),
        tape=Tape(),
        open_journal=NOBODY,
        opening=lambda _: (),
        paced=False,
        source_waits=False,
    )
    services.publish(Books())
    services.moment = Now(0.0, Books(), Settings())
    system = System(services=services)
    workers = (
        Worker(name="journal", actor=Journal, rank=Rank.ORDER),
        Worker(name="venue", actor=Chain, rank=Rank.ORDER),
        Worker(name="executor", actor=ExecutorActor, rank=Rank.ORDER),
    )
    system.start(Branch(name="root", children=workers))
    yield system
    system.stop()


def sell(system: System, order_id: str) -> None:
    order = Order(
        id=order_id,
        purpose=Purpose.EXIT,
        role=Role.LIGHTNING,
        payer=Role.LIGHTNING,
        mint="M",
        side=Side.SELL,
        venue=Venue.CURVE,
        tokens=1,
    )
    system.directory.tell("executor", PlaceOrder(order=order, id=order_id))


def waiting() -> list[str]:
    return [order_id for order_id, _ in DISK]


def test_a_second_order_is_signed_while_the_first_waits_for_the_disk(system: System):
    sell(system, "a")
    until(lambda: waiting() == ["a"])

    sell(system, "b")
    until(lambda: waiting() == ["a", "b"])

    assert SENT == []


def test_an_order_is_sent_when_its_own_signature_is_on_disk(system: System):
    sell(system, "a")
    sell(system, "b")
    until(lambda: waiting() == ["a", "b"])

    DISK[1][1].set(2)
    until(lambda: SENT)
    assert SENT == ["b"]

    DISK[0][1].set(2)
    until(lambda: len(SENT) == 2)
    assert SENT == ["b", "a"]


def test_what_is_decided_for_an_order_meanwhile_comes_after_its_signature(system: System):
    """Its timer says: send again. Sent now, it could land and be forgotten in a crash."""
    sell(system, "a")
    until(lambda: waiting() == ["a"])

    system.clock.advance(system.clock.now_s + 2 * Settings().orders.resend_s)
    until(lambda: system.directory.counts()["executor"].handled >= 3)
    assert SENT == []

    DISK[0][1].set(1)
    until(lambda: SENT == ["a", "a"])


def test_a_signature_that_the_disk_refuses_is_never_sent(system: System):
    sell(system, "a")
    until(lambda: waiting() == ["a"])

    DISK[0][1].fail(Fatal("disk full"))
    until(lambda: system.directory.counts()["executor"].restarts == 1)

    assert SENT == []


def test_all_is_at_rest_only_when_the_disk_has_answered(system: System):
    sell(system, "a")
    until(lambda: waiting() == ["a"])

    assert not system.directory.settle(0.05)
    DISK[0][1].set(1)
    assert system.directory.settle(5.0)
    assert SENT == ["a"]
