"""What the treasury owes next, by the books."""

import pytest
from msgspec.structs import replace

from core.chain.rent import WALLET_LAMPORTS
from core.effects import Now
from core.ledger import postings
from core.ledger.books import Books, ClosedOperation, Operation
from core.ledger.fold import apply
from core.messages import Order
from core.records import CapitalOpened, EntryDecided, OrderIntended, OrderSettled, Posting, RotationStarted
from core.settings import Settings
from core.state.treasury_steps import TRIES, FinishRotation, Place, Settle, StartRotation, Wait, next_step
from core.types import BASE_FEE_LAMPORTS, ExitReason, Purpose, Role

PARTS = {
    Role.LIGHTNING: 50_000_000,
    Role.EMERGENCY_GAS: 43_750_000,
    Role.REENTRY: 56_250_000,
    Role.PSYCHOLOGY: 50_000_000,
    Role.TACTICAL_EXIT: 50_000_000,
}


@pytest.fixture
def now() -> Now:
    opened = CapitalOpened(
        at_s=100.0, mode="paper", seed=1, capital_usd=20.0, sol_usd=80.0, postings=postings.of_capital(PARTS)
    )
    return Now(100.0, apply(Books(), opened), Settings())


def closed(net: int, *, role: Role = Role.LIGHTNING) -> ClosedOperation:
    return ClosedOperation(
        id="op1",
        mint="M",
        symbol="M",
        opened_at_s=50.0,
        closed_at_s=90.0,
        net_lamports=net,
        cost_lamports=1,
        proceeds_lamports=1,
        reason=ExitReason.DECAY,
        fees={},
        exits=(),
        entries=(),
        panic=None,
        proceeds_role=role,
    )


def after(now: Now, operation: ClosedOperation, **balances: int) -> Now:
    accounts = now.books.accounts | {f"wallet:{role}": lamports for role, lamports in balances.items()}
    now.books = replace(now.books, closed=(operation,), accounts=accounts)
    return now


def done(now: Now, order: Order, outcome: str = "filled") -> None:
    """The order goes through the books; its lamports move if it was filled."""
    now.books = apply(now.books, OrderIntended(at_s=now.at_s, order=order))
    lines = []
    if outcome == "filled" and not order.sweep:
        lines = [
            Posting(f"wallet:{order.role}", -order.lamports),
            Posting(f"wallet:{order.to_role}", order.lamports),
        ]
    settled = OrderSettled(
        at_s=now.at_s, order_id=order.id, outcome=outcome, error="", settlement=None, postings=tuple(lines)
    )
    now.books = apply(now.books, settled)


def placed(now: Now) -> Order:
    step = next_step(now)
    assert isinstance(step, Place)
    return step.order


def test_nothing_is_due_on_fresh_books(now: Now):
    assert next_step(now) is None


def test_a_profit_is_taxed_first_from_the_wallet_holding_most_proceeds(now: Now):
    order = placed(after(now, closed(1_000_001, role=Role.REENTRY), lightning=10_000_000))

    assert (order.id, order.purpose) == ("tax.op1.1", Purpose.TAX)
    assert (order.role, order.payer, order.to_role) == (Role.REENTRY, Role.REENTRY, Role.PSYCHOLOGY)
    assert (order.lamports, order.reserved_lamports) == (100_001, 100_001 + BASE_FEE_LAMPORTS)


def test_a_loss_pays_no_tax(now: Now):
    assert next_step(after(now, closed(-1_000_000))) == Settle("op1", 0)


def test_where_the_proceeds_have_moved_on_the_richest_wallet_pays_the_tax(now: Now):
    order = placed(after(now, closed(1_000_000, role=Role.TACTICAL_EXIT), tactical_exit=WALLET_LAMPORTS))

    assert order.role is Role.REENTRY


