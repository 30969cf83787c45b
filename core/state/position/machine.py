"""One open operation in one token, from its first fill until it is flat and closed.

Judged after every message about its market, its orders, and each second of market time: emergencies, layer 1–3, time
protocol, then a re-entry. Its memory is the books'; a crash at any moment ends as no crash would (rules.md §5–§7).
"""

from typing import assert_never

from msgspec.structs import replace

from core.effects import After, Effect, Effects, Finish, Now, Tell, Write
from core.ledger.books import Operation
from core.messages import (
    AccountsChanged,
    DataEnded,
    EntryAnswered,
    ExitPosition,
    FactsSeen,
    GetFacts,
    Graduated,
    InsiderFunded,
    OpenPosition,
    OrderClosed,
    PlaceOrder,
    PoolOpened,
    PositionValued,
    RaiseAlert,
    RaiseEmergency,
    SocialSeen,
    Tick,
    Traded,
    Undelivered,
)
from core.records import CommandmentViolated, InsiderSeen
from core.rules import emergency, life_limit, sentiment, take_profit
from core.rules.emergency import Trigger
from core.rules.sentiment import Mention
from core.rules.take_profit import SalePrice
from core.state import price_view
from core.state.position import closing, exits, panic, proposal, recovery, reentry
from core.state.position.orders import close_refused, place, sale_lamports
from core.state.position.state import (
    Position,
    Sale,
    buy_expected,
    has_view,
    held_s,
    remembered,
    saw,
    set_back,
    unheard,
    with_unknown,
    without,
    without_lost,
)
from core.types import ExitReason, Purpose

TICK, FACTS = "tick", "facts"
REFUSED_WAIT_S = 1.0
"""A refusal comes at once: trying again at once would go round for ever."""
LIFE = 1

PositionMessage = (
    Traded
    | Tick
    | OrderClosed
    | FactsSeen
    | Graduated
    | PoolOpened
    | DataEnded
    | SocialSeen
    | InsiderFunded
    | AccountsChanged
    | RaiseEmergency
    | ExitPosition
    | EntryAnswered
    | OpenPosition
    | Undelivered
)


def begin(opening: OpenPosition, now: Now) -> tuple[Position, Effects]:
    """At the first fill, and at every restart: state from the books, timers armed again, what is due done at once."""
    operation = now.books.operations.get(opening.operation_id)
    if operation is None:
        remainder = now.books.remainders.get(opening.operation_id)
        if remainder is not None:
            return recovery.begin(remainder, now)
        return Position(operation_id=opening.operation_id, mint=opening.mint), (Finish(),)
    state, effects = _judge(remembered(operation, now), now)
    if _ends(effects):
        return state, effects
    return state, (*effects, _next_tick(operation, now), *_ask_facts(operation, now))


def step(state: Position, message: PositionMessage, now: Now) -> tuple[Position, Effects]:
    operation = now.books.operations.get(state.operation_id)
    if operation is None:
        remainder = now.books.remainders.get(state.operation_id)
        return (state, (Finish(),)) if remainder is None else recovery.step(state, remainder, message, now)
    match message:  # hottest first
        case Traded():
            if message.quote_mint:
                return state, ()
            sold = any(message.has_sold(one) for one in (operation.creator, *operation.insiders) if one)
            return _judge(saw(state, message.reserves, now), now, creator_sells=sold)
        case Tick():
            return _tick(state, operation, message, now)
        case OrderClosed():
            state, effects = _judge(_closed(state, operation, message, now), now)
            return state, effects if _ends(effects) else (*effects, *panic.look(state, operation, message))
        case FactsSeen(facts=facts):
            state = panic.simulated(state, facts, now)
            return _judge(state, now, fired=panic.honeypot_trigger(state, operation, facts, now))
        case Graduated():
            view = state.view and price_view.graduated(state.view)
            return _judge(replace(state, view=view), now)
        case PoolOpened():
            return _judge(state if message.quote_mint else saw(state, message.reserves, now), now)
        case DataEnded():
            return _judge(replace(state, wish=ExitReason.DATA_END), now)
        case RaiseEmergency():
            if message.mint not in ("", state.mint):
                return state, ()
            return _judge(state, now, fired=emergency.raised(now.settings.emergency, message.trigger, message.detail))
        case ExitPosition():
            return _judge(replace(state, wish=state.wish or message.reason), now)
        case SocialSeen():
            return _judge(_mentioned(state, message, now), now)
        case InsiderFunded():
            return state, _insider(operation, message, now)
        case AccountsChanged():
            return state, _ask_facts(operation, now)
        case EntryAnswered():
            return _judge(replace(state, reentry_pending=state.reentry_pending and message.admitted), now)
        case OpenPosition() | Undelivered():
            return state, ()  # begun already; what was not delivered is told again by the tick
        case _:
            assert_never(message)


