"""One actor per token: weighs it from its creation until it is bought, finally refused or too old."""

from typing_extensions import override

from actors.machine import MachineActor
from core.effects import Effects, Now
from core.state import watcher


class WatcherActor(MachineActor[watcher.WatcherMessage, watcher.State]):
    @override
    def begin(self, now: Now) -> tuple[watcher.State, Effects]:
        return watcher.begin(self.context.args, now)

    @override
    def step(self, state: watcher.State, message: watcher.WatcherMessage, now: Now) -> tuple[watcher.State, Effects]:
        return watcher.step(state, message, now)
