"""The accounts actor: answers what the port `Accounts` knows about a token."""

from typing_extensions import override

from actors.machine import MachineActor
from actors.services import services_of
from core.effects import Effects, Now
from core.messages import GetFacts
from core.state import accounts


class AccountsActor(MachineActor[GetFacts, accounts.State]):
    @override
    def begin(self, now: Now) -> tuple[accounts.State, Effects]:
        return accounts.begin(services_of(self.system).accounts, now)

    @override
    def step(self, state: accounts.State, message: GetFacts, now: Now) -> tuple[accounts.State, Effects]:
        return accounts.step(state, message, now)

    @override
    def view(self) -> None:
        return None  # it keeps nothing
