"""The treasurer's machine: one transfer at a time, none lost, none doubled, and a person told when it cannot."""

import pytest

from core.messages import OrderClosed, PlaceOrder, RotateWallets, SettleOperation, Undelivered
from core.records import OperationSettled, OrderIntended, OrderSettled, RotationFinished, RotationStarted
from core.settings import Settings
from core.state import treasurer
from core.types import Purpose, Role
from tests.state.gate import KIND, close, deaf, hold, orders
from tests.state.world import World


@pytest.fixture
def world() -> World:
    return World(KIND)


def closed_with(world: World, net: int) -> World:
    """A world whose only operation has closed with this net; nothing of it is settled."""
    close(world, hold(world).id, net=net, settled=False)
    return world


def wake(world: World) -> None:
    """The position tells that its operation is over."""
    world.tell("treasurer", SettleOperation(operation_id="op1"))
    world.drain()


def kinds(world: World, kind: type) -> list[object]:
    return [record for record in world.records if isinstance(record, kind)]


def test_tax_and_restorations_end_with_the_settled_record(world: World):
    closed_with(world, 1_000_000)
    world.slot(200)

    (settled,) = kinds(world, OperationSettled)
    assert isinstance(settled, OperationSettled)
    assert settled.tax_lamports == 100_000
    assert world.books.balance(Role.PSYCHOLOGY) == 50_100_000


def test_told_twice_it_pays_once(world: World):
    closed_with(world, 1_000_000)
    deaf(world)
    for _ in range(3):
        world.tell("treasurer", SettleOperation(operation_id="op1"))
    world.drain()

    assert [place.order.id for place in orders(world)] == ["tax.op1.1"]


def test_a_transfer_that_nobody_answers_is_told_again_under_the_same_id(world: World):
    closed_with(world, 1_000_000)
    deaf(world)
    wake(world)
    world.slot(60)

    assert len(orders(world)) >= 2
    assert {place.order.id for place in orders(world)} == {"tax.op1.1"}


def test_a_transfer_whose_end_it_was_not_told_is_read_from_the_books(world: World):
    closed_with(world, 1_000_000)
    deaf(world)
    wake(world)
    order = orders(world)[0].order
    world.write(OrderIntended(at_s=world.now.at_s, order=order))
    world.write(
        OrderSettled(at_s=world.now.at_s, order_id=order.id, outcome="filled", error="", settlement=None, postings=())
    )
    wake(world)

    assert orders(world)[-1].order.id == "restoration.op1.lightning.1"


def test_a_refused_transfer_is_tried_again_later_and_later(world: World):
    closed_with(world, 1_000_000)
    deaf(world)
    wake(world)
    order = orders(world)[-1].order
    at_s = []
    for _ in range(5):
        world.tell("treasurer", OrderClosed(order=order, outcome="refused", error="busy"))
        world.drain()
        count, start_s = len(orders(world)), world.now.at_s
        while len(orders(world)) == count:
            world.slot()
        at_s.append(round(world.now.at_s - start_s))

    assert at_s == [2, 4, 8, 16, 32]
    assert world.alerts().count("treasury") == 1


def test_an_order_that_reached_no_executor_is_tried_again(world: World):
    closed_with(world, 1_000_000)
    deaf(world)
    wake(world)
    world.tell("treasurer", Undelivered(to="executor", command=orders(world)[-1], full=False))
    world.drain()
    world.slot(6)

    assert [place.order.id for place in orders(world)] == ["tax.op1.1", "tax.op1.1"]


def test_a_restoration_that_its_wallet_keeps_refusing_is_left_out(world: World):
    closed_with(world, -1_000_000)
    deaf(world)
    wake(world)
    order = orders(world)[-1].order
    assert order.purpose is Purpose.RESTORATION
    for _ in range(3):
        world.tell("treasurer", OrderClosed(order=order, outcome="refused", error="no"))
        world.drain()
    world.slot(30)

    assert len(kinds(world, OperationSettled)) == 1


def test_want_of_lamports_is_told_to_a_person_once(world: World):
    closed_with(world, 10**12)
    world.slot(300)

    assert world.alerts().count("treasury") == 1
    assert not kinds(world, OperationSettled)


def test_a_person_may_rotate_flat_wallets(world: World):
    before = {role: world.books.balance(role) for role in Role}
    world.tell("treasurer", RotateWallets(by="ann"))
    world.drain()
    world.slot(300)

    (started,) = kinds(world, RotationStarted)
    assert isinstance(started, RotationStarted)
    assert (started.by, started.to_generation) == ("ann", 1)
    assert len(kinds(world, RotationFinished)) == 1
    assert world.books.generation == 1
    after = {role: world.books.balance(role) for role in Role}
    assert after == before | {Role.EMERGENCY_GAS: before[Role.EMERGENCY_GAS] - 9 * 5_000}
    assert world.books.accounts["rotation"] == 9 * 5_000


def test_a_rotation_returns_the_accumulators_rent(world: World):
    operation = hold(world)
    world._start(f"position.{operation.mint}")
    world.slot(300)
    assert not world.books.operations
    assert world.books.accounts["rent"] == 1_844_400 * len(world.books.accumulators) > 0

    world.tell("treasurer", RotateWallets(by="ann"))
    world.drain()
    world.slot(300)

    assert world.books.accounts["rent"] == 0
    assert world.books.accumulators == frozenset()
    assert world.real_accounts()["rent"] == 0


@pytest.mark.parametrize("again_after_slots", [1, 300])
def test_a_rotation_with_an_open_operation_or_too_soon_is_refused_with_the_reason(again_after_slots: int):
    world = World(KIND)
    if again_after_slots == 1:
        hold(world)
    else:
        world.tell("treasurer", RotateWallets(by="ann"))
        world.drain()
        world.slot(again_after_slots)
    started = len(kinds(world, RotationStarted))
    world.tell("treasurer", RotateWallets(by="ann"))
    world.drain()
    world.slot(50)

    assert len(kinds(world, RotationStarted)) == started
    assert "rotation" in world.alerts()


def test_idle_books_cause_nothing_but_a_later_look():
    world = World(Settings())
    state, effects = treasurer.step(treasurer.begin(world.now)[0], SettleOperation(operation_id="op1"), world.now)

    assert state == treasurer.State()
    assert len(effects) == 1
    assert not any(isinstance(getattr(effect, "message", None), PlaceOrder) for effect in effects)
