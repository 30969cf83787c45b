"""Program ids, fixed wallets and discriminators: the facts that change when a program is upgraded, in one place.

A discriminator is the first 8 bytes of SHA-256 over `event:Name`, `account:Name` or `global:instruction_name`; that is
how the framework these programs are built with makes them, and the published interface files (pump-sdk 2.0.0) agree.
"""

from hashlib import sha256
from typing import Final

PUMP: Final = "6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P"
PUMPSWAP: Final = "pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA"
PUMP_FEES: Final = "pfeeUxB6jkeY1Hxd7CsFCAjcbHA9rWtchMGdZ6VojVZ"
MAYHEM: Final = "MAyhSmzXzV1pTf7LsNkrNwkWKTo4ougAJ1PPg47MD4e"
LAUNCHLAB: Final = "LanMV9sAd7wArD4vJFi2qDdfnVhFxYSUg6eADduJ3uj"
RAYDIUM_CPMM: Final = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"
RAYDIUM_AMM_V4: Final = "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"

SYSTEM: Final = "11111111111111111111111111111111"
"""Also what an all-zero key reads as: the programs write it where they mean `none`."""
COMPUTE_BUDGET: Final = "ComputeBudget111111111111111111111111111111"
TOKEN: Final = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
TOKEN_2022: Final = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"
ASSOCIATED_TOKEN: Final = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"

WSOL_MINT: Final = "So11111111111111111111111111111111111111112"
MAYHEM_AGENT: Final = "BwWK17cbHxwWBKZkUYvzxLcNQ1YVyaFezduWbtm2de6s"
"""Trades mayhem coins without fee and off the curve: its prices are nobody else's."""

CPI_EVENT_PREFIX: Final = bytes.fromhex("e445a52e51cb9a1d")
"""Stands before the discriminator where a program reports an event by calling itself."""

NAMES: Final = {
    PUMP: "pump",
    PUMPSWAP: "pumpswap",
    PUMP_FEES: "pump_fees",
    MAYHEM: "mayhem",
    LAUNCHLAB: "launchlab",
    RAYDIUM_CPMM: "raydium_cpmm",
    RAYDIUM_AMM_V4: "raydium_amm_v4",
}
"""Short names for counters and labels: bounded, unlike ids."""


def event_discriminator(name: str) -> bytes:
    """The 8 bytes before an event's fields. `name` as in the interface file, for example `TradeEvent`."""
    return sha256(f"event:{name}".encode()).digest()[:8]


def account_discriminator(name: str) -> bytes:
    """The 8 bytes at the start of an account's data. `name` as in the interface file, for example `BondingCurve`."""
    return sha256(f"account:{name}".encode()).digest()[:8]


def instruction_discriminator(name: str) -> bytes:
    """The 8 bytes at the start of an instruction's data. `name` in snake case, for example `buy_exact_sol_in`."""
    return sha256(f"global:{name}".encode()).digest()[:8]
