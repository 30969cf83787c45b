"""The venue: signs, sends, looks, and says what became of each transaction, whatever was forgotten in between."""

from core.effects import Effects, Now, Tell
from core.errors import Refused
from core.ledger.books import Books
from core.messages import (
    FeedBatch,
    Order,
    OrderBuilt,
    OrderExpired,
    OrderLanded,
    Settlement,
    SignOrder,
    SubmitOrder,
    TransactionSettled,
)
from core.ports import Signed
from core.settings import Settings
from core.state import venue
from core.state.market_now import MarketNow
from core.types import Purpose, Role, Side

ORDER = Order(
    id="exit.op1.1", purpose=Purpose.EXIT, role=Role.LIGHTNING, payer=Role.LIGHTNING, side=Side.SELL, mint="M"
)
SUBMIT = SubmitOrder(order=ORDER, signature="S", last_valid_slot=150)
LANDED = Settlement(signature="S", slot=7, at_s=2.8)


class Chain:
    def __init__(self) -> None:
        self.sent: list[str] = []
        self.unproven: set[str] = set()
        self.landed: dict[str, Settlement] = {}

    def sign(self, order: Order, slot: int) -> Signed:
        if not order.mint:
            raise Refused("no token")
        return Signed("S", slot + 150)

    def submit(self, order: Order, signature: str, last_valid_slot: int, raw: str = "") -> None:
        self.sent.append(signature)

    def status(self, signature: str) -> Settlement | None:
        return self.landed.get(signature)

    def is_absent(self, submit: SubmitOrder, slot: int) -> bool:
        return slot > submit.last_valid_slot and submit.signature not in self.unproven


class Venue:
    def __init__(self, slot: int = 0) -> None:
        self.chain = Chain()
        self.now = Now(0.0, Books(), Settings(), MarketNow(slot=slot))
        self.state, _ = venue.begin(self.chain, self.now)

    def hears(self, message: venue.VenueMessage) -> Effects:
        self.state, effects = venue.step(self.state, message, self.now)
        return effects


def test_what_is_signed_is_good_for_150_slots() -> None:
    assert Venue(slot=10).hears(SignOrder(order=ORDER)) == (
        Tell("executor", OrderBuilt(order_id=ORDER.id, signature="S", last_valid_slot=160)),
    )


def test_an_order_that_cannot_be_built_says_why() -> None:
    order = Order(id="x", purpose=Purpose.EXIT, role=Role.LIGHTNING, payer=Role.LIGHTNING)
    assert Venue().hears(SignOrder(order=order)) == (Tell("executor", OrderBuilt(order_id="x", error="no token")),)


def test_a_landing_is_told_once_to_whoever_sent() -> None:
    one = Venue()
    assert one.hears(SUBMIT) == ()
    batch = FeedBatch(slot=7, at_s=2.8, landings=(LANDED, Settlement(signature="other", slot=7, at_s=2.8)))
    assert one.hears(batch) == (Tell("executor", OrderLanded(order_id=ORDER.id, settlement=LANDED)),)
    assert one.hears(batch) == ()


def test_what_has_landed_is_not_sent_again_but_told_again() -> None:
    one = Venue()
    one.chain.landed["S"] = LANDED
    assert one.hears(SUBMIT) == (Tell("executor", OrderLanded(order_id=ORDER.id, settlement=LANDED)),)
    assert one.chain.sent == []


def test_past_its_last_valid_slot_what_has_not_landed_is_expired() -> None:
    assert Venue(slot=150).hears(SUBMIT) == ()
    assert Venue(slot=151).hears(SUBMIT) == (
        Tell("executor", OrderExpired(order_id=ORDER.id, signature="S", slot=151)),
    )


def test_looking_sends_nothing() -> None:
    one = Venue()
    one.hears(SubmitOrder(order=ORDER, signature="S", last_valid_slot=150, only_look=True))
    assert one.chain.sent == []
    one.hears(SUBMIT)
    assert one.chain.sent == ["S"]


def test_what_cannot_be_proven_absent_is_neither_expired_nor_sent_again_and_may_still_land() -> None:
    one = Venue(slot=10)
    one.hears(SUBMIT)
    one.chain.unproven.add("S")
    one.now.market.slot = 10_000

    assert one.hears(SUBMIT) == ()
    assert one.chain.sent == ["S"]
    assert one.hears(TransactionSettled(settlement=LANDED)) == (
        Tell("executor", OrderLanded(order_id=ORDER.id, settlement=LANDED)),
    )


def test_while_nothing_can_be_journaled_exits_go_out_and_buys_do_not() -> None:
    one = Venue(slot=10)
    one.now.market.hindrances["journal"] = "the disk is full"
    buy = SubmitOrder(
        order=Order(id="b", purpose=Purpose.ENTRY, role=Role.LIGHTNING, payer=Role.LIGHTNING, side=Side.BUY, mint="M"),
        signature="B",
        last_valid_slot=150,
    )

    one.hears(buy)
    one.hears(SUBMIT)

    assert one.chain.sent == ["S"]
