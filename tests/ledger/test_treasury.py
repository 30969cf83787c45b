import pytest
from msgspec.structs import replace

from core.errors import NeedsReconcile
from core.ledger.books import Books
from core.ledger.fold import apply
from core.messages import Order
from core.records import OperationSettled, RotationFinished, RotationStarted
from core.types import Purpose, Role
from tests.ledger.journal import bought, buy, closing, opened, through


def step(purpose: Purpose, name: str, role: Role = Role.LIGHTNING, generation: int = 0) -> Order:
    return Order(id=f"{purpose}.{name}", purpose=purpose, role=role, payer=role, to_role=role, generation=generation)


def closed() -> Books:
    order = buy()
    books = through(opened(), order, bought(order, 1_000))
    return apply(books, closing(books))


def ended(books: Books, order: Order, outcome: str) -> Books:
    """The order's life without lamports: only its outcome matters here."""
    return through(books, order, None, outcome)


def test_steps_are_remembered_by_their_outcome_until_the_operation_is_settled():
    books = ended(closed(), step(Purpose.TAX, "op1.1"), "failed")
    books = ended(books, step(Purpose.RESTORATION, "op1.lightning.1"), "refused")
    assert books.transfers == {"tax.op1.1": "failed", "restoration.op1.lightning.1": "refused"}

    books = apply(books, OperationSettled(at_s=1.0, operation_id="op1", tax_lamports=5))
    assert books.transfers == {}
    assert (books.closed[0].settled, books.closed[0].tax_lamports) == (True, 5)


def test_settling_one_operation_keeps_the_steps_of_another():
    books = ended(closed(), step(Purpose.TAX, "op12.1"), "failed")
    books = apply(books, OperationSettled(at_s=1.0, operation_id="op1", tax_lamports=0))

    assert books.transfers == {"tax.op12.1": "failed"}


def test_settling_what_never_closed_is_refused():
    with pytest.raises(NeedsReconcile):
        apply(opened(), OperationSettled(at_s=1.0, operation_id="op1", tax_lamports=0))


def test_other_orders_are_no_steps():
    assert closed().transfers == {}
    assert ended(closed(), step(Purpose.PROCEEDS, "op1.2"), "failed").transfers == {}


def rotating() -> Books:
    books = replace(opened(), accumulators=frozenset({"lightning.0.curve", "lightning.0.pool", "reentry.0.curve"}))
    return apply(books, RotationStarted(at_s=5.0, to_generation=1, by="rule"))


def test_a_confirmed_sweep_is_remembered_and_its_accumulators_are_gone():
    # Without a settlement nothing is booked as filled; the world's test goes through the chain.
    books = through(rotating(), step(Purpose.ROTATION, "1.lightning.1"), None, "filled")

    assert books.rotation is not None
    assert books.rotation.swept == {Role.LIGHTNING}
    assert books.accumulators == {"reentry.0.curve"}


def test_a_failed_sweep_leaves_all_as_it_was():
    books = through(rotating(), step(Purpose.ROTATION, "1.lightning.1"), None, "failed")

    assert books.rotation is not None
    assert books.rotation.swept == frozenset()
    assert len(books.accumulators) == 3


def test_a_finished_rotation_is_the_next_generation_with_three_lives():
    books = replace(rotating(), used_in_generation=3)
    books = through(books, step(Purpose.ROTATION, "1.lightning.1"), None, "filled")
    books = apply(books, RotationFinished(at_s=9.0, generation=1))

    assert (books.generation, books.used_in_generation, books.rotated_at_s) == (1, 0, 9.0)
    assert (books.rotation, books.transfers) == (None, {})


@pytest.mark.parametrize("to_generation", [0, 2])
def test_a_rotation_to_another_than_the_next_generation_is_refused(to_generation: int):
    with pytest.raises(NeedsReconcile):
        apply(opened(), RotationStarted(at_s=5.0, to_generation=to_generation, by="rule"))


def test_a_second_rotation_and_an_end_without_a_start_are_refused():
    with pytest.raises(NeedsReconcile):
        apply(rotating(), RotationStarted(at_s=5.0, to_generation=1, by="rule"))
    with pytest.raises(NeedsReconcile):
        apply(opened(), RotationFinished(at_s=5.0, generation=1))
