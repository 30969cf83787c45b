import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.errors import NeedsReconcile
from core.ledger.books import Books, OpenOrder
from core.ledger.fold import apply
from core.ledger.postings import balance_of, of_capital
from core.ledger.receipts import receipt_record, receipts
from core.messages import Order
from core.records import CapitalOpened, ExternalReceived, Posting
from core.types import Purpose, Role

SPLIT = dict.fromkeys(Role, 50_000_000)


def opened() -> Books:
    record = CapitalOpened(at_s=1.0, mode="paper", seed=1, capital_usd=20.0, sol_usd=80.0, postings=of_capital(SPLIT))
    return apply(Books(), record)


def received(books: Books, role: Role, lamports: int) -> Books:
    record = receipt_record(books, {role: books.balance(role) + lamports}, at_s=2.0)
    assert record is not None
    return apply(books, record)


def test_lamports_that_others_send_us_are_booked_to_external():
    books = received(opened(), Role.LIGHTNING, 7)

    assert books.balance(Role.LIGHTNING) == 50_000_007
    assert books.accounts["external"] == -sum(SPLIT.values()) - 7


def test_they_are_no_gain():
    before = opened()
    after = received(before, Role.LIGHTNING, 1_000_000)

    assert after.flat_equity_lamports() == before.flat_equity_lamports()
    assert after.realised_today_lamports == 0


def test_while_an_order_is_open_its_outcome_may_be_the_reason():
    order = Order(id="o", purpose=Purpose.TAX, role=Role.LIGHTNING, payer=Role.LIGHTNING)
    books = replace(opened(), orders={"o": OpenOrder(order=order, at_s=1.0)})

    assert receipts(books, {Role.LIGHTNING: 60_000_000}) == {}


def test_less_than_the_books_is_no_receipt():
    assert receipt_record(opened(), {Role.LIGHTNING: 49_999_999}, at_s=2.0) is None


def test_a_receipt_that_takes_lamports_away_is_refused():
    with pytest.raises(NeedsReconcile):
        apply(
            opened(),
            ExternalReceived(at_s=2.0, postings=(Posting("wallet:lightning", -5), Posting("external", 5))),
        )


@given(st.dictionaries(st.sampled_from(list(Role)), st.integers(-(10**6), 10**6)))
def test_after_booking_them_book_and_chain_agree_wherever_the_chain_held_more(over: dict[Role, int]):
    books = opened()
    chain = {role: books.balance(role) + lamports for role, lamports in over.items()}
    record = receipt_record(books, chain, at_s=2.0)
    after = books if record is None else apply(books, record)

    assert record is None or balance_of(record.postings) == 0
    for role, lamports in over.items():
        assert after.balance(role) == (chain[role] if lamports > 0 else books.balance(role))
    assert after.flat_equity_lamports() == books.flat_equity_lamports()
