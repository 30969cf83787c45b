"""The notifier: keeps the alerts that everybody raises. Lives outside of trading and needs nothing of it."""

from typing_extensions import override

from actors.machine import MachineActor
from core.effects import Effects, Now
from core.state import notifier


class NotifierActor(MachineActor[notifier.NotifierMessage, notifier.State]):
    @override
    def begin(self, now: Now) -> tuple[notifier.State, Effects]:
        return notifier.begin(now)

    @override
    def step(
        self, state: notifier.State, message: notifier.NotifierMessage, now: Now
    ) -> tuple[notifier.State, Effects]:
        return notifier.step(state, message, now)

    @override
    def view(self) -> notifier.AlertsView:
        return notifier.view(self.state)
