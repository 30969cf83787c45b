"""The venue actor: what the executor sends goes to the chain, paper or real; what landed comes back."""

from typing_extensions import override

from actors.machine import MachineActor
from actors.services import services_of
from core.effects import Effects, Now
from core.state import venue


class VenueActor(MachineActor[venue.VenueMessage, venue.State]):
    @override
    def begin(self, now: Now) -> tuple[venue.State, Effects]:
        return venue.begin(services_of(self.system).backend, now)

    @override
    def step(self, state: venue.State, message: venue.VenueMessage, now: Now) -> tuple[venue.State, Effects]:
        return venue.step(state, message, now)

    @override
    def view(self) -> None:
        return None  # its backend shows itself; signatures under way are the executor's to show
