"""Our wallets on the chain: addresses by role and generation, and back; what signs for each; whose rent comes back."""

from collections.abc import Mapping

from solders.pubkey import Pubkey

from actors.adapters.keys.signer import Signer, WalletKey
from core.chain.build.addresses import PUMP_ID, PUMPSWAP_ID, volume_accumulator
from core.chain.outcome import Ours, Wallet
from core.types import Role


class WatchedWallets:
    """Addresses alone: enough to read what is ours. Never forgets one: what lies in an old wallet is still ours."""

    def __init__(self) -> None:
        self._wallets: dict[str, Wallet] = {}
        self._accumulators: dict[str, Role] = {}

    def learn(self, generation: int, addresses: Mapping[Role, str]) -> None:
        """These are the wallets of the generation."""
        for role, address in addresses.items():
            self._wallets[address] = Wallet(role, generation)
            for program in (PUMP_ID, PUMPSWAP_ID):
                self._accumulators[str(volume_accumulator(Pubkey.from_string(address), program))] = role

    def ours(self) -> Ours:
        """All of them, as settlements are read with."""
        return Ours(wallets=self._wallets, accumulators=self._accumulators)

    def addresses(self) -> tuple[tuple[str, Wallet], ...]:
        """Every address with its wallet, oldest generation first."""
        return tuple(self._wallets.items())

    def accumulators(self) -> tuple[tuple[str, Role], ...]:
        return tuple(self._accumulators.items())


class OurWallets(WatchedWallets):
    """With the keys. Grows with the generations."""

    def __init__(self, signer: Signer, generation: int) -> None:
        """Knows every generation up to the one after `generation`."""
        super().__init__()
        self._signer = signer
        self._newest = -1
        self.know(generation + 1)

    def know(self, generation: int) -> None:
        """Learn the addresses up to this generation."""
        for number in range(self._newest + 1, generation + 1):
            self.learn(number, self._signer.addresses(number))
            self._newest = number

    def key(self, role: Role, generation: int) -> WalletKey:
        """What signs for the wallet."""
        self.know(generation + 1)
        return self._signer.wallet(generation, role)

    def pubkey(self, role: Role, generation: int) -> Pubkey:
        return self.key(role, generation).pubkey()

    def address(self, role: Role, generation: int) -> str:
        return str(self.pubkey(role, generation))
