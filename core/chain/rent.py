"""What accounts must hold to exist: lamports of rent exemption, by size (chain constants, measured 2026)."""

from typing import Final

WALLET_LAMPORTS: Final = 890_880
"""An account without data: a wallet holds at least this much, or nothing."""
TOKEN_ACCOUNT_LAMPORTS: Final = 2_039_280
"""165 bytes: an SPL token account; wrapped SOL has one too."""
TOKEN_2022_ACCOUNT_LAMPORTS: Final = 2_074_080
"""170 bytes: a Token-2022 account as the pump program makes it."""
VOLUME_ACCUMULATOR_LAMPORTS: Final = 1_844_400
"""`user_volume_accumulator`, one per wallet and program."""
NONCE_ACCOUNT_LAMPORTS: Final = 1_447_680
"""80 bytes: a durable nonce."""


def token_account_lamports(*, token_2022: bool) -> int:
    return TOKEN_2022_ACCOUNT_LAMPORTS if token_2022 else TOKEN_ACCOUNT_LAMPORTS
