"""The notifier: keeps the alerts that everybody raises. Lives outside of trading and needs nothing of it.

Where notifications go out, it passes on what it was told; when nobody is there to take it, or too much waits, it stands
under /alerts all the same.
"""

from typing_extensions import override

from actors.base import Context
from actors.machine import MachineActor
from core.effects import Effects, Now
from core.errors import Refused
from core.messages import AlertStood
from core.state import notifier

NOTIFICATIONS = "notifications"


class NotifierActor(MachineActor[notifier.NotifierMessage, notifier.State]):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.not_passed_on = 0
        """Told while the mailbox of `notifications` was full."""

    @override
    def begin(self, now: Now) -> tuple[notifier.State, Effects]:
        return notifier.begin(now)

    @override
    def step(
        self, state: notifier.State, message: notifier.NotifierMessage, now: Now
    ) -> tuple[notifier.State, Effects]:
        after, effects = notifier.step(state, message, now)
        raised = notifier.news(state, after)
        if raised is not None:
            self._pass_on(raised)
        return after, effects

    def _pass_on(self, raised: AlertStood) -> None:
        try:
            self.directory.offer(NOTIFICATIONS, raised)
        except Refused:
            self.not_passed_on += 1

    @override
    def view(self) -> notifier.AlertsView:
        return notifier.view(self.state)