def test_psychology_never_pays_its_own_tax(now: Now):
    poor = {role: WALLET_LAMPORTS for role in Role if role is not Role.PSYCHOLOGY}
    step = next_step(after(now, closed(1_000_000), **poor))

    assert isinstance(step, Wait)
    assert step.lamports


def test_a_tax_that_failed_is_tried_again_under_the_next_number_and_with_priority(now: Now):
    after(now, closed(1_000_000))
    done(now, placed(now), "failed")

    again = placed(now)
    assert (again.id, again.priority_lamports) == ("tax.op1.2", 20_000)


def test_a_tax_is_paid_once(now: Now):
    after(now, closed(1_000_000))
    done(now, placed(now))

    assert next_step(now) == Settle("op1", 100_000)


def test_nothing_else_is_placed_while_a_transfer_is_under_way(now: Now):
    after(now, closed(1_000_000))
    now.books = apply(now.books, OrderIntended(at_s=100.0, order=placed(now)))

    assert isinstance(next_step(now), Wait)


def test_restorations_follow_the_tax_lightning_then_reentry_then_emergency_gas(now: Now):
    after(now, closed(1_000), lightning=25_000_000, reentry=30_000_000, emergency_gas=10_000_000)
    orders = []
    for _ in range(4):
        orders.append(placed(now))
        done(now, orders[-1])

    assert [order.id for order in orders] == [
        "tax.op1.1",
        "restoration.op1.lightning.1",
        "restoration.op1.reentry.1",
        "restoration.op1.emergency_gas.1",
    ]
    assert {order.role for order in orders[1:]} == {Role.TACTICAL_EXIT}
    equity = 25_000_000 + 30_000_000 + 10_000_000 + 100_000_000
    assert orders[1].lamports == equity // 5 - (25_000_000 - 100 - WALLET_LAMPORTS)
    assert isinstance(next_step(now), Settle)


def test_a_restoration_takes_what_tactical_exit_can_spare_and_no_more(now: Now):
    after(now, closed(-1), lightning=1_000_000, tactical_exit=5_000_000)
    order = placed(now)

    assert 5_000_000 - order.lamports - BASE_FEE_LAMPORTS == WALLET_LAMPORTS + BASE_FEE_LAMPORTS
    done(now, order)
    assert isinstance(next_step(now), Settle)


def test_who_was_restored_for_an_operation_is_not_restored_again_when_equity_moves(now: Now):
    after(now, closed(-1), lightning=30_000_000)
    done(now, placed(now))
    now.books = replace(now.books, open_lamports=100_000_000)

    assert placed(now).id == "restoration.op1.reentry.1"


def test_a_restoration_that_the_chain_fails_again_and_again_is_left_out_in_the_end(now: Now):
    after(now, closed(-1), lightning=30_000_000)
    for attempt in range(1, TRIES + 1):
        order = placed(now)
        assert order.id == f"restoration.op1.lightning.{attempt}"
        done(now, order, "failed")

    assert isinstance(next_step(now), Settle)


def test_after_the_third_operation_the_wallets_rotate(now: Now):
    now.books = replace(now.books, used_in_generation=3)

    assert next_step(now) == StartRotation(1)


def test_a_rotation_waits_for_the_settlement_of_what_is_closed(now: Now):
    now.books = replace(after(now, closed(-1)).books, used_in_generation=3)

    assert isinstance(next_step(now), Settle)


def test_rotations_are_half_an_hour_apart(now: Now):
    now.books = replace(now.books, used_in_generation=3, rotated_at_s=90.0)
    step = next_step(now)
    assert isinstance(step, Wait)
    assert step.until_s == 90.0 + 1_800

    now.at_s = 1_890.0
    assert next_step(now) == StartRotation(1)


def test_a_rotation_waits_for_an_entry_on_its_way(now: Now):
    decided = EntryDecided(
        at_s=100.0, mint="M", symbol="M", by="miner", admitted=True, order_id="e", stake_lamports=1, verdicts=()
    )
    now.books = apply(now.books, decided)

    assert isinstance(next_step(now, wish=True), Wait)
    now.at_s += 2.1
    assert next_step(now, wish=True) == StartRotation(1)


