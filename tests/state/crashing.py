"""One process, one journal and one chain that may part at any moment: between two effects, before and after a send.

Executor and venue are the real machines and a start reconciles as the real one does. The chain signs anew each time
(another blockhash, another signature), lands what was sent when the test says so, and remembers everything.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from core.effects import After, Cancel, Effects, Now, Offer, StartChild, Tell, Write
from core.ledger import postings
from core.ledger.books import Books
from core.ledger.chain_view import ChainView, HeldTokens
from core.ledger.fold import apply
from core.ledger.reconciliation import reconcile
from core.messages import (
    Message,
    Order,
    OrderClosed,
    PlaceOrder,
    ReservationAnswered,
    Reserve,
    Settlement,
    SubmitOrder,
    TransactionSettled,
)
from core.ports import Signed
from core.records import AnyRecord, CapitalOpened
from core.settings import Settings
from core.state import orders, venue
from core.state.market_now import MarketNow
from core.types import ExitReason, Purpose, Role, Side

START = 50_000_000
SPEND, TOKENS, RENT, FEE, PROCEEDS = 1_000_000, 777, 2_039_280, 5_000, 1_100_000
MINT = "MINT"
LIFE_SLOTS, FINAL_SLOTS = 150, 32
SLOTS = 2_000
"""Long past everything that can still happen."""


class Crash(Exception):
    """The process is gone."""


class Fate(Struct, frozen=True, kw_only=True):
    """What goes wrong in one run."""

    crash_at: tuple[int, ...] = ()
    """Moments, counted over the whole run, at which the process dies."""
    keeps_all: bool = False
    """The disk had more than what was known to be durable."""
    lands_after: int = 1
    """Slots from a send to its block."""
    lost_sends: int = 0
    """The first sends of each transaction that reach nobody."""
    down_slots: int = 0
    """How long the process is away."""
    hidden_slots: int = 0
    """How long after its landing the node does not know of a transaction."""
    fails_first: bool = False
    """The first transaction of each side that lands fails there."""


class Chain:
    """Implements `core.ports.VenueBackend`."""

    def __init__(self, fate: Fate, moment: Any) -> None:
        self.fate, self.moment = fate, moment
        self.slot = 1_000
        self.lamports, self.tokens, self.rent = START, 0, 0
        self.signed = 0
        self.sends: dict[str, int] = {}
        self.going: dict[str, tuple[Order, int]] = {}
        self.landed: dict[str, Settlement] = {}
        self.failed_sides: set[Side | None] = set()
        self.orders: dict[str, Order] = {}

    def sign(self, order: Order, slot: int) -> Signed:
        self.moment()
        self.signed += 1
        signature = f"{order.id}/{self.signed}"
        self.orders[signature] = order
        self.moment()
        return Signed(signature, self.slot + LIFE_SLOTS, f"raw {signature}")

    def submit(self, order: Order, signature: str, last_valid_slot: int, raw: str = "") -> None:
        assert raw == f"raw {signature}", "other bytes than those that were signed"
        self.moment()
        self.sends[signature] = self.sends.get(signature, 0) + 1
        if self.sends[signature] > self.fate.lost_sends and signature not in self.landed:
            self.going.setdefault(signature, (order, min(self.slot + self.fate.lands_after, last_valid_slot)))
        self.moment()

    def status(self, signature: str) -> Settlement | None:
        settlement = self.landed.get(signature)
        hidden = settlement is not None and self.slot < settlement.slot + self.fate.hidden_slots
        return None if hidden else settlement

    def is_absent(self, submit: SubmitOrder, slot: int) -> bool:
        return slot > submit.last_valid_slot + FINAL_SLOTS and submit.signature not in self.landed

    def step(self) -> list[Settlement]:
        """The next slot; what landed and can be seen."""
        self.slot += 1
        for signature, (order, at_slot) in tuple(self.going.items()):
            if at_slot <= self.slot:
                del self.going[signature]
                self.landed[signature] = self._execute(order, signature)
        return [one for one in self.landed.values() if one.slot + self.fate.hidden_slots == self.slot]

    def view(self) -> ChainView:
        held = (HeldTokens(mint=MINT, role=Role.LIGHTNING, generation=0, tokens=self.tokens, rent_lamports=RENT),)
        seen = {signature: one for signature in self.landed if (one := self.status(signature)) is not None}
        return ChainView(
            slot=self.slot,
            at_s=self.slot * 0.4,
            lamports={Role.LIGHTNING: self.lamports},
            held=held if self.rent else (),
            outcomes=seen,
        )

    def _execute(self, order: Order, signature: str) -> Settlement:
        base: dict[str, Any] = {"slot": self.slot, "at_s": self.slot * 0.4, "signature": signature}
        base["fees"] = {"base": FEE}
        fails = (self.fate.fails_first and order.side not in self.failed_sides) or (
            order.side is Side.SELL and not self.tokens
        )
        if fails:
            self.failed_sides.add(order.side)
            self.lamports -= FEE
            return Settlement(error="failed", changes={Role.LIGHTNING: -FEE}, **base)
        tokens, quote, rent = TOKENS, -SPEND, RENT
        if order.side is Side.SELL:
            tokens, quote, rent = -self.tokens, PROCEEDS, -RENT
        change = quote - rent - FEE
        self.lamports, self.tokens, self.rent = self.lamports + change, self.tokens + tokens, self.rent + rent
        return Settlement(
            tokens=tokens, quote_lamports=quote, rent_lamports=rent, changes={Role.LIGHTNING: change}, **base
        )


class Process:
    """Runs until everything has come to rest, through the crashes of its fate."""

    def __init__(self, fate: Fate) -> None:
        self.fate = fate
        self.moments = 0
        self.crashes = 0
        self.chain = Chain(fate, self.moment)
        self.now = Now(400.0, Books(), Settings(), MarketNow(slot=1_000))
        self.records: list[AnyRecord] = []
        self.history = [Books()]
        self.durable = 0
        self.queue: deque[tuple[str, Message]] = deque()
        self.timers: dict[str, tuple[int, Message]] = {}
        self.states: dict[str, Any] = {}
        opened = CapitalOpened(
            at_s=400.0,
            mode="live",
            seed=1,
            capital_usd=4.0,
            sol_usd=80.0,
            postings=postings.of_capital({Role.LIGHTNING: START}),
        )
        self.write(opened, durable=True)
        self._alive(self.start)

    @property
    def books(self) -> Books:
        return self.now.books

    def moment(self) -> None:
        """Here the process may die."""
        self.moments += 1
        if self.moments in self.fate.crash_at:
            raise Crash

    def run(self) -> "Process":
        for _ in range(SLOTS):
            if self.at_rest():
                break
            self._alive(self._slot)
        return self

    def at_rest(self) -> bool:
        """Nothing is wished, open, or on its way."""
        return self.wish() is None and not self.books.orders and not self.chain.going

    def write(self, record: AnyRecord, *, durable: bool = False) -> None:
        self.now.books = apply(self.now.books, record)
        self.records.append(record)
        self.history.append(self.now.books)
        if durable:
            self.durable = len(self.records)

    def start(self) -> None:
        """As a start does: fold, reconcile, then the machines."""
        for record in reconcile(self.books, self.chain.view()).records:
            self.write(record)
        self.durable = len(self.records)
        self.queue.clear()
        self.timers.clear()
        self.now.market.slot = self.chain.slot
        self.states = {}
        for name, machine in (("venue", lambda now: venue.begin(self.chain, now)), ("executor", orders.begin)):
            self.states[name], effects = machine(self.now)
            self._perform(effects)

    def _restart(self) -> None:
        kept = len(self.records) if self.fate.keeps_all else self.durable
        del self.records[kept:], self.history[kept + 1 :]
        self.now.books = self.history[-1]
        for _ in range(self.fate.down_slots):
            self.chain.step()
        self._alive(self.start)
        self._alive(self._drain)

    def _alive(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Crash:
            self.crashes += 1
            self._restart()

    def _slot(self) -> None:
        for settlement in self.chain.step():
            self.queue.append(("venue", TransactionSettled(settlement=settlement)))
        self.now.market.slot, self.now.at_s = self.chain.slot, self.chain.slot * 0.4
        for key, (at_slot, message) in tuple(self.timers.items()):
            if at_slot <= self.chain.slot:
                del self.timers[key]
                self.queue.append(("executor", message))
        self._drain()
        wish = self.wish()
        if wish is not None:
            self.queue.append(("executor", PlaceOrder(order=wish)))
        self._drain()

    def wish(self) -> Order | None:
        """Buy once, then sell everything, as gate and position would: nothing while an order of the token is open."""
        books = self.books
        operation = books.operation_of(MINT)
        if operation is None:
            buying = any(o.order.side is Side.BUY for o in books.orders.values())
            return None if buying else _order(Purpose.ENTRY, books.order_count + 1)
        overdue = self.chain.slot - self.now.settings.orders.sign_again_slots
        going = [o for o in books.orders.values() if not o.signature or o.last_valid_slot >= overdue]
        return _order(Purpose.EXIT, books.order_count + 1) if operation.tokens and not going else None

    def _drain(self) -> None:
        while self.queue:
            name, message = self.queue.popleft()
            if isinstance(message, OrderClosed):
                continue
            step = venue.step if name == "venue" else orders.step
            self.states[name], effects = step(self.states[name], message, self.now)  # type: ignore[arg-type]
            self._perform(effects)

    def _perform(self, effects: Effects) -> None:
        for effect in effects:
            self.moment()
            match effect:
                case Tell(message=Reserve() as reserve):
                    self.queue.append(("executor", ReservationAnswered(order=reserve.order, granted=True)))
                case Tell() | Offer():
                    if effect.to in ("executor", "venue"):
                        self.queue.append((effect.to, effect.message))
                case Write():
                    self.write(effect.record, durable=effect.durable)  # type: ignore[arg-type]  # one of the union
                case After():
                    self.timers[effect.key] = (self.chain.slot + max(round(effect.delay_s / 0.4), 1), effect.message)
                case Cancel():
                    self.timers.pop(effect.key, None)
                case StartChild():
                    pass  # a position begins from the books, as `wish` says
                case _:
                    raise AssertionError(effect)
        self.moment()


def _order(purpose: Purpose, number: int) -> Order:
    order = Order(
        id=f"{purpose}.op1.{number}",
        purpose=purpose,
        role=Role.LIGHTNING,
        payer=Role.LIGHTNING,
        operation_id="op1",
        mint=MINT,
        side=Side.BUY,
        lamports=SPEND,
        reserved_lamports=SPEND + RENT + FEE,
    )
    if purpose is Purpose.ENTRY:
        return order
    return replace(
        order,
        side=Side.SELL,
        lamports=0,
        reserved_lamports=0,
        tokens=TOKENS,
        reason=ExitReason.DECAY,
        close_account=True,
    )
