"""The keystore of a state directory: made once, opened by passphrase, copied for safe keeping.

Argon2 runs in a native thread and comes back through the hub: other greenlets go on meanwhile.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from gevent.threadpool import ThreadPool

from actors.adapters.keys import addresses, private_file, sealed
from actors.adapters.keys.addresses import Addresses
from actors.adapters.keys.secret import Secret
from actors.adapters.keys.signer import Signer
from actors.adapters.pool import call
from core.errors import Refused
from core.rules.keystore import Cost

KEYSTORE = "keystore.json"
ADDRESSES = "wallets.json"
_WHAT = "the keystore"

Newest: TypeAlias = Callable[[Signer], int]
"""Finds the newest generation of these keys that is in use."""


class Vault:
    """`path`: the encrypted words. `addresses_path`: the public keys beside them."""

    def __init__(self, directory: Path, pool: ThreadPool) -> None:
        """`pool`: for Argon2, as `gevent.get_hub().threadpool`."""
        self.path = directory / KEYSTORE
        self.addresses_path = directory / ADDRESSES
        self._pool = pool

    def exists(self) -> bool:
        return self.path.exists()

    def check_new(self) -> None:
        """Refused where a keystore is already here: it is never overwritten."""
        if self.exists():
            raise Refused(f"{self.path} exists already; it is never overwritten: move it away first")

    def create(self, words: Secret, passphrase: Secret, cost: Cost, newest: Newest | None = None) -> Addresses:
        """A keystore of these words, read back before it is trusted. `newest` finds the generation in use; without it
        the words are new. Raises Refused, and what `newest` raises; then there is none."""
        self.check_new()
        content = call(self._pool, sealed.sealed, words, passphrase, cost)
        if call(self._pool, sealed.opened, content, passphrase, "the new keystore") != words:
            raise Refused("the new keystore does not open to its own words; is the memory of this machine sound?")
        listed = _listed(Signer(words), newest)
        private_file.write(self.path, content, _WHAT)
        addresses.write(self.addresses_path, listed)
        return listed

    def adopt(self, backup: Path, passphrase: Secret, newest: Newest | None = None) -> Addresses:
        """A keystore from its backup, which must open. Else as `create`."""
        self.check_new()
        content = backup_of(backup)
        words = call(self._pool, sealed.opened, content, passphrase, str(backup))
        listed = _listed(Signer(words), newest)
        private_file.write(self.path, content, _WHAT)
        addresses.write(self.addresses_path, listed)
        return listed

    def is_cheap(self) -> bool:
        """Whether its passphrase is cheap to guess (made for tests). Raises Refused where there is no keystore."""
        return sealed.parsed(self._content(), str(self.path)).is_cheap

    def open(self, passphrase: Secret, *, generation: int = 0) -> Signer:
        """The keys. Raises Refused: no keystore, readable by others, damaged, or a wrong passphrase.

        The list of addresses is made anew where it is missing, damaged, altered, or ends too soon after `generation`.
        """
        signer = Signer(call(self._pool, sealed.opened, self._content(), passphrase, str(self.path)))
        self.keep(signer, generation)
        return signer

    def keep(self, signer: Signer, generation: int) -> None:
        """Let the list of addresses be that of this signer, and reach beyond `generation`. Raises Refused."""
        listed = addresses.listed(signer, max(generation, self._kept_generation()))
        if not self._is_kept(listed):
            addresses.write(self.addresses_path, listed)

    def addresses(self) -> Addresses:
        """The public keys, without a passphrase. Raises Refused."""
        if not self.exists():
            raise Refused(f"there is no keystore in {self.path.parent}; make one with `wallets init`")
        return addresses.read(self.addresses_path)

    def export(self, to: Path) -> str:
        """Copy the encrypted file, read it back. Its checksum. Raises Refused; an existing file stays as it is."""
        content = self._content()
        found = sealed.parsed(content, str(self.path))
        private_file.write(to, content, "the backup")
        if private_file.read(to, "the backup") != content:
            raise Refused(f"the backup {to} does not read back as it was written; choose another disk")
        return found.checksum

    def _content(self) -> bytes:
        if not self.exists():
            raise Refused(f"there is no keystore in {self.path.parent}; make one with `wallets init`")
        return private_file.read(self.path, _WHAT)

    def _kept_generation(self) -> int:
        try:
            return addresses.read(self.addresses_path).generation
        except Refused:
            return 0  # missing or damaged: it is made anew

    def _is_kept(self, listed: Addresses) -> bool:
        try:
            kept = addresses.read(self.addresses_path)
        except Refused:
            return False
        return kept == listed


def _listed(signer: Signer, newest: Newest | None) -> Addresses:
    return addresses.listed(signer, newest(signer) if newest is not None else 0)


def backup_of(path: Path) -> bytes:
    """The content of a backup that is whole. Raises Refused."""
    content = private_file.read(path, "the backup")
    sealed.parsed(content, str(path))
    return content