def test_nothing_is_swept_while_an_operation_or_an_order_is_open(now: Now):
    now.books = apply(now.books, RotationStarted(at_s=100.0, to_generation=1, by="ann"))
    entry = Order(
        id="entry.op1.1", purpose=Purpose.ENTRY, role=Role.LIGHTNING, payer=Role.LIGHTNING, operation_id="op1"
    )
    now.books = apply(now.books, OrderIntended(at_s=100.0, order=entry))
    assert isinstance(next_step(now), Wait)

    held = Operation(id="op1", mint="M", symbol="M", opened_at_s=100.0, entry_price=1.0)
    now.books = replace(now.books, orders={}, operations={"op1": held})
    assert isinstance(next_step(now), Wait)
    now.books = replace(now.books, operations={})
    assert placed(now).id == "rotation.1.lightning.1"


def rotating(now: Now, **balances: int) -> list[Order]:
    """All sweeps of a rotation, one after the other, with fees paid as on the chain."""
    after(now, closed(0), **balances)
    now.books = replace(now.books, closed=())
    now.books = apply(now.books, RotationStarted(at_s=100.0, to_generation=1, by="rule"))
    orders = []
    while isinstance(step := next_step(now), Place):
        orders.append(step.order)
        fee = BASE_FEE_LAMPORTS * (1 if step.order.payer is step.order.role else 2)
        done(now, step.order)
        paid = now.books.balance(step.order.payer) - fee
        now.books = replace(now.books, accounts=now.books.accounts | {f"wallet:{step.order.payer}": paid})
    assert step == FinishRotation(1)
    return orders


def test_emergency_gas_pays_all_sweeps_and_goes_last(now: Now):
    orders = rotating(now)

    assert [order.role for order in orders] == [
        Role.LIGHTNING,
        Role.REENTRY,
        Role.PSYCHOLOGY,
        Role.TACTICAL_EXIT,
        Role.EMERGENCY_GAS,
    ]
    assert {order.payer for order in orders} == {Role.EMERGENCY_GAS}
    assert all(order.sweep and order.to_role is order.role and order.generation == 0 for order in orders)
    assert [order.id for order in orders][:2] == ["rotation.1.lightning.1", "rotation.1.reentry.1"]


def test_psychology_is_carried_over_to_the_lamport(now: Now):
    sweep = next(order for order in rotating(now) if order.role is Role.PSYCHOLOGY)

    assert sweep.lamports == now.books.start_lamports[Role.PSYCHOLOGY]
    assert sweep.payer is not Role.PSYCHOLOGY


def test_while_emergency_gas_is_too_poor_for_all_sweeps_the_richest_pays(now: Now):
    orders = rotating(now, emergency_gas=WALLET_LAMPORTS + 9 * BASE_FEE_LAMPORTS - 1)

    assert orders[0].payer is Role.REENTRY
    assert len(orders) == 5
    swept = [order.role for order in orders]
    assert all(order.payer not in swept[:number] for number, order in enumerate(orders))


def test_an_empty_wallet_needs_no_sweep(now: Now):
    assert Role.LIGHTNING not in {order.role for order in rotating(now, lightning=0)}


def test_a_sweep_that_failed_is_tried_again_and_those_done_are_not(now: Now):
    now.books = apply(now.books, RotationStarted(at_s=100.0, to_generation=1, by="rule"))
    done(now, placed(now))
    done(now, placed(now), "expired")

    assert placed(now).id == "rotation.1.reentry.2"


def test_rents_are_fetched_by_the_sweep_of_their_wallet(now: Now):
    now.books = replace(now.books, rents={Role.LIGHTNING: 1_844_400})
    orders = rotating(now)

    assert [order.role for order in orders if order.close_account] == [Role.LIGHTNING]
