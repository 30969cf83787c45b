"""One transaction as the ledger keeps it once it has landed, whether it succeeded or failed."""

from typing import Any

from msgspec import Struct, field

RentEpoch = 2**64 - 1


class TokenBalance(Struct, frozen=True):
    """What a token account of the transaction held. `index` is its place among the keys."""

    index: int
    mint: str
    owner: str
    program: str
    amount: int
    decimals: int


class Landed(Struct, kw_only=True):
    """Lamports and token units before and after, by key. `err` is the JSON form of the error, None for success."""

    signature: str
    slot: int
    position: int
    block_time_s: int
    raw: bytes
    keys: tuple[str, ...]
    loaded_writable: tuple[str, ...] = ()
    loaded_readonly: tuple[str, ...] = ()
    err: Any = None
    logs: tuple[str, ...] = ()
    units: int = 0
    fee_lamports: int = 0
    pre_lamports: tuple[int, ...] = ()
    post_lamports: tuple[int, ...] = ()
    pre_tokens: tuple[TokenBalance, ...] = ()
    post_tokens: tuple[TokenBalance, ...] = ()
    inner: list[dict[str, Any]] = field(default_factory=list)
    is_versioned: bool = True
    is_background: bool = False
    """Sent by the market's own agents: forgotten first when the history is full."""
    is_forgotten: bool = False
    """The node denies it, while it is told to forget; the chain knows better."""
