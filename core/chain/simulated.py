"""What a simulated buy-then-sell says: read from the programs' own events, and from where an error came.

An error of the sale is the trap that we look for. Any other error says nothing of the token: the payer may lack funds,
the curve may be complete by now, the program may have changed.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from core.chain.events import Event
from core.chain.pump import TradeEvent
from core.chain.pumpswap import BuyEvent, SellEvent
from core.chain.untrusted import harmless

LINE_BYTES = 160


class Trip(Struct, frozen=True, kw_only=True):
    """`ok` None: it cannot be said. `in_lamports` was paid for the buy with all fees, `out_lamports` came back."""

    ok: bool | None
    in_lamports: int = 0
    out_lamports: int = 0
    cost_lamports: int = 0
    """Fees of both legs."""
    reason: str = ""


class Leg(Struct, frozen=True):
    """One trade as its event tells it: what the user paid or got, and the fees within."""

    is_buy: bool
    lamports: int
    fees_lamports: int


def read(err: str | None, events: Iterable[Event], *, sells_from: int, logs: Sequence[str] = ()) -> Trip:
    """`err` as the node gave it; `events` decoded from `logs`, the simulation's."""
    legs = [leg for event in events if (leg := leg_of(event)) is not None]
    bought = next((leg for leg in legs if leg.is_buy), None)
    sold = next((leg for leg in legs if not leg.is_buy), None)
    spent, fees = (bought.lamports, bought.fees_lamports) if bought is not None else (0, 0)
    if err is not None:
        at = failing_instruction(err)
        trapped = at is not None and at >= sells_from
        return Trip(
            ok=False if trapped else None, in_lamports=spent, cost_lamports=fees, reason="; ".join((err, *_said(logs)))
        )
    if bought is None or sold is None:
        return Trip(ok=None, reason="the simulation shows no trade")
    return Trip(ok=True, in_lamports=spent, out_lamports=sold.lamports, cost_lamports=fees + sold.fees_lamports)


def _said(logs: Sequence[str]) -> list[str]:
    """The last words of the programs: an error's number alone does not say whether money was lacking."""
    return [harmless(line, LINE_BYTES) for line in logs if "Program log: " in line or "insufficient" in line][-2:]


def failing_instruction(err: str) -> int | None:
    """The number of the instruction that failed; None where the transaction as a whole did."""
    try:
        told: Any = msgspec.json.decode(err)
        at = told["InstructionError"][0]
    except (msgspec.DecodeError, LookupError, TypeError):
        return None
    return at if isinstance(at, int) else None


def leg_of(event: Event) -> Leg | None:
    """The trade in an event of curve or pool; None for any other."""
    match event:
        case TradeEvent():
            fees = sum(part or 0 for part in (event.fee, event.creator_fee, event.cashback, event.holder_rewards))
            paid = event.quote_units + (fees if event.is_buy else -fees)
            return Leg(event.is_buy, paid, fees)
        case BuyEvent():
            return Leg(True, event.user_quote_amount_in, event.user_quote_amount_in - event.quote_amount_in)
        case SellEvent():
            return Leg(False, event.user_quote_amount_out, event.quote_amount_out - event.user_quote_amount_out)
        case _:
            return None