def _judge(
    state: Position, now: Now, *, creator_sells: bool = False, fired: Trigger | None = None
) -> tuple[Position, Effects]:
    """Everything there is to decide now. The books may know more than the message that brought us here."""
    operation = now.books.operations[state.operation_id]
    state = with_unknown(_until_now(state, now), now.books)
    if not operation.tokens and not buy_expected(state, now):
        return closing.close(state, operation, now)
    overdue = _overdue(operation, now)
    if operation.panic is not None:
        state, effects = panic.pursue(state, operation, now)
        if panic.is_stuck(state, operation) and not state.sent and not buy_expected(state, now):
            state, effects = closing.close(state, operation, now)
        return state, (*overdue, *effects)
    fired = fired or panic.trigger(state, operation, now, creator_sells=creator_sells)
    if fired is not None:
        state, effects = panic.fire(state, operation, fired, now)
    else:
        state, effects = _ordinary(state, operation, now)
    return state, (*overdue, *effects)


def _ordinary(state: Position, operation: Operation, now: Now) -> tuple[Position, Effects]:
    if not operation.tokens:
        return state, ()
    state = replace(state, sale=_sale(state, operation))
    sale = sale_price(state, operation)
    heard = proposal.hear(state, operation, now, exits.wish(state, operation, now, sale), sale)
    wish = heard.wish
    if sale is not None and has_view(state):
        state = replace(state, best=take_profit.highest(state.best, sale))
    effects = list[Effect](heard.fault)
    for order in exits.orders(state, operation, now, wish):
        state, told = place(state, operation, order, now)
        effects += (told, *heard.why)
    state, asked = reentry.ask(state, operation, now, wish)
    return state, (*effects, *asked)


def sale_price(state: Position, operation: Operation) -> SalePrice | None:
    """What selling everything would bring at the last known reserves; None where that is nothing or not known."""
    sale = _sale(state, operation)
    return SalePrice(sale.lamports, sale.tokens) if sale is not None and sale.lamports else None


def _sale(state: Position, operation: Operation) -> Sale | None:
    view, last, tokens = state.view, state.sale, operation.tokens
    if view is None or not tokens:
        return None
    if last is not None and last.reserves is view.reserves and last.tokens == tokens:
        return last
    return Sale(view.reserves, tokens, sale_lamports(view.reserves, tokens))


def _overdue(operation: Operation, now: Now) -> Effects:
    late = now.at_s >= life_limit.violation_s(now.settings.life, operation.opened_at_s)
    if not late or operation.violated or not operation.tokens:
        return ()
    detail = f"held for {held_s(operation, now):.0f} s"
    record = CommandmentViolated(at_s=now.at_s, commandment=LIFE, operation_id=operation.id, detail=detail)
    text = f"commandment {LIFE} violated: {operation.symbol or operation.mint} {detail}"
    alert = RaiseAlert(key="commandment", severity="critical", text=text, at_s=now.at_s, mint=operation.mint)
    return Write(record, durable=True), Tell("notifier", alert)


def _until_now(state: Position, now: Now) -> Position:
    if state.view is None or state.view.at_s >= now.at_s:
        return state
    rules = now.settings
    view = price_view.until(state.view, at_s=now.at_s, emergency=rules.emergency, volatility=rules.volatility)
    return replace(state, view=view)


