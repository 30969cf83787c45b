"""What the journal remembers of a comparison with the chain: what nobody had written down before it was found there."""

from msgspec import field

from core.record import Posting, Record
from core.types import Role


class CapitalConfirmed(Record, frozen=True, kw_only=True, tag="capital_confirmed"):
    """The operator confirmed at the first live start how much may be traded with; what is above it stays unspent."""

    usd: float
    lamports: int
    by: str


class ForeignSeen(Record, frozen=True, kw_only=True, tag="foreign_seen"):
    """Tokens that others sent to one of our wallets: listed, never traded. `tokens` 0: they are gone."""

    mint: str
    role: Role
    tokens: int
    rent_lamports: int = 0
    """Of their account. Whoever sent them paid it: it is in no account of the books."""


class PositionAdopted(Record, frozen=True, kw_only=True, tag="position_adopted"):
    """A token that a transaction of our keys bought while the books knew nothing of it: sold as soon as it can be."""

    operation_id: str
    mint: str
    signature: str
    why: str


class UnjournaledFound(Record, frozen=True, kw_only=True, tag="unjournaled_found"):
    """A transaction that our keys signed and nobody journaled: another process has them. Stops entries.

    `postings` book what it moved, against the account `unjournaled`; empty where orders made of it book that.
    """

    signature: str
    slot: int
    error: str
    what: str
    postings: tuple[Posting, ...] = ()
    rents: dict[Role, int] = field(default_factory=dict)
    """Change of refundable rent by role."""


class ChainReconciled(Record, frozen=True, kw_only=True, tag="chain_reconciled"):
    """Book and chain were compared, and the histories of our keys read, up to this finalized slot."""

    slot: int
    findings: tuple[str, ...] = ()
    """What nothing explains."""
