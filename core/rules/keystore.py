"""What guessing the passphrase of a stolen keystore costs: Argon2id's passes and memory (libsodium's own presets)."""

from typing import Literal

from msgspec import Struct

Cost = Literal["sensitive", "moderate", "cheap"]

_LIMITS: dict[str, tuple[int, int]] = {"sensitive": (4, 1 << 30), "moderate": (3, 1 << 28), "cheap": (1, 8192)}


class KeystoreRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    cost: Cost = "moderate"
    """Of a keystore made from now on: `sensitive` 1 GiB and some seconds, `moderate` 256 MiB and about one, `cheap` for
    tests alone."""
    allow_cheap: bool = False
    """For tests: trade live with a cheap keystore although the node is not on this machine."""


def argon2_limits(cost: Cost) -> tuple[int, int]:
    """Passes over the memory, and the memory in bytes."""
    return _LIMITS[cost]