def _closed(state: Position, operation: Operation, message: OrderClosed, now: Now) -> Position:
    """Take note of an order's end; what it did is in the books already."""
    order, filled = message.order, message.outcome == "filled"
    sent = next((sent for sent in state.sent if sent.order.id == order.id), None)
    state = without(state, order.id)
    if order.purpose is Purpose.REENTRY:
        return replace(state, reentry_pending=False)
    if filled:
        return state
    if message.outcome == "refused":
        state = set_back(state, order.role, until_s=now.at_s + REFUSED_WAIT_S)
    if close_refused(message.error):
        state = replace(state, unclosable=state.unclosable | {order.role})
    if order.purpose is Purpose.PROCEEDS:
        return replace(state, transfer_failures=state.transfer_failures + 1)
    if order.purpose is not Purpose.PANIC or message.outcome == "refused":
        return state  # what was never sent has not failed
    return panic.failed(state, operation, sent, now)


def _mentioned(state: Position, message: SocialSeen, now: Now) -> Position:
    mention = Mention(message.at_s, message.score, sentiment.has_panic_word(message.text))
    return replace(state, mentions=sentiment.noted(now.settings.sentiment, state.mentions, mention, now_s=now.at_s))


def _insider(operation: Operation, message: InsiderFunded, now: Now) -> Effects:
    if message.wallet in operation.insiders:
        return ()
    return (Write(InsiderSeen(at_s=now.at_s, operation_id=operation.id, wallet=message.wallet)),)


def _tick(state: Position, operation: Operation, message: Tick, now: Now) -> tuple[Position, Effects]:
    if message.key == FACTS:
        return state, _ask_facts(operation, now)
    again = tuple(Tell("executor", PlaceOrder(id=order.id, order=order)) for order in unheard(state, now))
    state, alerts, silent = _listen(without_lost(state, now.books), operation, now)
    state, effects = _judge(state, now, fired=silent)
    if _ends(effects):
        return state, effects
    state, valued = _value(state, operation, now)
    return state, (*alerts, *again, *effects, *valued, _next_tick(operation, now))


def _ends(effects: Effects) -> bool:
    """Whether the operation is closed by these effects: nothing that belongs to an open one may follow."""
    last = effects[-1] if effects else None
    return isinstance(last, Finish) or (isinstance(last, After) and last.key == recovery.RECOVER)


def _listen(state: Position, operation: Operation, now: Now) -> tuple[Position, Effects, Trigger | None]:
    """Whether the feed still speaks. Recordings and ended data are silent by nature."""
    rule, market = now.settings.emergency, now.market
    if not market.heard_at_s or not now.settings.entry.column.slot_judged or state.wish is ExitReason.DATA_END:
        return state, (), None
    silent_s = now.at_s - market.heard_at_s
    told = silent_s > rule.silence_alert_s
    effects: Effects = ()
    if told and not state.silence_told:
        text = f"the feed is silent for {silent_s:.0f} s while {operation.symbol or operation.mint} is held"
        alert = RaiseAlert(key="feed_silent", severity="critical", text=text, at_s=now.at_s, mint=operation.mint)
        effects = (Tell("notifier", alert),)
    return replace(state, silence_told=told), effects, emergency.silence(rule, silent_s)


def _value(state: Position, operation: Operation, now: Now) -> tuple[Position, Effects]:
    """Tell the gate what we are worth when that has changed."""
    sale = sale_price(state, operation)
    lamports = sale.lamports if sale is not None else 0
    if lamports == state.valued_lamports or state.view is None:
        return state, ()
    told = Tell("commandments", PositionValued(mint=operation.mint, sale_lamports=lamports))
    return replace(state, valued_lamports=lamports), (told,)


def _next_tick(operation: Operation, now: Now) -> After:
    """At the next full second since the first fill, so that a restart ticks at the same moments."""
    past_s = held_s(operation, now) % 1.0
    return After(TICK, round(1.0 - past_s, 3), Tick(key=TICK))


def _ask_facts(operation: Operation, now: Now) -> Effects:
    """Ask whether the token can still be sold, now and again while it is held."""
    question = GetFacts(
        mint=operation.mint, stake_lamports=operation.cost_lamports, reply_to=f"position.{operation.mint}"
    )
    return Tell("accounts", question), After(FACTS, now.settings.honeypot.repeat_s, Tick(key=FACTS))
