"""Scripted tokens: planted in the market to live by a script, so that rare events happen when one wants to see them.

Prices are multiples of the curve's start price, times are seconds of market time. The market itself stays as it is: a
step is trades of the token's own holders on true reserves, and what our orders did to them counts.
"""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.market.simulator.spells import Seconds, Share

TrapName = Literal[
    "freeze_authority", "transfer_hook", "permanent_delegate", "default_frozen", "pausable", "transfer_fee"
]
"""How a token keeps outsiders from selling: an authority or a Token-2022 extension."""
Multiple = Annotated[float, Meta(gt=0.0, le=1_000.0)]


class Since(StrEnum):
    """What a step's time counts from."""

    LAUNCH = "launch"
    OUR_BUY = "our_buy"
    """The first buy that was submitted to the market: of a trader, not of its agents."""


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    after_s: Seconds
    since: Since = Since.LAUNCH


class PriceTo(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="price_to"):
    """Holders buy or sell until the price is `to`: in one slot, or evenly over `over_s`."""

    to: Multiple
    over_s: Seconds = 0.0


class CreatorSells(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="creator_sells"):
    """The creator sells this share of what it holds."""

    share: Share = 1.0


class LiquidityPulled(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="liquidity_pulled"):
    """Holders other than the creator take this share of the real quote reserves out in one slot."""

    share: Share = 0.5


class Trap(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="trap"):
    """The token becomes a honeypot: what does it can be read from its accounts from now on."""

    trap: TrapName = "transfer_hook"
    shuts_s: Seconds | None = 0.0
    """So much later outsiders cannot sell any more; None: it never shuts."""


class SalesRefused(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="sales_refused"):
    """Our sales fail for a while though a stranger's simulated one succeeds: a blacklist that nothing shows."""

    for_s: Seconds


class Completed(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="completed"):
    """Somebody buys the rest of the curve in one slot; the pool opens `migrates_s` later, and until then the token
    trades nowhere."""

    migrates_s: Seconds = 2.0


AnyStep = PriceTo | CreatorSells | LiquidityPulled | Trap | SalesRefused | Completed


class Plant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scripted token. Defaults make one that the default entry conditions like, and that then lies still."""

    at_s: Seconds = 0.0
    """Launched so long after the market's start."""
    own_buy_sol: Seconds = 0.5
    """Of the creator, in the creation transaction."""
    buyers: Annotated[int, Meta(ge=0, le=2_000)] = 110
    """Wallets that buy once and hold, evenly over `over_s`."""
    over_s: Seconds = 62.0
    """Long enough that some come after the first minute: a token is judged again at its next trade."""
    buy_sol: Seconds = 0.4
    attention: Seconds = 0.0
    """Organic buyers it attracts beside those: they come and go as of any token."""
    cashback: bool = False
    token_2022: bool = True
    mayhem: bool = False
    usdc: bool = False
    """Quoted in USDC."""
    steps: tuple[AnyStep, ...] = ()
