"""The commandment supervisor: every entry passes here or is refused. Exits never ask."""

from typing_extensions import override

from actors.machine import MachineActor
from core.effects import Effects, Now
from core.state import commandments


class CommandmentsActor(MachineActor[commandments.CommandmentsMessage, commandments.State]):
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
