"""What a running house is watched with: when batches were sent, how far each order got when, what held the hub up.

Probes stand where the house meets its ports; nothing inside the path is changed, and a stamp costs less than a tell.
"""

import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from time import perf_counter
from typing import Any, Protocol

import gevent
from gevent.hub import get_hub, getcurrent

from actors.mailbox import CONTROL, Letter, Mailbox
from core.messages import Order, PlaceOrder
from core.records import OrderIntended, OrderSigned
from tests.benchmarks.core_speed import CoreSpeed

STAGES = ("sent", "taken", "placed", "intended", "signed", "durable", "submitted")
"""What an order passes; each stage is the time since the one before."""
INTENDED, SIGNED, DURABLE, SUBMITTED = STAGES[3:]
UNHALTED = {
    "MICRO_MILITIA_LOSSES_IN_A_ROW": "1000000",
    "MICRO_BREAKER_PANICS": "1000000",
    "MICRO_BREAKER_DUMP_SHARE": "1",
    "MICRO_REINCARNATION_OPERATIONS": "1000000",
    "MICRO_SHIELD_DAILY_LOSS_SHARE": "1",
    "MICRO_SHIELD_DRAWDOWN_SHARE": "1",
    "MICRO_PSYCHOLOGY_FLOOR_SHARE": "0",
}
"""Settings without pauses, rotations and halts: what is timed needs orders, one after the other."""


