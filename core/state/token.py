"""What a watcher has seen of its token: reserves, holders, volume, what its creator did, peaks of the last minute.

Mutable and updated in place: this is what every trade of every young token costs. Nothing here is journaled; the feed
can show it again.
"""

from typing import TYPE_CHECKING

from msgspec import Struct

from core.messages import Graduated, InsiderFunded, Launched, PoolOpened, Reserves, TokenFacts, Traded
from core.rules import mining, stake
from core.rules.entry import Sight
from core.rules.profile import Profile
from core.state import holders, window
from core.state.holders import Holders
from core.state.window import WindowMax
from core.types import BASE_FEE_LAMPORTS, LAMPORTS_PER_SOL, Side

if TYPE_CHECKING:
    from core.effects import Now

_SELL = Side.SELL  # looking a member up costs as much as the rest of a trade's bookkeeping


class Token(Struct, kw_only=True):
    """`seen_at_s`: up to this market time everything that happened to the token is in here."""

    launched: Launched
    reserves: Reserves
    slot: int
    seen_at_s: float
    holders: Holders
    prices: WindowMax
    liquidities: WindowMax
    creator_signature: str
    """Of the creator's last transaction that was counted."""
    creation_unnamed: bool
    """The launch named no signature, and no trade of its slot has been taken for a part of it yet."""
    untradable: str = ""
    untradable_for_ever: bool = False
    missed: bool = False
    """Trades were missed: counts are unknown."""
    facts: TokenFacts | None = None
    """The newest; with the reserves when they came, and what trades did not explain of them then."""
    facts_reserves: Reserves | None = None
    unexplained_units: int | None = None
    creator_transactions: int = 1
    creator_sold_units: int = 0
    """Of the creator and the wallets it funded."""
    insiders: frozenset[str] = frozenset()
    """Wallets that the creator was seen to fund."""
    volume_lamports: int = 0


def begin(launched: Launched) -> Token:
    """At the creation. `skipped` above 0 says that what followed it may have been missed."""
    untradable = "quoted in another coin than SOL" if launched.quote_mint else "mayhem coin" if launched.mayhem else ""
    return Token(
        launched=launched,
        reserves=launched.reserves,
        slot=launched.slot,
        seen_at_s=launched.at_s,
        holders=holders.begin(gapless=not launched.skipped),
        prices=WindowMax(launched.reserves.price),
        liquidities=WindowMax(launched.reserves.real_quote),
        creator_signature=launched.signature,
        creation_unnamed=not launched.signature,
        untradable=untradable,
        untradable_for_ever=bool(untradable),
        missed=bool(launched.skipped),
    )


def traded(token: Token, trade: Traded, owners_kept: int, span_s: float) -> None:
    """A trade that landed."""
    if trade.skipped:
        miss(token)
    if trade.quote_mint:
        end_trading(token, "trades against another coin than SOL")
        return
    launched, trader, units = token.launched, trade.trader, trade.tokens
    sold = trade.side is _SELL
    token.volume_lamports += trade.quote_lamports
    holders.traded(token.holders, trader, -units if sold else units, owners_kept)
    if trader == launched.creator or trader == launched.user:  # noqa: PLR1714  # a tuple to look into costs as much as the step
        _creator_traded(token, trade)
        if sold:
            token.creator_sold_units += units
    elif sold and trader in token.insiders:
        token.creator_sold_units += units
    stand(token, trade.reserves, trade.slot, trade.at_s, span_s)


def stand(token: Token, reserves: Reserves, slot: int, at_s: float, span_s: float) -> None:
    """From `at_s` on these reserves stand."""
    token.reserves = reserves
    token.slot = slot
    if at_s < token.seen_at_s:  # noqa: PLR1730  # max() costs twice as much, and this runs for every trade
        at_s = token.seen_at_s
    token.seen_at_s = at_s
    window.move(token.prices, reserves.quote / reserves.base, at_s, span_s)
    window.move(token.liquidities, reserves.real_quote, at_s, span_s)


def _creator_traded(token: Token, trade: Traded) -> None:
    signature = trade.signature
    if signature and signature == token.creator_signature:
        return  # one more trade of a transaction that is counted
    if token.creation_unnamed and trade.slot == token.launched.slot:
        # Taken for the creation's own buy; a second transaction in that slot counts.
        token.creation_unnamed = False
    else:
        token.creator_transactions += 1
    token.creator_signature = signature


def insider_funded(token: Token, message: InsiderFunded) -> None:
    """From here on this wallet's sales count as the creator's."""
    token.insiders |= {message.wallet}


