"""The commandment supervisor, the gate: every entry passes here or is refused, and what must hold is watched.

It judges by the books; its own memory is only what others tell it again: sale values of positions, refusals journaled
within the last minute, admitted orders that came to nothing. Exits never ask it.
"""

from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from core.effects import After, Effects, Now, Tell, Write
from core.messages import (
    EntryAnswered,
    OrderClosed,
    PauseEntries,
    PlaceOrder,
    PositionValued,
    RequestEntry,
    RequestReentry,
    ResumeEntries,
    SetBreaker,
    SlotSeen,
    SolPriceSeen,
    Tick,
    Undelivered,
)
from core.records import BreakerSet, EntriesPaused, EntriesResumed, EntryDecided
from core.rules.shield import daily_loss_limit, drawdown_limit
from core.rules.verdict import Verdict
from core.state import watch
from core.state.admission import (
    Decision,
    Known,
    breaker_until,
    commandment_verdicts,
    judge_entry,
    judge_reentry,
    room_verdict,
    standing_verdicts,
    used_lives,
)
from core.state.buy_orders import price_of_sol
from core.state.compliance import CommandmentView, commandment_views
from core.state.equity import equity_lamports, result_of_day_lamports
from core.types import Purpose

WATCH = "watch"


class Refusal(Struct, frozen=True, array_like=True):
    """The last journaled refusal of one token."""

    against: tuple[str, ...]
    at_s: float


class State(Struct, frozen=True, kw_only=True):
    known: Known = Known()
    refusals: dict[str, Refusal] = {}
    watched: watch.Watched = watch.Watched()


CommandmentsMessage = (
    PositionValued
    | Tick
    | RequestEntry
    | RequestReentry
    | OrderClosed
    | Undelivered
    | PauseEntries
    | ResumeEntries
    | SetBreaker
    | SlotSeen
    | SolPriceSeen
)


def begin(now: Now) -> tuple[State, Effects]:
    return State(watched=watch.first(now)), (_next_watch(now),)


def step(state: State, message: CommandmentsMessage, now: Now) -> tuple[State, Effects]:
    match message:
        case SlotSeen() | SolPriceSeen():
            return state, ()  # `now.market` has both
        case PositionValued():
            return _valued(state, message, now)
        case Tick():
            watched, effects = watch.look(state.watched, state.known.values, now)
            return _forget(replace(state, watched=watched), now), (*effects, _next_watch(now))
        case RequestEntry():
            return _entry(state, message, now)
        case RequestReentry():
            return _reentry(state, message, now)
        case OrderClosed():
            return _closed(state, message)
        case Undelivered():
            return _undelivered(state, message)
        case PauseEntries():
            return state, (Write(EntriesPaused(at_s=now.at_s, by=message.by, why=message.why), durable=True),)
        case ResumeEntries():
            return state, _resume(state, message, now)
        case SetBreaker():
            return state, _set_breaker(message, now)
        case _:
            assert_never(message)


class GateView(Struct, frozen=True, kw_only=True):
    """What is shown of the gate. Lamports; None where an open position cannot be priced."""

    commandments: tuple[CommandmentView, ...]
    standing: tuple[Verdict, ...]
    """What stands for and against every entry now, whatever the token."""
    undercapitalised: bool
    breaker_until_s: float
    breaker_why: str
    equity_lamports: int | None
    equity_peak_lamports: int
    day_result_lamports: int | None
    day_limit_lamports: int
    drawdown_lamports: int | None
    drawdown_limit_lamports: int


def view(state: State, now: Now) -> GateView:
    """The gate as it stands now."""
    rule, books, values = now.settings.shield, now.books, state.known.values
    commandments = commandment_verdicts(now, used=used_lives(now, state.known))
    standing = (room_verdict(now, state.known), *standing_verdicts(now, state.known))
    equity = equity_lamports(now, values)
    until_s, why = breaker_until(now)
    return GateView(
        commandments=commandment_views(
            state.watched.compliance, {verdict.criterion: verdict.ok for verdict in commandments}, now
        ),
        standing=(*commandments, *standing),
        undercapitalised=state.watched.undercapitalised,
        breaker_until_s=until_s if until_s > now.at_s else 0.0,
        breaker_why=why if until_s > now.at_s else "",
        equity_lamports=equity,
        equity_peak_lamports=books.equity_peak_lamports,
        day_result_lamports=result_of_day_lamports(now, values),
        day_limit_lamports=daily_loss_limit(rule, books.capital_lamports()),
        drawdown_lamports=None if equity is None else max(books.equity_peak_lamports - equity, 0),
        drawdown_limit_lamports=drawdown_limit(rule, books.equity_peak_lamports),
    )


def _next_watch(now: Now) -> After:
    return After(WATCH, now.settings.shield.mark_s, Tick(key=WATCH))


def _entry(state: State, message: RequestEntry, now: Now) -> tuple[State, Effects]:
    candidate = message.candidate
    decision = judge_entry(candidate, now, state.known)
    effects = _decide(state, decision, message.by, now)
    answered = EntryAnswered(mint=candidate.mint, admitted=decision.admitted, verdicts=decision.verdicts)
    return _note_refusal(state, candidate.mint, decision, now), (*effects, Tell("miner", answered))


