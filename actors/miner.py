"""The miner: ranks what passes, once a second, and asks for the best."""

from typing_extensions import override

from actors.machine import MachineActor
from core.effects import Effects, Now
from core.state import miner


class MinerActor(MachineActor[miner.MinerMessage, miner.State]):
    @override
    def begin(self, now: Now) -> tuple[miner.State, Effects]:
        return miner.begin(now)

    @override
    def step(self, state: miner.State, message: miner.MinerMessage, now: Now) -> tuple[miner.State, Effects]:
        return miner.step(state, message, now)

    @override
    def view(self) -> miner.MinerView | None:
        return miner.view(self.state) if self.begun else None
