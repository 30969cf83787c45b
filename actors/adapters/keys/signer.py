"""The only object that holds keys in memory: it signs, tells addresses, and shows nothing else."""

from typing import NoReturn, SupportsIndex

from mnemonic import Mnemonic
from solders.keypair import Keypair
from typing_extensions import override

from actors.adapters.keys.secret import Secret
from core.errors import Refused
from core.rules.generations import derivation_path
from core.types import Role


class Signer:
    """Keys of every generation, each derived when its address is first asked for.

    No key, seed or word leaves it: whoever has a signature to make brings the message here. A `Keypair` shows its
    secret when it is printed, so none is ever put in a variable.
    """

    __slots__ = ("_pairs", "_seed", "_signing")

    def __init__(self, words: Secret) -> None:
        self._seed = Mnemonic.to_seed(words.reveal())
        self._pairs: dict[tuple[int, Role], Keypair] = {}
        self._signing: dict[str, tuple[int, Role]] = {}

    def address(self, generation: int, role: Role) -> str:
        """Base58 of this wallet's public key."""
        which = (generation, role)
        if which not in self._pairs:
            self._pairs[which] = Keypair.from_seed_and_derivation_path(self._seed, derivation_path(generation, role))
            self._signing[str(self._pairs[which].pubkey())] = which
        return str(self._pairs[which].pubkey())

    def addresses(self, generation: int) -> dict[Role, str]:
        return {role: self.address(generation, role) for role in Role}

    def sign(self, address: str, message: bytes) -> bytes:
        """64 bytes of Ed25519. Refused for an address that this signer was never asked for."""
        if address not in self._signing:
            raise Refused(f"{address} is none of our wallets; nothing was signed")
        return bytes(self._pairs[self._signing[address]].sign_message(message))

    @override
    def __repr__(self) -> str:
        return "Signer(***)"

    @override
    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("keys are not copied or stored")
