"""The strategy port: what a user's own strategy is asked, and all that it may answer.

A strategy judges; it never acts. It is asked about a token only after every entry condition of the rules has passed,
and may bar it or rank it. It is asked about an open position only where no layer wants to sell, and may have more of it
sold than the rules would sell by now. It sees copies, holds no reference to books, wallets or orders, and is pure: the
same question has the same answer, whenever and however often it is asked.

Write a class with the two methods of `MemcoinStrategy`, and start with `--strategy package.module:Class`.
"""

from typing import Protocol

from msgspec import Struct

from core.rules.verdict import Outcome
from core.types import Venue


class StrategyRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a strategy is allowed."""

    most_s: float = 0.05
    """Real time for one answer. In real time a later one is not waited for; on the virtual clock it is counted."""
    partial_exits: int = 4
    """Fills of sales that it asked for, by operation; then only a wish to sell everything is heard."""


class Candidate(Struct, frozen=True, kw_only=True):
    """A token that passes every entry condition now. Lamports, token base units, market time, USD at today's SOL."""

    mint: str
    symbol: str
    creator: str
    at_s: float
    age_s: float
    venue: Venue
    price: float
    """Spot, lamports per base unit."""
    highest_price: float
    """Of the last 60 s."""
    liquidity_lamports: int
    """What sellers could take out."""
    liquidity_usd: float
    volume_lamports: int
    volume_usd: float
    holders: int | None
    """None where the profile does not ask for them."""
    quality: float
    risk: float
    """Scores of the rules, 0…1."""
    stake_lamports: int
    reentry: bool
    """More is to be bought of what we hold. Then only the outcome counts: nothing is ranked."""


class Holding(Struct, frozen=True, kw_only=True):
    """An open position. Lamports, token base units, market time."""

    operation_id: str
    mint: str
    symbol: str
    at_s: float
    held_s: float
    """Since the first fill."""
    bought_tokens: int
    held_tokens: int
    cost_lamports: int
    """Paid for all that was bought, with market fees; ÷ `bought_tokens` = average cost."""
    sale_lamports: int
    """What selling all of `held_tokens` would bring now, net of market fees."""
    gain: float
    """Sale price over average cost, as a fraction: 0.15 is +15 %."""
    price: float
    entry_price: float
    highest_price: float
    """Spot: now, at the first fill, and the highest of the last 60 s."""
    liquidity_lamports: int


class Opinion(Struct, frozen=True, kw_only=True):
    """What a strategy says of a candidate.

    `outcome`: only pass lets it be entered; fail and unknown bar it until the next look. `score`: the candidate with
    the highest is put before the gate. `reason` is shown with the verdict, at most 200 characters.
    """

    score: float
    outcome: Outcome = Outcome.PASS
    reason: str = ""


class Leave(Struct, frozen=True, kw_only=True):
    """By now this share of all that was bought should be sold, by whatever rule: above 0, at most 1.

    A target and no order: repeating it sells nothing twice, a lower one than what is sold already does nothing, and
    where time wants more, time is heard.
    """

    sold: float
    reason: str


class MemcoinStrategy(Protocol):
    """Both methods answer at once, change nothing, and depend on their argument and on constants alone."""

    name: str
    """Shown in reports and alerts; 1 to 40 printable characters."""

    def weigh(self, candidate: Candidate) -> Opinion:
        """Whether this token may be entered, and how it ranks among those that may."""
        ...

    def leave(self, holding: Holding) -> Leave | None:
        """How much of the position should be sold by now; None leaves it to the rules."""
        ...


class MicroLightning:
    """The house's own: the highest quality − risk first, exits by the rules alone (rules.md §4 to §7)."""

    name = "Micro-Lightning"

    def weigh(self, candidate: Candidate) -> Opinion:
        return Opinion(score=candidate.quality - candidate.risk)

    def leave(self, holding: Holding) -> Leave | None:
        return None
