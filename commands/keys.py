"""How a command gets at the keys of a state directory: one door, with everything that must be true before it opens."""

from collections.abc import Sequence
from pathlib import Path

import gevent

from actors.adapters.endpoint import hosts_are_loopback
from actors.adapters.environment import passphrase_file
from actors.adapters.keys import memory
from actors.adapters.keys.passphrase import passphrase
from actors.adapters.keys.secret import Secret
from actors.adapters.keys.signer import Signer
from actors.adapters.keys.vault import Vault
from core.errors import Refused
from core.settings import Settings


def vault_of(settings: Settings) -> Vault:
    """The keystore of the state directory, there or not."""
    return Vault(Path(settings.runtime.state_dir), gevent.get_hub().threadpool)


def asked_passphrase(settings_file: str | None, *, twice: bool = False) -> Secret:
    """From file, environment or prompt, after the memory was sealed: from here on it holds secrets."""
    memory.seal()
    return passphrase(passphrase_file(file=Path(settings_file) if settings_file else None), twice=twice)


def opened(settings: Settings, settings_file: str | None, *, nodes: Sequence[str], generation: int = 0) -> Signer:
    """The keys, for trading over these node addresses. Raises Refused in one line: no keystore, its mode, its cost, no
    passphrase, a wrong one."""
    vault = vault_of(settings)
    check_cost(vault, settings, nodes)
    return vault.open(asked_passphrase(settings_file), generation=generation)


def check_cost(vault: Vault, settings: Settings, nodes: Sequence[str]) -> None:
    """Refused where a keystore made for tests would guard real money."""
    if vault.is_cheap() and not (settings.keystore.allow_cheap or hosts_are_loopback(nodes)):
        raise Refused(
            f"{vault.path} was made for tests (MICRO_KEYSTORE_COST=cheap): whoever copies it guesses its passphrase; "
            "make one of cost moderate before real money goes there"
        )
