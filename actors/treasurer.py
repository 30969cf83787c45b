"""The treasurer: taxes and restores after each operation, reincarnates the wallets after the third."""

from typing_extensions import override

from actors.machine import MachineActor
from core.effects import Effects, Now
from core.state import treasurer


class TreasurerActor(MachineActor[treasurer.TreasurerMessage, treasurer.State]):
    @override
    def begin(self, now: Now) -> tuple[treasurer.State, Effects]:
        return treasurer.begin(now)

    @override
    def step(
        self, state: treasurer.State, message: treasurer.TreasurerMessage, now: Now
    ) -> tuple[treasurer.State, Effects]:
        return treasurer.step(state, message, now)
