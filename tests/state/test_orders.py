"""The life cycle of an order: every step, every crash between two steps, every late or doubled answer."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.effects import After, Cancel, Effects, Now, StartChild, Tell, Write
from core.ledger.books import Books
from core.ledger.fold import apply
from core.messages import (
    Message,
    Order,
    OrderBuilt,
    OrderClosed,
    OrderExpired,
    OrderLanded,
    PlaceOrder,
    Release,
    ReservationAnswered,
    Reserve,
    Settlement,
    SignOrder,
    SubmitOrder,
    Tick,
    Undelivered,
)
from core.records import EmergencyFired, OrderIntended, OrderSettled, OrderSigned
from core.settings import Settings
from core.state import orders
from core.types import ExitReason, Purpose, Role, Side, Venue

ENTRY = Order(
    id="entry.op1.1",
    purpose=Purpose.ENTRY,
    role=Role.LIGHTNING,
    payer=Role.LIGHTNING,
    operation_id="op1",
    mint="MINT",
    symbol="M",
    side=Side.BUY,
    venue=Venue.CURVE,
    lamports=1_000_000,
    limit=90,
    reserved_lamports=1_010_000,
)
EXIT = Order(
    id="exit.op1.1",
    purpose=Purpose.EXIT,
    role=Role.LIGHTNING,
    payer=Role.LIGHTNING,
    operation_id="op1",
    mint="MINT",
    side=Side.SELL,
    venue=Venue.CURVE,
    tokens=100,
    reason=ExitReason.TAKE_PROFIT,
)
TAX = Order(
    id="tax.op1.1",
    purpose=Purpose.TAX,
    role=Role.LIGHTNING,
    payer=Role.LIGHTNING,
    operation_id="op1",
    to_role=Role.PSYCHOLOGY,
    lamports=10,
)
BOUGHT = Settlement(
    signature="S1",
    slot=10,
    at_s=5.0,
    tokens=100,
    quote_lamports=-980_000,
    fees={"base": 5_000, "protocol": 20_000},
    changes={"lightning": -1_005_000},
)
FAILED = Settlement(
    signature="S1", slot=10, at_s=5.0, error="slippage", fees={"base": 5_000}, changes={"lightning": -5_000}
)


class Executor:
    """Owns the machine as an actor does: writes go to the books, the rest is kept to look at."""

    def __init__(self, books: Books | None = None) -> None:
        self.now = Now(0.0, books if books is not None else Books(), Settings())
        self.sent: list[tuple[str, Message]] = []
        self.written: list[Any] = []
        self.started: list[StartChild] = []
        self.timers: set[str] = set()
        self.state, effects = orders.begin(self.now)
        self._perform(effects)

    def hears(self, message: orders.ExecutorMessage) -> list[tuple[str, Message]]:
        before = len(self.sent)
        self.state, effects = orders.step(self.state, message, self.now)
        self._perform(effects)
        return self.sent[before:]

    def crashes(self) -> "Executor":
        return Executor(self.now.books)

    def _perform(self, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Tell():
                    self.sent.append((effect.to, effect.message))
                case Write():
                    self.written.append(effect)
                    self.now.books = apply(self.now.books, effect.record)  # type: ignore[arg-type]
                case After():
                    self.timers.add(effect.key)
                case Cancel():
                    self.timers.discard(effect.key)
                case StartChild():
                    self.started.append(effect)
                case _:
                    raise AssertionError(effect)


def signed(executor: Executor, order: Order = ENTRY, signature: str = "S1") -> Executor:
    executor.hears(PlaceOrder(order=order))
    if order.side is not Side.SELL:
        executor.hears(ReservationAnswered(order=order, granted=True))
    executor.hears(OrderBuilt(order_id=order.id, signature=signature, last_valid_slot=150))
    return executor


def test_an_entry_is_reserved_intended_signed_sent_and_booked_before_anybody_hears_of_it() -> None:
    executor = Executor()

    assert executor.hears(PlaceOrder(order=ENTRY)) == [("wallet.lightning", Reserve(order=ENTRY))]
    assert executor.hears(ReservationAnswered(order=ENTRY, granted=True)) == [("venue", SignOrder(order=ENTRY))]
    assert executor.hears(OrderBuilt(order_id=ENTRY.id, signature="S1", last_valid_slot=150)) == [
        ("venue", SubmitOrder(order=ENTRY, signature="S1", last_valid_slot=150))
    ]
    told = executor.hears(OrderLanded(order_id=ENTRY.id, settlement=BOUGHT))

    assert [type(write.record) for write in executor.written] == [OrderIntended, OrderSigned, OrderSettled]
    assert [write.durable for write in executor.written] == [False, True, True]
    assert told == [
        ("wallet.lightning", Release(order_id=ENTRY.id)),
        ("commandments", OrderClosed(order=ENTRY, outcome="filled", settlement=BOUGHT)),
    ]
    assert [(one.supervisor, one.name) for one in executor.started] == [("positions", "position.MINT")]
    assert executor.now.books.operations["op1"].tokens == 100
    assert not executor.timers


def test_a_reverted_buy_is_a_cost_and_never_a_position() -> None:
    executor = signed(Executor())

    told = executor.hears(OrderLanded(order_id=ENTRY.id, settlement=FAILED))

    assert not executor.started
    assert not executor.now.books.operations
    assert executor.now.books.accounts == {"wallet:lightning": -5_000, "failed_entries": 5_000}
    assert told[-1] == (
        "commandments",
        OrderClosed(order=ENTRY, outcome="failed", settlement=FAILED, error="slippage"),
    )


def test_the_same_bytes_go_out_again_until_the_outcome_is_known() -> None:
    executor = signed(Executor())

    again = executor.hears(Tick(key=ENTRY.id))

    assert again == [("venue", SubmitOrder(order=ENTRY, signature="S1", last_valid_slot=150))]
    assert executor.now.books.orders[ENTRY.id].signature == "S1"


def test_an_order_placed_twice_is_done_once_also_after_it_is_settled() -> None:
    executor = signed(Executor())
    assert executor.hears(PlaceOrder(order=ENTRY)) == []
    executor.hears(OrderLanded(order_id=ENTRY.id, settlement=FAILED))
    assert executor.hears(PlaceOrder(order=ENTRY)) == []


def test_a_landing_told_twice_is_booked_once() -> None:
    executor = signed(Executor())
    executor.hears(OrderLanded(order_id=ENTRY.id, settlement=BOUGHT))
    books = executor.now.books

    assert executor.hears(OrderLanded(order_id=ENTRY.id, settlement=BOUGHT)) == []
    assert executor.now.books is books


def test_an_expired_signature_frees_the_order_and_moves_nothing() -> None:
    executor = signed(Executor())

    told = executor.hears(OrderExpired(order_id=ENTRY.id, signature="S1", slot=151))

    assert told[-1][1] == OrderClosed(order=ENTRY, outcome="expired", error="absent past its last valid slot")
    assert executor.now.books.accounts == {}
    assert executor.now.books.orders == {}


def test_the_expiry_of_another_signature_is_not_ours() -> None:
    executor = signed(Executor())
    assert executor.hears(OrderExpired(order_id=ENTRY.id, signature="other", slot=151)) == []
    assert ENTRY.id in executor.now.books.orders


def test_a_refused_reservation_ends_the_order_before_anything_is_journaled() -> None:
    executor = Executor()
    executor.hears(PlaceOrder(order=ENTRY))

    told = executor.hears(ReservationAnswered(order=ENTRY, granted=False, reason="too little"))

    assert told[-1] == ("commandments", OrderClosed(order=ENTRY, outcome="refused", error="too little"))
    assert not executor.written


@pytest.mark.parametrize("when", ["placed", "reserved"])
def test_an_entry_past_its_deadline_is_not_begun(when: str) -> None:
    executor = Executor()
    executor.now.at_s = 11.0 if when == "placed" else 9.0
    told = executor.hears(PlaceOrder(order=ENTRY, deadline_s=10.0))
    if when == "reserved":
        executor.now.at_s = 11.0
        told = executor.hears(ReservationAnswered(order=ENTRY, granted=True))

    assert told[-1] == ("commandments", OrderClosed(order=ENTRY, outcome="refused", error="past its deadline"))
    assert not executor.written


def test_exits_ask_no_wallet_for_leave() -> None:
    executor = Executor()
    assert executor.hears(PlaceOrder(order=EXIT)) == [("venue", SignOrder(order=EXIT))]


def test_a_wallet_that_is_down_grants_nothing() -> None:
    executor = Executor()
    executor.hears(PlaceOrder(order=ENTRY))

    told = executor.hears(Undelivered(to="wallet.lightning", command=Reserve(order=ENTRY), full=False))

    assert told[-1][1] == OrderClosed(order=ENTRY, outcome="refused", error="its wallet is down")


def test_a_venue_that_is_down_is_asked_again() -> None:
    executor = Executor()
    executor.hears(PlaceOrder(order=EXIT))
    executor.hears(Undelivered(to="venue", command=SignOrder(order=EXIT), full=False))

    assert EXIT.id in executor.timers
    assert executor.hears(Tick(key=EXIT.id)) == [("venue", SignOrder(order=EXIT))]


def test_a_panic_stops_what_was_pending_from_going_out_again_but_not_its_outcome() -> None:
    executor = signed(Executor())
    executor.hears(OrderLanded(order_id=ENTRY.id, settlement=BOUGHT))
    signed(executor, EXIT, "X1")
    fired = EmergencyFired(
        at_s=6.0, operation_id="op1", mint="MINT", trigger=ExitReason.OPERATOR, slippage_bps=6_000, detail=""
    )
    executor.now.books = apply(executor.now.books, fired)

    again = executor.hears(Tick(key=EXIT.id))

    assert again == [("venue", SubmitOrder(order=EXIT, signature="X1", last_valid_slot=150, only_look=True))]
    assert executor.hears(OrderExpired(order_id=EXIT.id, signature="X1", slot=151))
    panic = replace(EXIT, id="panic.op1.2", purpose=Purpose.PANIC)
    signed(executor, panic, "P1")
    assert executor.hears(Tick(key=panic.id)) == [
        ("venue", SubmitOrder(order=panic, signature="P1", last_valid_slot=150))
    ]


def test_a_crash_after_signing_sends_the_same_bytes_again() -> None:
    executor = signed(Executor()).crashes()
    assert executor.sent == [("venue", SubmitOrder(order=ENTRY, signature="S1", last_valid_slot=150))]


def test_a_crash_before_signing_gives_an_entry_up_and_goes_on_with_an_exit() -> None:
    executor = Executor()
    executor.hears(PlaceOrder(order=ENTRY))
    executor.hears(ReservationAnswered(order=ENTRY, granted=True))
    executor.hears(PlaceOrder(order=EXIT))

    again = executor.crashes()

    assert ("venue", SignOrder(order=EXIT)) in again.sent
    closed = [message for to, message in again.sent if to == "commandments"]
    assert closed == [OrderClosed(order=ENTRY, outcome="refused", error="restarted before it was signed")]
    assert set(again.now.books.orders) == {EXIT.id}


def test_a_settlement_that_does_not_add_up_is_not_booked() -> None:
    executor = signed(Executor())
    with pytest.raises(ValueError, match="off by 1 lamports"):
        executor.hears(OrderLanded(order_id=ENTRY.id, settlement=replace(BOUGHT, changes={"lightning": -1_004_999})))


@pytest.mark.parametrize(("order", "name"), [(ENTRY, "commandments"), (EXIT, "position.MINT"), (TAX, "treasurer")])
def test_whoever_placed_an_order_hears_of_its_end(order: Order, name: str) -> None:
    assert orders.owner(order) == name


def test_a_transaction_that_another_order_signed_is_not_taken_for_this_ones() -> None:
    executor = signed(Executor(), TAX)
    executor.hears(OrderLanded(order_id=TAX.id, settlement=replace(FAILED, changes={"lightning": -5_000})))
    again = replace(TAX, id="tax.op1.2")
    executor.hears(PlaceOrder(order=again))
    executor.hears(ReservationAnswered(order=again, granted=True))

    told = executor.hears(OrderBuilt(order_id=again.id, signature="S1", last_valid_slot=150))

    closed = OrderClosed(order=again, outcome="refused", error="the same transaction was signed before")
    assert ("treasurer", closed) in told
    assert executor.now.books.accounts["treasury"] == 5_000
