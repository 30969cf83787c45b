"""Psychology's surplus to the operator's cold address: off by default, and to the confirmed one of the settings."""

import pytest
from msgspec.structs import replace

from core.effects import Tell
from core.ledger.fold import apply
from core.messages import OrderBuilt, ReservationAnswered, Reserve, SignOrder
from core.records import ColdAddressConfirmed, OperationClosed, OperationSettled, OrderIntended, OrderSettled
from core.rules.capital import CapitalRule
from core.rules.psychology import PsychologyRule
from core.settings import RuntimeSettings, Settings
from core.state import venue, wallet
from core.types import Purpose, Role
from tests.state.test_treasury_world import HURRIED, check_a_run, check_everything
from tests.state.world import Faults, World

ADDRESS, OTHER = "So11111111111111111111111111111111111111112", "SysvarRent111111111111111111111111111111111"
COLD = replace(
    HURRIED,
    capital=CapitalRule(usd=60.0),
    psychology=PsychologyRule(cold=True),
    runtime=RuntimeSettings(cold_address=ADDRESS),
)


def closed_with_a_profit(settings: Settings, *, confirmed: str = ADDRESS) -> World:
    """A world in which one operation closed at a profit, and everything that follows is done."""
    world = World(settings)
    if confirmed:
        world.write(ColdAddressConfirmed(at_s=world.now.at_s, address=confirmed), durable=True)
    while not world.books.closed:
        world.offer("M1")
        world.slot()
    world.slot(200)
    return world


def sent(world: World) -> list[OrderIntended]:
    return [r for r in world.records if isinstance(r, OrderIntended) and r.order.purpose is Purpose.COLD]


def test_after_tax_and_restorations_the_surplus_over_half_of_the_start_goes_there_and_tactical_exit_pays_the_fee():
    world = closed_with_a_profit(COLD)
    books, order = world.books, sent(world)[0].order
    start = books.start_lamports[Role.PSYCHOLOGY]

    assert (order.role, order.payer, order.to_role, order.to_address) == (
        Role.PSYCHOLOGY,
        Role.TACTICAL_EXIT,
        None,
        ADDRESS,
    )
    assert books.balance(Role.PSYCHOLOGY) == -(-start // 2)
    assert world.chain.chain.cold == {ADDRESS: books.accounts["cold"]}
    assert books.accounts["cold"] == order.lamports > 0
    order_of = [type(record) for record in world.records]
    assert order_of.index(OperationClosed) < world.records.index(sent(world)[0]) < order_of.index(OperationSettled)


def test_what_is_cold_counts_as_held_for_equity_and_for_entries():
    world = closed_with_a_profit(COLD)
    books = world.books
    costs = sum(books.accounts.get(name, 0) for name in ("treasury", "failed_entries", "rotation"))
    gained = sum(operation.net_lamports for operation in books.closed) - costs

    assert books.flat_equity_lamports() == books.capital_lamports() + gained
    world.offer("M2")
    assert world.books.admissions == 2


@pytest.mark.parametrize(
    ("settings", "confirmed"),
    [
        (replace(COLD, psychology=PsychologyRule()), ADDRESS),
        (replace(COLD, runtime=RuntimeSettings()), ADDRESS),
        (COLD, ""),
        (COLD, OTHER),
    ],
    ids=["off", "no address", "not confirmed", "another confirmed"],
)
def test_nothing_leaves_otherwise(settings: Settings, confirmed: str):
    world = closed_with_a_profit(settings, confirmed=confirmed)

    assert sent(world) == []
    assert "cold" not in world.books.accounts


def test_neither_wallet_nor_venue_lets_an_order_to_another_address_through():
    world = closed_with_a_profit(COLD)
    now, good = world.now, sent(world)[0].order
    bad = replace(good, id="cold.op1.9", to_address=OTHER, lamports=1_000, reserved_lamports=1_000)
    tax = replace(bad, id="tax.op1.9", purpose=Purpose.TAX, role=Role.LIGHTNING, payer=Role.LIGHTNING)
    now.books = apply(now.books, ColdAddressConfirmed(at_s=now.at_s, address=ADDRESS))

    for order in (bad, tax, replace(tax, to_address=ADDRESS)):
        (answer,) = wallet.step(wallet.begin(order.role, now)[0], Reserve(order=order), now)[1]
        assert isinstance(answer, Tell)
        assert isinstance(answer.message, ReservationAnswered)
        assert not answer.message.granted
        assert "address" in answer.message.reason
    (told,) = venue.step(venue.begin(world.chain, now)[0], SignOrder(order=bad), now)[1]
    assert isinstance(told, Tell)
    assert isinstance(told.message, OrderBuilt)
    assert not told.message.signature
    assert OTHER in told.message.error


@pytest.mark.parametrize(("seed", "faults"), [(11, Faults()), (12, Faults(machine=0.05, process=0.02))])
def test_lamports_are_conserved_with_it_whatever_crashes(seed: int, faults: Faults):
    world = check_a_run(seed, 2, faults, slots=1_500, settings=COLD, confirmed=ADDRESS)

    paid = [r for r in world.records if isinstance(r, OrderSettled) and r.order_id.startswith("cold.")]
    assert sum(r.outcome == "filled" for r in paid) > 2
    check_everything(world)
