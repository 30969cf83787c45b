"""The wallet actor: one role's balance and reservations."""

from typing_extensions import override

from actors.machine import MachineActor
from core.effects import Effects, Now
from core.state import wallet
from core.types import Role


class WalletActor(MachineActor[wallet.WalletMessage, wallet.State]):
    """Its name is `wallet.<role>`."""

    @override
    def begin(self, now: Now) -> tuple[wallet.State, Effects]:
        return wallet.begin(Role(self.name.partition(".")[2]), now)

    @override
    def step(self, state: wallet.State, message: wallet.WalletMessage, now: Now) -> tuple[wallet.State, Effects]:
        return wallet.step(state, message, now)

    @override
    def view(self) -> wallet.WalletView | None:
        return wallet.view(self.state, self.fresh()) if self.begun else None
