"""The commandment supervisor: every entry passes here or is refused. Exits never ask."""

from time import monotonic

from typing_extensions import override

from actors.base import Context
from actors.machine import MachineActor
from actors.services import services_of
from core.effects import Effects, Now
from core.messages import Message, PlaceOrder, Undelivered
from core.state import commandments


class CommandmentsActor(MachineActor[commandments.CommandmentsMessage, commandments.State]):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._timings = services_of(context.system).timings

    @override
    def begin(self, now: Now) -> tuple[commandments.State, Effects]:
        return commandments.begin(now)

    @override
    def step(
        self, state: commandments.State, message: commandments.CommandmentsMessage, now: Now
    ) -> tuple[commandments.State, Effects]:
        return commandments.step(state, message, now)

    @override
    def view(self) -> commandments.GateView | None:
        return commandments.view(self.state, self.fresh()) if self.begun else None

    @override
    def _told(self, to: str, message: Message) -> Undelivered | None:
        if isinstance(message, PlaceOrder):
            self._timings.decided(message.order.id, monotonic() if self.since_s is None else self.since_s)
        return super()._told(to, message)
