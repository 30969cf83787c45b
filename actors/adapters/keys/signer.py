"""The only objects that hold keys in memory: they sign, tell addresses, and show nothing else."""

from typing import NoReturn, SupportsIndex

from mnemonic import Mnemonic
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.signature import Signature
from typing_extensions import override

from actors.adapters.keys.secret import Secret
from core.errors import Refused
from core.rules.generations import derivation_path
from core.types import Role


class WalletKey:
    """One wallet's key: a `core.chain.build.signing.Signer`. A `Keypair` would show its secret when it is printed."""

    __slots__ = ("_pair", "_pubkey")

    def __init__(self, pair: Keypair) -> None:
        self._pair = pair
        # The library works it out of the secret each time, which costs as much as a signature.
        self._pubkey = pair.pubkey()

    def pubkey(self) -> Pubkey:
        return self._pubkey

    def sign_message(self, message: bytes) -> Signature:
        """Ed25519 over the message as it is."""
        return self._pair.sign_message(message)

    @override
    def __repr__(self) -> str:
        return f"WalletKey({self._pubkey}, ***)"

    @override
    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("keys are not copied or stored")


class Signer:
    """Every wallet of every generation, each derived when it is first asked for. No seed or word leaves it."""

    __slots__ = ("_by_address", "_keys", "_seed")

    def __init__(self, words: Secret) -> None:
        self._seed = Mnemonic.to_seed(words.reveal())
        self._keys: dict[tuple[int, Role], WalletKey] = {}
        self._by_address: dict[str, WalletKey] = {}

    def wallet(self, generation: int, role: Role) -> WalletKey:
        """What signs for this wallet."""
        which = (generation, role)
        if which not in self._keys:
            key = WalletKey(Keypair.from_seed_and_derivation_path(self._seed, derivation_path(generation, role)))
            self._keys[which] = self._by_address[str(key.pubkey())] = key
        return self._keys[which]

    def wallet_at(self, address: str) -> WalletKey:
        """What signs for this address. Refused for one that was never asked for by generation and role."""
        if address not in self._by_address:
            raise Refused(f"{address} is none of our wallets; nothing is signed for it")
        return self._by_address[address]

    def address(self, generation: int, role: Role) -> str:
        """Base58 of this wallet's public key."""
        return str(self.wallet(generation, role).pubkey())

    def addresses(self, generation: int) -> dict[Role, str]:
        return {role: self.address(generation, role) for role in Role}

    @override
    def __repr__(self) -> str:
        return "Signer(***)"

    @override
    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("keys are not copied or stored")
