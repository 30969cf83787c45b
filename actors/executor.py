"""The executor: carries every order through its life cycle exactly once."""

from typing_extensions import override

from actors.machine import MachineActor
from core.effects import Effects, Now
from core.state import orders


class ExecutorActor(MachineActor[orders.ExecutorMessage, orders.State]):
    @override
    def begin(self, now: Now) -> tuple[orders.State, Effects]:
        return orders.begin(now)

    @override
    def step(self, state: orders.State, message: orders.ExecutorMessage, now: Now) -> tuple[orders.State, Effects]:
        return orders.step(state, message, now)