def insiders_sell(token: Token, trade: Traded) -> bool:
    """Whether the creator, or a wallet that it funded, sold in this trade or in one merged into it."""
    return any(trade.has_sold(wallet) for wallet in (token.launched.creator, *token.insiders) if wallet)


def graduated(token: Token, message: Graduated) -> None:
    """Nothing trades until the pool opens."""
    if message.skipped:
        miss(token)
    token.slot = message.slot
    token.seen_at_s = max(token.seen_at_s, message.at_s)
    if not token.untradable_for_ever:
        token.untradable = "the curve is complete and its pool has not opened"


def pool_opened(token: Token, message: PoolOpened, *, span_s: float) -> None:
    if message.skipped:
        miss(token)
    if message.quote_mint:
        end_trading(token, "its pool is quoted in another coin than SOL")
        return
    if not token.untradable_for_ever:
        token.untradable = ""
    stand(token, message.reserves, message.slot, message.at_s, span_s)


def miss(token: Token) -> None:
    """Trades were missed: what was counted is unknown from here on."""
    token.missed = True
    holders.missed(token.holders)


def learned(token: Token, facts: TokenFacts) -> None:
    """Facts came. What happened before they were read was queued before them: so far everything is seen."""
    if token.facts is None or facts.at_s >= token.facts.at_s:
        token.facts, token.facts_reserves = facts, token.reserves
        largest = facts.top_holders
        token.unexplained_units = None if largest is None else holders.unexplained_units(token.holders, largest)
    token.seen_at_s = max(token.seen_at_s, facts.at_s)


def end_trading(token: Token, why: str) -> None:
    token.untradable, token.untradable_for_ever = why, True


def usd(now: "Now", column: Profile) -> float | None:
    """SOL/USD as the profile asks for it: agreed and fresh, or whatever a recording has."""
    return now.market.usd(now.at_s) if column.sol_price_judged else now.market.usd_unchecked()


def stake_lamports(token: Token, now: "Now", sol_usd: float | None) -> int:
    """What an entry would spend now. Without room a token is weighed by the share that an entry will have again."""
    settings, books = now.settings, now.books
    room = settings.mining.room
    share = stake.entry_share_lamports(settings.stake, books, room=room)
    if books.open_entries() >= room:
        return share
    priority = mining.entry_priority_lamports(
        settings.mining,
        percentile_lamports=now.market.priority_lamports,
        volume_usd=None if sol_usd is None else token.volume_lamports * sol_usd / LAMPORTS_PER_SOL,
        age_s=now.at_s - token.launched.at_s,
        stake_lamports=share,
    )
    return stake.entry_lamports(
        settings.stake,
        books,
        token.reserves.venue,
        room=room,
        token_2022=token.launched.token_2022,
        fee_lamports=BASE_FEE_LAMPORTS + priority,
    )


def sight(token: Token, now: "Now") -> Sight:
    """Everything the entry conditions are judged on, now."""
    launched, market, mint = token.launched, now.market, token.launched.mint
    span_s = now.settings.emergency.peak_window_s
    sol_usd = usd(now, now.settings.entry.column)
    social = market.social.of(mint, now.at_s) if market.social is not None else None
    return Sight(
        now_s=now.at_s,
        untradable=token.untradable,
        untradable_for_ever=token.untradable_for_ever,
        age_s=now.at_s - launched.at_s,
        reserves=token.reserves,
        supply=launched.supply,
        cashback=launched.cashback,
        holders=holders.count(token.holders),
        creator_transactions=None if token.missed else token.creator_transactions,
        creator_sold_units=token.creator_sold_units,
        volume_lamports=token.volume_lamports,
        highest_price=window.highest_at(token.prices, at_s=now.at_s, window_s=span_s),
        highest_liquidity_lamports=int(window.highest_at(token.liquidities, at_s=now.at_s, window_s=span_s)),
        lag_s=market.slot_at_s - token.seen_at_s if market.slot else None,
        sol_usd=sol_usd,
        priority_lamports=market.priority_lamports,
        priority_median_lamports=market.priority_median_lamports(),
        stake_lamports=stake_lamports(token, now, sol_usd),
        social_source=social is not None,
        mentions=social.mentions if social else None,
        sentiment=social.sentiment if social else None,
        social_score=social.score if social else 0.0,
        flagged=now.books.flagged.get(mint),
        held_until_s=now.at_s if now.books.operation_of(mint) else now.books.held_until_s.get(mint),
        facts=token.facts,
        facts_reserves=token.facts_reserves,
        unexplained_units=token.unexplained_units,
    )