def percentile(values: Iterable[float], share: float) -> float:
    """The value that this share of all does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class Sender(Protocol):
    """A market that says when it sent the newest batch that was taken from it, and when that was taken.

    On the monotonic clock.
    """

    sent_s: float
    taken_s: float


class Orders:
    """Stamps of every order of a token, by order id; only first times count, so a re-sent order stays one.

    `before` tells the stamps of the stages that an order has passed when it is placed.
    """

    def __init__(self, before: Callable[[Order], list[float]], stages: Sequence[str] = STAGES) -> None:
        self._before, self._stages = before, stages
        self.stamps: dict[str, list[float]] = {}
        self.mints: dict[str, str] = {}
        self.speed = CoreSpeed()

    def placed(self, order: Order) -> None:
        if order.mint and order.id not in self.stamps:
            self.stamps[order.id] = [*self._before(order), perf_counter()]
            self.mints[order.id] = order.mint

    def reached(self, order_id: str, stage: str) -> None:
        stamps = self.stamps.get(order_id)
        if stamps is not None and len(stamps) < len(self._stages) and self._stages[len(stamps)] == stage:
            stamps.append(perf_counter())
            if stage == self._stages[-1]:
                get_hub().loop.run_callback(self.speed.note, order_id)  # when the order is on its way

    def forget(self) -> None:
        self.stamps.clear()
        self.mints.clear()
        self.speed = CoreSpeed()

    def times(self, *, at_full_speed: bool = False) -> list[list[float]]:
        """Of each order that was sent, or was while the core ran at its full speed: seconds of every stage but the
        first."""
        chosen = self.speed.at_full() if at_full_speed else self.stamps.keys()
        whole = [stamps for name, stamps in self.stamps.items() if len(stamps) == len(self._stages) and name in chosen]
        return [[after - before for before, after in pairwise(stamps)] for stamps in whole]


def without_questions(orders: Orders, asked_s: Mapping[str, Sequence[tuple[float, float]]]) -> list[float]:
    """Seconds of each order that was sent, less the time for which its token's facts were on their way from elsewhere.

    `asked_s`: by token, from when to when; what lies before the batch was taken or after the placing counts not.
    """
    whole = [(name, stamps) for name, stamps in orders.stamps.items() if len(stamps) == len(STAGES)]
    return [
        stamps[-1] - stamps[0] - sum(max(min(end, stamps[2]) - max(began, stamps[1]), 0.0) for began, end in asked)
        for name, stamps in whole
        for asked in (asked_s.get(orders.mints[name], ()),)
    ]


class TimedVenue:
    """A venue that notes when an order was signed and when its bytes left."""

    def __init__(self, backend: Any, orders: Orders) -> None:
        self.backend, self.orders = backend, orders

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    def submit(self, order: Order, signature: str, last_valid_slot: int, raw: str = "") -> None:
        self.orders.reached(order.id, SUBMITTED)
        self.backend.submit(order, signature, last_valid_slot, raw)


class TimedStore:
    """A journal store that notes when intents and signatures were appended, and when signatures were on disk."""

    def __init__(self, store: Any, orders: Orders) -> None:
        self.store, self.orders = store, orders

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def append(self, records: Any, *, durable: bool) -> Any:
        signed = [record.order_id for record in records if isinstance(record, OrderSigned)]
        for record in records:
            if isinstance(record, OrderIntended):
                self.orders.reached(record.order.id, INTENDED)
        for order_id in signed:
            self.orders.reached(order_id, SIGNED)
        # The hub itself may wait in here: what is on disk is on disk when this returns.
        done = self.store.append(records, durable=durable)
        for order_id in signed:
            done.rawlink(lambda _, order_id=order_id: self.orders.reached(order_id, DURABLE))
        return done


def watch_orders(directory: Any, orders: Orders) -> None:
    """Stamp every `PlaceOrder` that anybody tells."""
    tell = directory.tell

    def stamping(name: str, message: object, *, urgent: bool = False) -> bool:
        if type(message) is PlaceOrder:
            orders.placed(message.order)
        told: bool = tell(name, message, urgent=urgent)
        return told

    directory.tell = stamping


class Causes:
    """Which batch a thing is done for: every message is of the batch that the message before it was of.

    What begins with the feed's pump, the market's messages and the timers that its time makes due, is of the batch that
    the pump has just taken. So is what begins with an answer from elsewhere (an account, the disk): of the newest then.
    """

    def __init__(self, market: Sender) -> None:
        self._market = market
        self._of_letters: dict[int, tuple[float, float]] = {}
        accept, get = Mailbox.accept, Mailbox.get

        def accepting(mailbox: Mailbox, letter: Letter, *, urgent: bool = False) -> None:
            self._of_letters[id(letter)] = self._now()
            accept(mailbox, letter, urgent=urgent)

        def getting(mailbox: Mailbox) -> Letter:
            letter = get(mailbox)
            current: Any = getcurrent()
            current.cause = self._newest() if letter.kind == CONTROL else self._of_letters.pop(id(letter))
            return letter

        mailboxes: Any = Mailbox  # for good: this process measures, and ends
        mailboxes.accept, mailboxes.get = accepting, getting

    def before(self, _: Order) -> list[float]:
        """When the batch was sent that whoever runs now acts upon, and when it was taken."""
        return list(self._now())

    def _now(self) -> tuple[float, float]:
        cause: tuple[float, float] = getattr(getcurrent(), "cause", None) or self._newest()
        return cause

    def _newest(self) -> tuple[float, float]:
        return self._market.sent_s, self._market.taken_s


class Hub:
    """How long a greenlet that wants to run every millisecond is kept from it: what everybody on the hub waits."""

    EVERY_S = 0.001

    def __init__(self) -> None:
        self.stalls_s: list[float] = []
        self._ticker = gevent.spawn(self._tick)

    def _tick(self) -> None:
        while True:
            due_s = perf_counter() + self.EVERY_S
            gevent.sleep(self.EVERY_S)
            self.stalls_s.append(perf_counter() - due_s)

    def stop(self) -> None:
        self._ticker.kill()


class Collections:
    """Pauses of the garbage collector by generation, in seconds."""

    def __init__(self) -> None:
        self.pauses_s: tuple[list[float], ...] = ([], [], [])
        self._began_s = 0.0
        gc.callbacks.append(self._called)

    def _called(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began_s = perf_counter()
        else:
            self.pauses_s[info["generation"]].append(perf_counter() - self._began_s)

    def stop(self) -> None:
        gc.callbacks.remove(self._called)
