import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.errors import NeedsReconcile
from core.ledger.books import Books
from core.ledger.fold import apply, fold
from core.messages import Order
from core.records import (
    AnyRecord,
    BreakerSet,
    CommandmentViolated,
    EmergencyFired,
    EntriesPaused,
    EntriesResumed,
    Entry,
    EntryDecided,
    EquityMarked,
    OperatorActed,
    OrderIntended,
    OrderSettled,
    OrderSigned,
    Posting,
    RiskLimitReached,
    RunStarted,
    TokenFlagged,
)
from core.rules.militia import MilitiaRule
from core.types import ExitReason, Purpose, Role
from tests.ledger.journal import PARTS, bought, buy, closing, opened, recorded, settled, through

MIDNIGHT = 20_000 * 86_400.0


def entries(records: tuple[AnyRecord, ...]) -> list[Entry]:
    return [Entry(seq, 1, record) for seq, record in enumerate(records, 1)]


def test_capital_opens_five_wallets_and_the_marks():
    books = opened(at_s=5.0)

    assert {role: books.balance(role) for role in Role} == PARTS
    assert books.start_lamports == PARTS
    assert books.equity_lamports == books.equity_peak_lamports == books.flat_equity_lamports() == 250_000_000
    assert books.opened_at_s == 5.0


def test_capital_opened_twice_is_refused():
    with pytest.raises(NeedsReconcile):
        apply(opened(), recorded()[0])


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_folding_in_two_parts_is_folding_at_once(first, second):
    records = entries(recorded())
    cut, end = sorted((first % len(records), second % len(records)))

    assert fold(records[cut:end], fold(records[:cut])) == fold(records[:end])


def test_the_number_of_the_last_entry_is_the_books():
    assert fold(entries(recorded())).seq == len(recorded())


def test_books_and_records_survive_their_encoding():
    whole = fold(entries(recorded()))

    assert msgspec.json.decode(msgspec.json.encode(whole), type=Books) == whole
    lines = [msgspec.json.encode(record) for record in recorded()]
    assert tuple(msgspec.json.decode(line, type=AnyRecord) for line in lines) == recorded()


def test_applying_a_record_changes_nothing_of_the_books_before():
    books = Books()
    for record in recorded()[:400]:
        before = msgspec.json.encode(books)
        after = apply(books, record)
        assert msgspec.json.encode(books) == before
        books = after


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(-(10**9), 10**9).filter(bool))
def test_a_posting_that_was_altered_is_noticed(number, off):
    records = recorded()
    moving = [i for i, record in enumerate(records) if isinstance(record, OrderSettled) and record.postings]
    at = moving[number % len(moving)]
    record = records[at]
    assert isinstance(record, OrderSettled)
    first, *others = record.postings
    altered = replace(record, postings=(Posting(first.account, first.lamports + off), *others))

    with pytest.raises(NeedsReconcile):
        fold(entries((*records[:at], altered)))


@given(st.integers(0, 10**6))
def test_a_settlement_or_an_intent_told_twice_is_noticed(number):
    records = recorded()
    single = [i for i, record in enumerate(records) if isinstance(record, OrderSettled | OrderIntended)]
    at = single[number % len(single)]

    with pytest.raises(NeedsReconcile):
        fold(entries((*records[: at + 1], records[at])))


def test_an_order_signed_but_never_intended_is_noticed():
    with pytest.raises(NeedsReconcile):
        apply(opened(), OrderSigned(at_s=1.0, order_id="x", signature="s", last_valid_slot=1))


def test_an_unsettled_order_keeps_its_lamports_reserved_and_its_signature_watched():
    order = buy()
    books = apply(opened(), OrderIntended(at_s=1.0, order=order))
    books = apply(books, OrderSigned(at_s=1.0, order_id=order.id, signature="s", last_valid_slot=9, raw="r"))

    assert books.reserved(Role.LIGHTNING) == 1_005_000
    assert (books.orders[order.id].signature, books.orders[order.id].last_valid_slot) == ("s", 9)
    books = apply(books, settled(order, bought(order, 1_000)))
    assert books.reserved(Role.LIGHTNING) == 0
    assert books.settled_ids == (order.id,)


def test_a_fee_that_is_paid_for_another_wallet_is_reserved_in_the_payers():
    order = Order(id="t", purpose=Purpose.ROTATION, role=Role.LIGHTNING, payer=Role.EMERGENCY_GAS, reserved_lamports=7)
    books = apply(opened(), OrderIntended(at_s=1.0, order=order))

    assert (books.reserved(Role.LIGHTNING), books.reserved(Role.EMERGENCY_GAS)) == (7, 10_000)
    assert books.reserved(Role.REENTRY) == 0


def decided(order_id: str, *, admitted: bool = True, at_s: float = 1_000.0) -> EntryDecided:
    return EntryDecided(
        at_s=at_s,
        mint="M",
        symbol="M",
        by="miner",
        admitted=admitted,
        order_id=order_id,
        stake_lamports=1,
        verdicts=(),
    )


def test_an_admission_is_remembered_until_its_order_is_intended():
    order = buy()
    books = apply(opened(), decided(order.id))
    assert list(books.admitted) == [order.id]
    assert books.admissions == 1

    books = apply(books, OrderIntended(at_s=1_000.0, order=order))
    assert books.admitted == {}
    assert (books.admissions, books.open_entries()) == (1, 1)


