"""What a watcher goes on doing for a token that is bought: it alone knows holders and history from the creation on.

While the buy is on its way nobody else watches: an emergency seen then is told to the position as soon as it exists,
so that what lands is sold at once (rules.md §7). In the golden window it judges a wish to buy more by every entry
condition but age and passes it to the gate (§4).
"""

from msgspec import Struct
from msgspec.structs import replace

from core.effects import After, Effect, Effects, Finish, Now, Offer, Tell
from core.messages import (
    DataEnded,
    EnterMint,
    EntryAnswered,
    FactsSeen,
    GetFacts,
    Graduated,
    InsiderFunded,
    Message,
    PoolOpened,
    RaiseEmergency,
    RequestReentry,
    Tick,
    Traded,
)
from core.rules import emergency, entry
from core.rules.emergency import Seen, Trigger
from core.rules.verdict import Verdict
from core.state import holders, opinion, token
from core.state.position.state import buying
from core.state.token import Token

ESCORT = "escort"
TICK_S = 1.0
NOT_ASKED_AGAIN = frozenset({"age", "memory"})
"""A held token may be older, and is no token that we held before."""


class Escort(Struct, kw_only=True):
    """Mutable, as `token` is."""

    token: Token
    began_at_s: float
    alarm: Trigger | None = None
    """An emergency that no position has taken up yet."""
    wish: RequestReentry | None = None
    """To buy more, waiting for facts."""


def begin(seen: Token, now: Now) -> tuple[Escort, Effects]:
    """At the admission of the entry."""
    return Escort(token=seen, began_at_s=now.at_s), (_tick(),)


def step(escort: Escort, message: Message, now: Now) -> Effects:
    seen, span_s = escort.token, now.settings.emergency.peak_window_s
    match message:
        case Traded():
            token.traded(seen, message, owners_kept=now.settings.entry.owners_kept, span_s=span_s)
            return _watch(escort, now, creator_sells=token.insiders_sell(seen, message))
        case Graduated():
            token.graduated(seen, message)
        case PoolOpened():
            token.pool_opened(seen, message, span_s=span_s)
            return _watch(escort, now)
        case InsiderFunded():
            token.insider_funded(seen, message)
        case RequestReentry():
            return _wished(escort, message, now)
        case FactsSeen():
            token.learned(seen, message.facts)
            return _judged(escort, now)
        case Tick(key="escort"):
            return (Finish(),) if _over(escort, now) else (*_insiders(escort, now), *_alarm(escort, now), _tick())
        case DataEnded():
            return (Finish(),)
        case EnterMint():
            held = EntryAnswered(mint=message.mint, admitted=False, verdicts=(Verdict.failed("memory", "held now"),))
            return (Tell(message.reply_to, held),)
        case _:
            pass  # timers of the time before, and answers that concern the position
    return ()


def _tick() -> After:
    return After(ESCORT, TICK_S, Tick(key=ESCORT))


def _watch(escort: Escort, now: Now, *, creator_sells: bool = False) -> Effects:
    """Until the position judges for itself: what of the market is an emergency for what is on its way to us."""
    if now.books.operation_of(escort.token.launched.mint) is None and escort.alarm is None:
        sight = token.sight(escort.token, now)
        seen = Seen(
            price=sight.reserves.price,
            peak_price=sight.highest_price,
            liquidity_lamports=sight.reserves.real_quote,
            peak_liquidity_lamports=sight.highest_liquidity_lamports,
        )
        escort.alarm = emergency.market_trigger(now.settings.emergency, seen, creator_sells=creator_sells)
    return _alarm(escort, now)


def _alarm(escort: Escort, now: Now) -> Effects:
    """Tell the position, again and again until its panic is in the books."""
    alarm, mint = escort.alarm, escort.token.launched.mint
    operation = now.books.operation_of(mint)
    if alarm is None or operation is None:
        return ()
    if operation.panic is not None:
        escort.alarm = None
        return ()
    detail = f"while the buy was on its way: {alarm.detail}"
    raised = RaiseEmergency(trigger=alarm.reason, mint=mint, detail=detail, by=f"watcher.{mint}")
    return (Offer(f"position.{mint}", raised),)


def _insiders(escort: Escort, now: Now) -> Effects:
    """Wallets that the creator funded while the buy was on its way: nobody else could tell the position of them."""
    seen = escort.token
    operation = now.books.operation_of(seen.launched.mint)
    unknown = seen.insiders - operation.insiders if operation is not None else frozenset[str]()
    name = f"position.{seen.launched.mint}"
    return tuple(
        Offer(name, InsiderFunded(mint=seen.launched.mint, at_s=now.at_s, slot=seen.slot, wallet=one, lamports=0))
        for one in sorted(unknown)
    )


def _over(escort: Escort, now: Now) -> bool:
    """Whether nothing is left to do: the buy came to nothing, or what was bought may not be added to any more."""
    mint, operation = escort.token.launched.mint, now.books.operation_of(escort.token.launched.mint)
    if operation is None:
        pending = any(opened.order.mint == mint for opened in now.books.orders.values())
        return not pending and now.at_s >= escort.began_at_s + now.settings.mining.answer_wait_s
    golden = now.at_s < operation.opened_at_s + now.settings.time.golden_until_s
    return not golden and not buying(now.books, operation.id) and escort.alarm is None


def _wished(escort: Escort, wish: RequestReentry, now: Now) -> Effects:
    escort.wish = wish
    column = now.settings.entry.column
    if not column.honeypot_judged and not column.holders_judged:
        return _judged(escort, now)
    mint = escort.token.launched.mint
    question = GetFacts(
        mint=mint,
        stake_lamports=token.sight(escort.token, now).stake_lamports,
        reply_to=f"watcher.{mint}",
        deadline_s=wish.deadline_s,
    )
    return (Tell("accounts", question),)


def _judged(escort: Escort, now: Now) -> Effects:
    """The wish with its verdicts, to the gate; one whose time is over is dropped, the position will ask again."""
    wish, escort.wish = escort.wish, None
    if wish is None or now.at_s > wish.deadline_s:
        return ()
    seen = escort.token
    sight = token.sight(seen, now)
    judgement = entry.judge(now.settings, sight)
    verdicts = tuple(one for one in judgement.verdicts if one.criterion not in NOT_ASKED_AGAIN)
    verdicts, told = opinion.of_more(verdicts, seen, sight, judgement, now)
    facts_at_s = seen.facts.at_s if seen.facts is not None else now.at_s
    effects: list[Effect] = [
        Tell(
            "commandments",
            replace(
                wish,
                reserves=seen.reserves,
                at_s=min(seen.seen_at_s, facts_at_s, now.at_s),
                verdicts=verdicts,
                holders=holders.count(seen.holders),
            ),
        )
    ]
    return (*told, *effects)
