"""The executor: carries every order through its life cycle exactly once.

What must be on disk before it goes on holds up its own order alone: while the disk takes one order's signature, the
executor takes up the next one. Of each order everything happens in the order in which it was decided.
"""

from collections import deque
from functools import partial
from itertools import takewhile
from time import monotonic

from msgspec import Struct
from typing_extensions import override

from actors.base import Context
from actors.control import Control
from actors.machine import JOURNAL, MachineActor
from actors.reply import Reply
from actors.services import services_of
from core.effects import Effect, Effects, Now, Write
from core.errors import AskTimeout
from core.messages import Append, Message, Query, SubmitOrder, Undelivered
from core.state import orders


class OnDisk(Control, frozen=True):
    """To the executor by itself: what this order waited for is committed, or has failed."""

    order_id: str
    reply: Reply


class Held(Struct):
    """What is decided for an order and waits for the disk: effects of one step after the other."""

    since_s: float
    """Real time."""
    steps: deque[Effects]


class ExecutorActor(MachineActor[orders.ExecutorMessage, orders.State]):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.held: dict[str, Held] = {}
        self._timings = services_of(context.system).timings

    @override
    def on_begin(self) -> None:
        # The books show a signature before it is on disk. Sent from there, it could land and be forgotten in a crash.
        self.ask(JOURNAL, Append(records=(), durable=True), self.journal_timeout_s)
        super().on_begin()

    @override
    def begin(self, now: Now) -> tuple[orders.State, Effects]:
        return orders.begin(now)

    @override
    def step(self, state: orders.State, message: orders.ExecutorMessage, now: Now) -> tuple[orders.State, Effects]:
        return orders.step(state, message, now)

    @override
    def handle(self, message: orders.ExecutorMessage) -> object:
        if self.system.ordered or isinstance(message, Query):
            # On the virtual clock one message is delivered at a time anyway, so to wait is the same, and plainer.
            return super().handle(message)
        self._refuse_to_wait_for_ever()
        self.state, effects = self.step(self.state, message, self.fresh())
        order_id = orders.order_id_of(message)
        held = self.held.get(order_id)
        if held is not None:
            held.steps.append(effects)
        else:
            self._go_on(order_id, deque((effects,)))
        return None

    @override
    def handle_control(self, message: object) -> None:
        match message:
            case OnDisk(order_id, reply):
                self._flow.done()
                reply.answer()  # raises what the commit failed with: then this actor begins again from the books
                self._go_on(order_id, self.held.pop(order_id).steps)
            case _:
                super().handle_control(message)

    @override
    def _told(self, to: str, message: Message) -> Undelivered | None:
        if isinstance(message, SubmitOrder):
            self._timings.submitted(message.order.id, monotonic())
        return super()._told(to, message)

    def _go_on(self, order_id: str, steps: deque[Effects]) -> None:
        """Perform what is decided, as far as the next write that must be on disk first."""
        while steps:
            effects = steps.popleft()
            before = tuple(takewhile(lambda effect: not _is_durable(effect), effects))
            if before:
                self._perform_all(before)
            if len(before) < len(effects):
                write = effects[len(before)]
                assert isinstance(write, Write)  # noqa: S101 - only writes are durable
                steps.appendleft(effects[len(before) + 1 :])
                self._hold(order_id, write, steps)
                return

    def _hold(self, order_id: str, write: Write, steps: deque[Effects]) -> None:
        self.held[order_id] = Held(monotonic(), steps)
        self._flow.busy += 1  # until `OnDisk` is handled: who waits until all is at rest waits for the disk, too
        reply = self.directory.request(JOURNAL, Append(records=(write.record,), durable=True))
        reply.rawlink(partial(self._committed, order_id, reply))

    def _committed(self, order_id: str, reply: Reply) -> None:
        if not self.inbox.control(OnDisk(order_id, reply)):
            self._flow.done()  # this incarnation has ended; the next one takes the order up from the books

    def _refuse_to_wait_for_ever(self) -> None:
        # Each order under way has a timer that comes back every few seconds, so this is looked at often enough.
        oldest = next(iter(self.held.values()), None)
        if oldest is not None and monotonic() - oldest.since_s > self.journal_timeout_s:
            raise AskTimeout(f"{JOURNAL} did not answer within {self.journal_timeout_s} s")


def _is_durable(effect: Effect) -> bool:
    return isinstance(effect, Write) and effect.durable
