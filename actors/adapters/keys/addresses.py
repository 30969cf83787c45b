"""The public keys of a keystore, kept in a file beside it: to look at wallets nobody needs to type a passphrase."""

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from actors.adapters.keys import private_file
from actors.adapters.keys.signer import Signer
from core.errors import Refused
from core.types import Role

AHEAD = 16
"""Generations kept beyond the newest one that is used."""
_WHAT = "the list of addresses"


class Addresses(Struct, frozen=True, forbid_unknown_fields=True):
    """`wallets[generation]` holds the five addresses in the order of their roles. Nothing in it is secret."""

    format: Literal["micro-lightning-addresses"]
    version: Literal[1]
    generation: int
    """The newest that was in use when the keystore was made or restored; the journal knows later ones."""
    wallets: tuple[tuple[str, ...], ...]

    def of(self, generation: int) -> dict[Role, str]:
        """Refused beyond what is kept."""
        if not 0 <= generation < len(self.wallets):
            raise Refused(f"generation {generation} is not in the list of addresses; open the keystore once to add it")
        return dict(zip(Role, self.wallets[generation], strict=True))


def listed(signer: Signer, generation: int) -> Addresses:
    """All generations to `AHEAD` beyond this one."""
    wallets = tuple(tuple(signer.addresses(number).values()) for number in range(generation + AHEAD + 1))
    return Addresses("micro-lightning-addresses", 1, generation, wallets)


def write(path: Path, addresses: Addresses) -> None:
    """Raises Refused."""
    text = msgspec.json.format(msgspec.json.encode(addresses), indent=1) + b"\n"
    private_file.write(path, text, _WHAT, replace=True)


def read(path: Path) -> Addresses:
    """Raises Refused where it is missing or no such list."""
    content = private_file.read(path, _WHAT, most_bytes=1 << 24)
    try:
        found = msgspec.json.decode(content, type=Addresses)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Refused(f"{_WHAT} {path} is damaged: {error}; `wallets show --verify` makes it anew") from None
    if not found.wallets or any(len(one) != len(Role) for one in found.wallets):
        raise Refused(f"{_WHAT} {path} is damaged; `wallets show --verify` makes it anew")
    return found
