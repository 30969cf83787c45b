"""One actor per open position: from the first fill until flat."""

from typing_extensions import override

from actors.machine import MachineActor
from core.effects import Effects, Now
from core.state import position


class PositionActor(MachineActor[position.PositionMessage, position.Position]):
    @override
    def begin(self, now: Now) -> tuple[position.Position, Effects]:
        return position.begin(self.context.args, now)

    @override
    def step(
        self, state: position.Position, message: position.PositionMessage, now: Now
    ) -> tuple[position.Position, Effects]:
        return position.step(state, message, now)

    @override
    def view(self) -> position.PositionView | None:
        return position.view(self.state, self.fresh()) if self.begun else None
