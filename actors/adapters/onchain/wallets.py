"""Our wallets on the chain: addresses by role and generation, and back; what signs for each; whose rent comes back."""

from solders.pubkey import Pubkey

from actors.adapters.keys.signer import Signer, WalletKey
from core.chain.build.addresses import PUMP_ID, PUMPSWAP_ID, volume_accumulator
from core.chain.outcome import Ours, Wallet
from core.types import Role


class OurWallets:
    """Grows with the generations; never forgets one: what lies in an old wallet is still ours."""

    def __init__(self, signer: Signer, generation: int) -> None:
        """Knows every generation up to the one after `generation`."""
        self._signer = signer
        self._wallets: dict[str, Wallet] = {}
        self._accumulators: dict[str, Role] = {}
        self._newest = -1
        self.know(generation + 1)

    @property
    def newest(self) -> int:
        """The newest generation known here; one further than what is in use."""
        return self._newest

    def know(self, generation: int) -> None:
        """Learn the addresses up to this generation."""
        for number in range(self._newest + 1, generation + 1):
            for role in Role:
                key = self._signer.wallet(number, role)
                self._wallets[str(key.pubkey())] = Wallet(role, number)
                for program in (PUMP_ID, PUMPSWAP_ID):
                    self._accumulators[str(volume_accumulator(key.pubkey(), program))] = role
            self._newest = number

    def key(self, role: Role, generation: int) -> WalletKey:
        """What signs for the wallet."""
        self.know(generation + 1)
        return self._signer.wallet(generation, role)

    def pubkey(self, role: Role, generation: int) -> Pubkey:
        return self.key(role, generation).pubkey()

    def address(self, role: Role, generation: int) -> str:
        return str(self.pubkey(role, generation))

    def ours(self) -> Ours:
        """All of them, as settlements are read with."""
        return Ours(wallets=self._wallets, accumulators=self._accumulators)

    def addresses(self) -> tuple[tuple[str, Wallet], ...]:
        """Every address with its wallet, oldest generation first."""
        return tuple(self._wallets.items())

    def accumulators(self) -> tuple[tuple[str, Role], ...]:
        return tuple(self._accumulators.items())