def test_a_refusal_is_no_admission():
    assert apply(opened(), decided("", admitted=False)) == opened()


def test_only_the_newest_admissions_are_kept():
    books = opened()
    for number in range(20):
        books = apply(books, decided(f"entry.op{number}.1"))

    assert list(books.admitted) == [f"entry.op{number}.1" for number in range(12, 20)]
    assert books.admissions == 20


def lost_today(at_s: float) -> Books:
    order = buy()
    books = replace(through(opened(at_s), order, bought(order, 1_000, at_s)), at_s=at_s, day=int(at_s // 86_400))
    return apply(books, closing(books, at_s=at_s))


def test_the_days_result_begins_anew_at_midnight_utc():
    books = lost_today(MIDNIGHT - 1)
    assert books.realised_today_lamports < 0

    marked = EquityMarked(at_s=MIDNIGHT - 0.5, equity_lamports=249_000_000, open_lamports=0)
    books = apply(apply(books, marked), EntriesPaused(at_s=MIDNIGHT, by="x", why=""))
    assert books.realised_today_lamports == 0
    assert (books.day, books.day_start_equity_lamports) == (20_000, 249_000_000)


def test_a_record_that_was_stamped_before_midnight_does_not_bring_the_day_back():
    books = apply(lost_today(MIDNIGHT), EntriesPaused(at_s=MIDNIGHT - 0.1, by="x", why=""))

    assert (books.day, books.at_s) == (20_000, MIDNIGHT)
    assert books.realised_today_lamports < 0


def test_the_equity_peak_only_rises_until_the_operator_resumes():
    books = opened()
    for equity in (260_000_000, 240_000_000):
        books = apply(books, EquityMarked(at_s=1.0, equity_lamports=equity, open_lamports=7))
    assert (books.equity_lamports, books.equity_peak_lamports, books.open_lamports) == (240_000_000, 260_000_000, 7)

    books = apply(books, RiskLimitReached(at_s=1.0, limit="drawdown", lost_lamports=1, allowed_lamports=1))
    books = apply(books, EntriesPaused(at_s=1.0, by="x", why="y"))
    assert books.drawdown_halted
    assert books.paused
    books = apply(books, EntriesResumed(at_s=2.0, by="x", why="", equity_lamports=239_000_000))
    assert (books.drawdown_halted, books.paused, books.equity_peak_lamports) == (False, False, 239_000_000)


def test_a_daily_loss_closes_its_day():
    books = apply(
        opened(MIDNIGHT), RiskLimitReached(at_s=MIDNIGHT, limit="daily_loss", lost_lamports=1, allowed_lamports=1)
    )

    assert (books.loss_day, books.drawdown_halted) == (20_000, False)


def fired(at_s: float) -> EmergencyFired:
    return EmergencyFired(
        at_s=at_s,
        operation_id="op1",
        mint="M",
        trigger=ExitReason.MASSIVE_DUMP,
        slippage_bps=5_500,
        detail="",
        drop_bps=6_500,
    )


def test_an_emergency_stands_in_the_operation_and_among_the_panics():
    order = buy()
    books = apply(through(opened(), order, bought(order, 1_000)), fired(1_001.0))

    operation = books.operations["op1"]
    assert (operation.panic, operation.panic_at_s, operation.panic_slippage_bps) == (
        ExitReason.MASSIVE_DUMP,
        1_001.0,
        5_500,
    )
    assert [(panic.operation_id, panic.drop_bps) for panic in books.panics] == [("op1", 6_500)]


def test_closing_the_breaker_by_hand_forgets_the_panics_that_would_open_it_again():
    books = apply(opened(), fired(1_001.0))
    opened_again = apply(books, BreakerSet(at_s=1_002.0, until_s=3_000.0, why="x", by="y"))
    assert (opened_again.breaker_until_s, len(opened_again.panics)) == (3_000.0, 1)

    assert apply(books, BreakerSet(at_s=1_002.0, until_s=0.0, why="", by="y")).panics == ()


def test_a_violation_of_the_life_limit_counts_once_an_operation_whoever_sees_it():
    order = buy()
    books = through(opened(), order, bought(order, 1_000))
    violated = CommandmentViolated(at_s=1.0, commandment=1, operation_id="op1", detail="")
    books = apply(apply(books, violated), violated)

    assert books.violations == {1: 1}
    assert books.operations["op1"].violated


def test_a_flagged_token_stays_flagged():
    books = apply(opened(), TokenFlagged(at_s=1.0, mint="M", reason=ExitReason.HONEYPOT))

    assert books.flagged == {"M": ExitReason.HONEYPOT}


def test_a_run_brings_the_militias_rule():
    rule = MilitiaRule(losses_in_a_row=1, pause_s=5.0)
    started = RunStarted(at_s=1.0, militia=rule, mode="paper", feed="x", seed=1, version="1")
    books = apply(lost_today(MIDNIGHT), started)

    assert (books.militia_rule, books.runs) == (rule, 1)


def test_decisions_and_acts_move_nothing():
    books = opened(1.0)

    assert apply(books, OperatorActed(at_s=1.0, who="x", what="y", why="z")) == books
