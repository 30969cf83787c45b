"""The executor: carries every order through its life cycle exactly once."""

from typing_extensions import override

from actors.machine import JOURNAL, MachineActor
from core.effects import Effects, Now
from core.messages import Append
from core.state import orders


class ExecutorActor(MachineActor[orders.ExecutorMessage, orders.State]):
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
