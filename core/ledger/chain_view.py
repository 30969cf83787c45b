"""What a chain says of all our keys, at one finalized slot: the other side of a reconciliation and of an audit."""

from collections.abc import Mapping

from msgspec import Struct

from core.messages import Settlement
from core.types import Role, Side


class HeldTokens(Struct, frozen=True, kw_only=True):
    """A token account of ours. `tokens` 0: it is empty and only locks its rent."""

    mint: str
    role: Role
    generation: int
    tokens: int
    rent_lamports: int
    token_2022: bool = False


class FoundTransaction(Struct, frozen=True, kw_only=True):
    """A transaction in the history of our keys. `settlement` says what it did, by role, as for our own orders."""

    settlement: Settlement
    signed: bool
    """One of our keys signed it; others only sent us something."""
    role: Role = Role.LIGHTNING
    """Whose tokens it moved; with none, the first of ours that it touched."""
    generation: int = 0
    mint: str = ""
    side: Side | None = None
    """Bought or sold at a market that we know; None for everything else."""
    token_2022: bool = False
    symbol: str = ""
    creator: str = ""


class ChainView(Struct, frozen=True, kw_only=True):
    """Everything of ours. Lamports and tokens by role are those of all generations together."""

    slot: int
    at_s: float
    lamports: Mapping[Role, int]
    accumulators: Mapping[Role, int] = {}
    """Rent of volume accumulators."""
    held: tuple[HeldTokens, ...] = ()
    transactions: tuple[FoundTransaction, ...] = ()
    """Since the slot that was reconciled last, oldest first."""
    outcomes: Mapping[str, Settlement] = {}
    """By signature, of orders that the books have not settled: what has landed."""
    generation: int = 0
    """The newest generation that holds lamports."""

    def tokens(self) -> dict[str, dict[Role, int]]:
        """By mint and role; what is empty is left out."""
        found: dict[str, dict[Role, int]] = {}
        for one in self.held:
            if one.tokens:
                roles = found.setdefault(one.mint, {})
                roles[one.role] = roles.get(one.role, 0) + one.tokens
        return found
