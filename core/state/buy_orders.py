"""The orders that buy: stake, limit from the quote now, priority fee, and what the wallet must keep for them."""

from msgspec.structs import replace

from core.effects import Now
from core.ledger.books import Operation
from core.market.fees import rates_of
from core.market.quotes import buy_exact_in
from core.market.reserves import venue_of
from core.messages import CandidateReady, Order, RequestReentry, Reserves
from core.rules import mining, stake
from core.rules.capital import usd_of
from core.rules.network_fee import fee_lamports
from core.types import BASE_FEE_LAMPORTS, Purpose, Role, Side, Venue

BPS = 10_000


def price_of_sol(now: Now) -> float | None:
    """SOL/USD as the profile asks for it; None is unknown."""
    market = now.market
    return market.usd(now.at_s) if now.settings.entry.column.sol_price_judged else market.usd_unchecked()


def usual_stake(now: Now) -> int:
    """What an entry into a new coin on its curve would spend now, at the priority that others pay."""
    settings, books = now.settings, now.books
    room = settings.mining.room
    share = stake.entry_share_lamports(settings.stake, books, room=room)
    priority = mining.entry_priority_lamports(
        settings.mining,
        percentile_lamports=now.market.priority_lamports,
        volume_usd=None,
        age_s=settings.mining.young_age_s,
        stake_lamports=share,
    )
    return stake.entry_lamports(
        settings.stake, books, Venue.CURVE, room=room, token_2022=True, fee_lamports=BASE_FEE_LAMPORTS + priority
    )


def entry_order(candidate: CandidateReady, now: Now) -> Order:
    """The buy that an admission places: stake, limit from the quote now, priority, what it reserves."""
    settings, books = now.settings, now.books
    venue, room, sol_usd = candidate.reserves.venue, settings.mining.room, price_of_sol(now)
    volume_usd = None if sol_usd is None else usd_of(candidate.volume_lamports, sol_usd)

    def priority(lamports: int) -> int:
        return mining.entry_priority_lamports(
            settings.mining,
            percentile_lamports=now.market.priority_lamports,
            volume_usd=volume_usd,
            age_s=candidate.age_s,
            stake_lamports=lamports,
        )

    # The fee depends on the stake, the stake on the fee: the share is the most that both can be.
    share = stake.entry_share_lamports(settings.stake, books, room=room)
    spend = stake.entry_lamports(
        settings.stake,
        books,
        venue,
        room=room,
        token_2022=candidate.token_2022,
        fee_lamports=BASE_FEE_LAMPORTS + priority(share) + settings.cost.buy_tip_lamports,
    )
    operation_id = f"op{books.admissions + 1}"
    order = Order(
        id=f"{Purpose.ENTRY}.{operation_id}.1",
        purpose=Purpose.ENTRY,
        role=Role.LIGHTNING,
        payer=Role.LIGHTNING,
        operation_id=operation_id,
        mint=candidate.mint,
        symbol=candidate.symbol,
        creator=candidate.creator,
        insiders=candidate.insiders,
        side=Side.BUY,
        venue=venue,
        lamports=spend,
        slippage_bps=settings.mining.slippage_bps,
        priority_lamports=priority(spend),
        tip_lamports=settings.cost.buy_tip_lamports,
        token_2022=candidate.token_2022,
        generation=books.generation,
    )
    return _quoted(order, candidate.reserves, now, holds=False)


def reentry_order(request: RequestReentry, operation: Operation, now: Now) -> Order:
    """The buy that an admitted re-entry places."""
    settings, books = now.settings, now.books
    share = stake.reentry_share_lamports(settings.stake, operation)

    def priority(lamports: int) -> int:
        going = now.market.priority_lamports
        return mining.reentry_priority_lamports(settings.mining, going, stake_lamports=lamports)

    spend = stake.reentry_lamports(
        settings.stake,
        books,
        operation,
        request.reserves.venue,
        fee_lamports=BASE_FEE_LAMPORTS + priority(share) + settings.cost.buy_tip_lamports,
    )
    order = Order(
        id=f"{Purpose.REENTRY}.{operation.id}.{books.admissions + 1}",
        purpose=Purpose.REENTRY,
        role=Role.REENTRY,
        payer=Role.REENTRY,
        operation_id=operation.id,
        mint=operation.mint,
        symbol=operation.symbol,
        creator=operation.creator,
        side=Side.BUY,
        venue=request.reserves.venue,
        lamports=spend,
        slippage_bps=mining.reentry_slippage_bps(settings.mining),
        priority_lamports=priority(spend),
        tip_lamports=settings.cost.buy_tip_lamports,
        token_2022=operation.token_2022,
        generation=books.generation,
    )
    return _quoted(order, request.reserves, now, holds=Role.REENTRY in operation.holdings)


def _quoted(order: Order, reserves: Reserves, now: Now, *, holds: bool) -> Order:
    """The order with the least tokens it takes, and all that its wallet may lose by it. No limit: it buys nothing."""
    rents = stake.buy_rents_lamports(now.books, order.role, reserves.venue, token_2022=order.token_2022, holds=holds)
    venue = venue_of(reserves)
    quote = buy_exact_in(venue, order.lamports, rates_of(venue))
    tokens = quote.tokens if quote is not None else 0
    return replace(
        order,
        quoted=tokens,
        limit=tokens * (BPS - order.slippage_bps) // BPS,
        reserved_lamports=order.lamports + fee_lamports(order) + rents,
    )
