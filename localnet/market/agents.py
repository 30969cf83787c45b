"""The market's people: a bounded number of keys, so that the ledger stays small whatever the simulation names."""

from hashlib import blake2b
from typing import NamedTuple

from solders.keypair import Keypair
from solders.pubkey import Pubkey

from core.types import LAMPORTS_PER_SOL
from localnet import genesis
from localnet.bank import Bank

AGENTS = 1_000
PURSE_LAMPORTS = 5_000 * LAMPORTS_PER_SOL
LEAST_LAMPORTS = 500 * LAMPORTS_PER_SOL
"""Whoever has less is given a new purse: an agent's own luck does not matter."""


class Agent(NamedTuple):
    """A key with its address, which costs as much as a signature to work out."""

    key: Keypair
    address: Pubkey


class Agents:
    """Wallets of the simulation share these keys: the same wallet has always the same one."""

    def __init__(self, bank: Bank, seed: int, count: int = AGENTS) -> None:
        self._bank = bank
        self._seed = seed
        self._count = count
        self._keys: dict[int, Agent] = {}
        self.addresses: set[str] = set()

    @property
    def numbers(self) -> list[int]:
        """Agents that have acted."""
        return sorted(self._keys)

    def of(self, wallet: str) -> Agent:
        """Who acts for a wallet of the simulation, with a full purse."""
        return self.numbered(int.from_bytes(blake2b(wallet.encode(), digest_size=8).digest(), "little") % self._count)

    def numbered(self, number: int) -> Agent:
        """Agent `number`, with a full purse."""
        found = self._keys.get(number)
        if found is None:
            key = keypair(self._seed, f"agent {number}")
            found = self._keys[number] = Agent(key, key.pubkey())
            self.addresses.add(str(found.address))
        self._fill(found.address)
        return found

    def _fill(self, address: Pubkey) -> None:
        account = self._bank.account(address)
        if account is None or account.lamports < LEAST_LAMPORTS:
            self._bank.put(address, genesis.wallet(PURSE_LAMPORTS))


def keypair(seed: int, name: str) -> Keypair:
    """The same key for the same seed and name: nothing here is worth a secret."""
    return Keypair.from_seed(blake2b(f"localnet {seed} {name}".encode(), digest_size=32).digest())