def _reentry(state: State, message: RequestReentry, now: Now) -> tuple[State, Effects]:
    asker = f"position.{message.mint}"
    operation = now.books.operations.get(message.operation_id)
    if operation is None:
        gone = Verdict.failed("reentry", "the operation is not open", final=True)
        return state, (Tell(asker, EntryAnswered(mint=message.mint, admitted=False, verdicts=(gone,))),)
    decision = judge_reentry(message, operation, now, state.known)
    effects = _decide(state, decision, "position", now)
    answered = EntryAnswered(mint=message.mint, admitted=decision.admitted, verdicts=decision.verdicts)
    return _note_refusal(state, message.mint, decision, now), (*effects, Tell(asker, answered))


def _decide(state: State, decision: Decision, by: str, now: Now) -> Effects:
    """The journal's line first: an admission that a crash swallows afterwards still counts against room."""
    order, admitted = decision.order, decision.admitted
    if not admitted and _said_already(state, decision, now):
        return ()
    decided = EntryDecided(
        at_s=now.at_s,
        mint=order.mint,
        symbol=order.symbol,
        by=by,
        admitted=admitted,
        order_id=order.id if admitted else "",
        stake_lamports=order.lamports,
        verdicts=decision.verdicts,
        purpose=order.purpose,
        sol_usd=price_of_sol(now),
    )
    if not admitted:
        return (Write(decided),)
    deadline_s = now.at_s + now.settings.shield.entry_deadline_s
    return Write(decided), Tell("executor", PlaceOrder(order=order, id=order.id, deadline_s=deadline_s))


def _against(decision: Decision) -> tuple[str, ...]:
    return tuple(sorted(verdict.criterion for verdict in decision.verdicts if not verdict.ok))


def _said_already(state: State, decision: Decision, now: Now) -> bool:
    last = state.refusals.get(decision.order.mint)
    again_s = now.settings.shield.refusal_again_s
    return last is not None and last.against == _against(decision) and now.at_s < last.at_s + again_s


def _note_refusal(state: State, mint: str, decision: Decision, now: Now) -> State:
    if decision.admitted or _said_already(state, decision, now):
        return state
    return replace(state, refusals=state.refusals | {mint: Refusal(_against(decision), now.at_s)})


def _closed(state: State, message: OrderClosed) -> tuple[State, Effects]:
    """An entry order's end. Filled, the position goes on; otherwise the miner may look for another token."""
    if message.outcome == "filled" or message.order.purpose is not Purpose.ENTRY:
        return state, ()
    known = replace(state.known, gone=frozenset({*state.known.gone, message.order.id}))
    reason = f"{message.outcome}: {message.error}" if message.error else message.outcome
    verdict = Verdict.failed("order", reason)
    answered = EntryAnswered(mint=message.order.mint, admitted=False, verdicts=(verdict,))
    return replace(state, known=known), (Tell("miner", answered),)


def _undelivered(state: State, message: Undelivered) -> tuple[State, Effects]:
    """A command of ours that reached nobody. An order was not begun, so it takes no room."""
    if not isinstance(message.command, PlaceOrder):
        return state, ()
    order = message.command.order
    known = replace(state.known, gone=frozenset({*state.known.gone, order.id}))
    asker = "miner" if order.purpose is Purpose.ENTRY else f"position.{order.mint}"
    verdict = Verdict.failed("order", "the executor does not take orders now")
    answered = EntryAnswered(mint=order.mint, admitted=False, verdicts=(verdict,))
    return replace(state, known=known), (Tell(asker, answered),)


def _valued(state: State, message: PositionValued, now: Now) -> tuple[State, Effects]:
    values = {mint: sale for mint, sale in state.known.values.items() if mint != message.mint}
    if now.books.operation_of(message.mint) is not None:
        values[message.mint] = message.sale_lamports
    state = replace(state, known=replace(state.known, values=values))
    watched, effects = watch.valued(state.watched, values, now)
    return replace(state, watched=watched), effects


def _resume(state: State, message: ResumeEntries, now: Now) -> Effects:
    equity = equity_lamports(now, state.known.values)
    return (
        Write(
            EntriesResumed(
                at_s=now.at_s,
                by=message.by,
                why=message.why,
                equity_lamports=now.books.equity_lamports if equity is None else equity,
            ),
            durable=True,
        ),
    )


def _set_breaker(message: SetBreaker, now: Now) -> Effects:
    """Opening never shortens what is open already; 0 closes it."""
    until_s = max(now.at_s + message.seconds, now.books.breaker_until_s) if message.seconds > 0 else 0.0
    return (Write(BreakerSet(at_s=now.at_s, until_s=until_s, why=message.why, by=message.by), durable=True),)


def _forget(state: State, now: Now) -> State:
    """Drop what can matter no more, so that the memory stays small however long it runs."""
    again_s = now.settings.shield.refusal_again_s
    refusals = {mint: one for mint, one in state.refusals.items() if now.at_s < one.at_s + again_s}
    held = {operation.mint for operation in now.books.operations.values()}
    known = Known(
        values={mint: sale for mint, sale in state.known.values.items() if mint in held},
        gone=frozenset(order_id for order_id in state.known.gone if order_id in now.books.admitted),
    )
    return replace(state, refusals=refusals, known=known)
