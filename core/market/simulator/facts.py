"""Read-only facts about simulated tokens, as the port `Accounts` gives them."""

from msgspec import Struct

from core.market.quotes import buy_exact_in, sell
from core.market.simulator.execution import venue_of
from core.market.simulator.market import Market
from core.market.simulator.state import Kind, Token
from core.market.simulator.trading import rates_for
from core.messages import TokenFacts

TOP_HOLDERS = 20


class RoundTrip(Struct, frozen=True, kw_only=True):
    """A simulated buy-then-sell of `in_lamports` on a copy. `ok` None: it cannot be simulated now,
    because the token trades nowhere, against another coin, or on programs whose layouts are not known yet."""

    ok: bool | None
    in_lamports: int
    out_lamports: int = 0
    cost_lamports: int = 0
    """Fees of both legs, by the schedule: what an honest token costs."""


def holders(token: Token, top: int) -> tuple[tuple[str, int], ...]:
    """(owner, token units), largest first; equal ones by address. Curve and pool are left out."""
    ranked = sorted(token.holders.items(), key=lambda holder: (-holder[1], holder[0]))
    return tuple(ranked[:top])


def round_trip(market: Market, token: Token, lamports: int) -> RoundTrip:
    """Buy for `lamports` and sell all of it at once, by an outsider, without touching the market."""
    venue = venue_of(token)
    if venue is None or market.is_upgraded or token.quote_mint:
        return RoundTrip(ok=None, in_lamports=lamports)
    rates = rates_for(token)
    bought = buy_exact_in(venue, lamports, rates)
    if bought is None:
        return RoundTrip(ok=False, in_lamports=lamports)
    sold = sell(bought.after, bought.tokens, rates)
    if sold is None or (token.kind == Kind.HONEYPOT and market.state.slot >= token.trap_slot):
        return RoundTrip(ok=False, in_lamports=lamports, cost_lamports=bought.fees.total_lamports)
    return RoundTrip(
        ok=True,
        in_lamports=bought.total_lamports,
        out_lamports=sold.total_lamports,
        cost_lamports=bought.fees.total_lamports + sold.fees.total_lamports,
    )


def facts(market: Market, token: Token, stake_lamports: int) -> TokenFacts:
    """All of them, with a round trip of the stake."""
    trip = round_trip(market, token, stake_lamports)
    return TokenFacts(
        mint=token.mint,
        at_s=market.at_s,
        slot=market.state.slot,
        supply=token.supply,
        mint_authority=False,
        freeze_authority=token.trap == "freeze_authority",
        extensions=(token.trap,) if token.trap and token.trap != "freeze_authority" else (),
        top_holders=holders(token, TOP_HOLDERS),
        holder_count=len(token.holders),
        round_trip_ok=trip.ok,
        round_trip_in_lamports=trip.in_lamports,
        round_trip_out_lamports=trip.out_lamports,
        round_trip_cost_lamports=trip.cost_lamports,
    )
