"""Orders of ours in the simulated market, and what became of them."""

from msgspec import Struct

from core.market.fees import FeeRates, Fees
from core.messages import Reserves
from core.types import Side, Venue


class SimOrder(Struct, frozen=True, kw_only=True):
    """One transaction that will land in `land_slot`, after the trades of others in that slot.

    Buys are exact-in: `amount` lamports including protocol, creator and LP fees, `limit` = least token units.
    Sells: `amount` token units, `limit` = least lamports after fees.
    """

    signature: str
    """Unique for ever; any text."""
    wallet: str
    """A public key as base58 text."""
    mint: str
    side: Side
    amount: int
    limit: int
    land_slot: int
    venue: Venue | None = None
    """Where it was meant to trade: elsewhere it fails. None: wherever the token trades."""
    priority_fee_lamports: int = 0
    failure: str = ""
    """Lands, but fails for this reason, whatever the reserves: the paper venue drew it."""


class SimFill(Struct, frozen=True, kw_only=True):
    """What a landed order did. Not ok: nothing moved, and `reason` says why: slippage, dust, insufficient_tokens,
    honeypot, refused (a blacklist), complete (between curve and pool), wrong_venue, wrong_quote (not SOL), layout (the
    programs changed), unknown_token, or the order's own `failure`.

    `quote_lamports` moved the reserves, `total_lamports` was paid (buy) or received (sell), fees included; the base and
    priority fee are the payer's business.
    """

    signature: str
    mint: str
    side: Side
    slot: int
    at_s: float
    ok: bool
    reason: str = ""
    tokens: int = 0
    quote_lamports: int = 0
    total_lamports: int = 0
    fees: Fees = Fees()
    rates: FeeRates | None = None
    before: Reserves | None = None
    """The reserves that the order met; None where the token is not known."""
    after: Reserves | None = None
