import pytest
from msgspec.structs import replace

from core.ledger.audit import Audit, ChainState, audit
from core.ledger.books import Books
from core.ledger.fold import apply
from core.messages import Order
from core.records import (
    AnyRecord,
    Entry,
    OperationSettled,
    OrderIntended,
    OrderSettled,
    OrderSigned,
    Posting,
    RunStarted,
)
from core.rules.militia import MilitiaRule
from core.rules.psychology import PsychologyRule
from core.types import Purpose, Role
from tests.ledger.journal import bought, buy, opened, recorded, sell, settled, sold, through


def audited(records: tuple[AnyRecord, ...], chain: ChainState | None = None) -> Audit:
    return audit([Entry(seq, 1, record) for seq, record in enumerate(records, 1)], chain)


def findings(records: tuple[AnyRecord, ...], chain: ChainState | None = None) -> str:
    return " | ".join(f"{where}: {what}" for where, what in audited(records, chain).findings)


def chain_of(books: Books, **changes: int) -> ChainState:
    return ChainState(
        accounts=books.accounts | changes,
        holdings={operation.mint: operation.holdings for operation in books.operations.values()},
    )


def test_a_journal_that_balances_has_no_findings():
    result = audited(recorded())

    assert result.ok
    assert result.entries == len(recorded())


def test_books_and_chain_agree_or_the_difference_is_named():
    books = audited(recorded()).books

    assert findings(recorded(), chain_of(books)) == ""
    short = chain_of(books, **{"wallet:reentry": books.balance(Role.REENTRY) - 3})
    assert findings(recorded(), short).endswith(": -3")
    assert "rent" in findings(recorded(), chain_of(books, rent=books.accounts["rent"] + 1))


def test_a_posting_that_was_altered_is_found_in_its_entry():
    records = recorded()
    at = next(i for i, record in enumerate(records) if isinstance(record, OrderSettled) and record.postings)
    record = records[at]
    assert isinstance(record, OrderSettled)
    altered = replace(record, postings=(*record.postings, Posting("pool", 1)))

    assert f"entry {at + 1}: the postings sum to 1" in findings((*records[:at], altered))


def test_the_share_of_the_run_that_taxed_decides_what_was_due():
    records = recorded()
    at = next(i for i, r in enumerate(records) if isinstance(r, OrderIntended) and r.order.purpose is Purpose.TAX)
    run = RunStarted(
        at_s=records[at].at_s,
        militia=MilitiaRule(),
        psychology=PsychologyRule(tax_share=0.2),
        mode="paper",
        feed="test",
        seed=1,
        version="test",
    )
    old = replace(run, psychology=PsychologyRule())

    assert "lamports of a net of" in findings((*records[:at], run, *records[at:]))
    assert findings((*records[:at], run, old, *records[at:])) == ""
    assert findings((*records[: at + 1], run, *records[at + 1 :])) == ""


def test_a_tax_that_was_not_paid_is_found():
    records = recorded()
    taxed = next(r for r in records if isinstance(r, OperationSettled) and r.tax_lamports)
    without = tuple(
        r
        for r in records
        if getattr(r, "order_id", "") not in tax_ids(records, taxed.operation_id)
        and not (isinstance(r, OrderIntended) and r.order.id in tax_ids(records, taxed.operation_id))
    )

    assert f"due {taxed.tax_lamports}" in findings(without)


def tax_ids(records: tuple[AnyRecord, ...], operation_id: str) -> set[str]:
    return {
        r.order.id
        for r in records
        if isinstance(r, OrderIntended) and r.order.purpose is Purpose.TAX and r.order.operation_id == operation_id
    }


def test_an_order_that_sold_more_than_it_was_to_sell_is_found():
    order = buy()
    books = through(opened(), order, bought(order, 1_000))
    sale = sell(1_000)
    more = replace(sold(sale, 5_000), tokens=-1_001)
    records = (recorded()[0], *life(order, 1_000), OrderIntended(at_s=1_000.0, order=sale), settled(sale, more))

    assert books.operations
    assert "sold more" in findings(records)


def life(order: Order, tokens: int) -> tuple[AnyRecord, ...]:
    return OrderIntended(at_s=1_000.0, order=order), settled(order, bought(order, tokens))


def test_what_landed_before_the_books_could_write_it_is_no_difference():
    order = buy()
    signed = OrderSigned(at_s=1_000.0, order_id=order.id, signature="sig", last_valid_slot=9)
    records = (recorded()[0], OrderIntended(at_s=1_000.0, order=order), signed)
    landed = replace(bought(order, 1_000), signature="sig")
    before = apply(Books(), records[0])
    after = through(before, order, landed)
    chain = ChainState(accounts=after.accounts, holdings={"M": {Role.LIGHTNING: 1_000}}, landed={"sig": landed})

    assert findings(records, chain) == ""
    assert "token M" in findings(records, replace(chain, landed={}))


@pytest.mark.parametrize("token", ["M", "GIFT"])
def test_tokens_that_the_books_do_not_know_are_named(token: str):
    books = audited(recorded()[:1]).books
    chain = replace(chain_of(books), holdings={token: {Role.LIGHTNING: 5}})

    assert f"token {token}" in findings(recorded()[:1], chain)
