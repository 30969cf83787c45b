"""What the gate watches while it waits: equity, the shield's limits, the circuit breaker, the life limit."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from core.effects import Effect, Effects, Now, Offer, Tell, Write
from core.ledger.fold import DAILY_LOSS, DRAWDOWN
from core.messages import RaiseAlert, RaiseEmergency
from core.records import BreakerSet, CommandmentViolated, EquityMarked, RiskLimitReached
from core.rules import life_limit, shield, stake
from core.state.admission import breaker_until
from core.state.buy_orders import price_of_sol, usual_stake
from core.state.compliance import Compliance, compliance_of
from core.state.equity import equity_lamports, open_lamports, result_of_day_lamports
from core.types import ExitReason

LIFE = 1


class Watched(Struct, frozen=True, kw_only=True):
    closed: int = 0
    """Closed operations at the last mark of equity: each close is marked."""
    compliance: dict[int, Compliance] = {}
    """By commandment, with the time since which it is as it is."""
    undercapitalised: bool = False
    """What the capital would stake is under the minimum: no entries, whatever the token."""


def first(now: Now) -> Watched:
    """What a starting gate takes as given: marks go on from the next close."""
    return Watched(closed=len(now.books.closed), compliance=_compliance({}, now))


def look(watched: Watched, values: Mapping[str, int], now: Now) -> tuple[Watched, Effects]:
    """Everything there is to watch, at the gate's own tick."""
    effects: list[Effect] = []
    if now.books.operations or len(now.books.closed) != watched.closed:
        effects += _mark(values, now)
    effects += _limits(values, now)
    effects += _breaker(now)
    effects += _overdue(now)
    compliance = _compliance(watched.compliance, now)
    for number, state in compliance.items():
        before = watched.compliance.get(number)
        if number != LIFE and not state.compliant and before is not None and before.compliant:
            effects += _violation(number, "", state.detail, now)
    small = _undercapitalised(watched, now)
    if small and not watched.undercapitalised:
        effects.append(_alert("undercapitalised", "warning", "entries wait for capital: the stake is too small", now))
    watched = Watched(closed=len(now.books.closed), compliance=compliance, undercapitalised=small)
    return watched, tuple(effects)


def _undercapitalised(watched: Watched, now: Now) -> bool:
    """Whether the stake is too small. While something is open, or SOL has no price, it stays as it was."""
    sol_usd = price_of_sol(now)
    if now.books.operations or now.books.orders or sol_usd is None:
        return watched.undercapitalised
    return not stake.capital_verdict(now.settings.stake, stake_lamports=usual_stake(now), sol_usd=sol_usd).ok


def valued(watched: Watched, values: Mapping[str, int], now: Now) -> tuple[Watched, Effects]:
    """A position told its sale value: equity is marked after a close, and the limits are looked at at once."""
    effects: list[Effect] = []
    if len(now.books.closed) != watched.closed:
        effects += _mark(values, now)
    effects += _limits(values, now)
    return replace(watched, closed=len(now.books.closed)), tuple(effects)


def _mark(values: Mapping[str, int], now: Now) -> Effects:
    sales = open_lamports(now, values)
    if sales is None:
        return ()
    equity = now.books.flat_equity_lamports() + sales
    return (Write(EquityMarked(at_s=now.at_s, equity_lamports=equity, open_lamports=sales)),)


def _limits(values: Mapping[str, int], now: Now) -> Effects:
    """Note each limit once when it is reached. The day's loss sells what is open; a drawdown only stops entries."""
    rule, books = now.settings.shield, now.books
    effects: list[Effect] = []
    result, limit = result_of_day_lamports(now, values), shield.daily_loss_limit(rule, books.capital_lamports())
    if result is not None and books.start_lamports and -result >= limit:
        if books.loss_day != shield.day_of(now.at_s):
            effects += _reached(DAILY_LOSS, -result, limit, now)
        effects += _emergency(-result, limit, now)
    equity, fall = equity_lamports(now, values), shield.drawdown_limit(rule, books.equity_peak_lamports)
    lost = 0 if equity is None else books.equity_peak_lamports - equity
    if books.equity_peak_lamports and lost >= fall and not books.drawdown_halted:
        effects += _reached(DRAWDOWN, lost, fall, now)
    return tuple(effects)


def _reached(limit: str, lost: int, allowed: int, now: Now) -> Effects:
    text = f"{limit}: {lost} of {allowed} lamports lost; entries stop"
    return (
        Write(RiskLimitReached(at_s=now.at_s, limit=limit, lost_lamports=lost, allowed_lamports=allowed), durable=True),
        _alert(limit, "critical", text, now),
    )


def _emergency(lost: int, limit: int, now: Now) -> Effects:
    """Panic exits of what is open, told again until each position has begun its own."""
    detail = f"lost {lost} of {limit} lamports today"
    return tuple(
        Offer(
            f"position.{operation.mint}",
            RaiseEmergency(trigger=ExitReason.RISK_LIMIT, mint=operation.mint, detail=detail, by="commandments"),
        )
        for operation in now.books.operations.values()
        if operation.panic is None
    )


def _breaker(now: Now) -> Effects:
    """Journal a breaker that the emergencies opened. Entries are refused from the emergency on, noted or not."""
    until_s, why = breaker_until(now)
    if until_s <= now.books.breaker_until_s or until_s <= now.at_s:
        return ()
    text = f"circuit breaker open: {why}"
    return (
        Write(BreakerSet(at_s=now.at_s, until_s=until_s, why=why, by="commandments")),
        _alert("breaker", "critical", text, now),
    )


def _overdue(now: Now) -> Effects:
    """Operations that are open past their life limit and its grace, each noted once."""
    rule = now.settings.life
    effects: list[Effect] = []
    for operation in now.books.operations.values():
        if not operation.violated and now.at_s >= life_limit.violation_s(rule, operation.opened_at_s):
            open_s = now.at_s - operation.opened_at_s
            effects += _violation(LIFE, operation.id, f"open for {open_s:.0f} s", now)
    return tuple(effects)


def _violation(number: int, operation_id: str, detail: str, now: Now) -> Effects:
    text = f"commandment {number} violated: {detail}"
    return (
        Write(CommandmentViolated(at_s=now.at_s, commandment=number, operation_id=operation_id, detail=detail)),
        _alert("commandment", "critical", text, now),
    )


def _alert(key: str, severity: str, text: str, now: Now) -> Tell:
    return Tell("notifier", RaiseAlert(key=key, severity=severity, text=text, at_s=now.at_s))


def _compliance(before: Mapping[int, Compliance], now: Now) -> dict[int, Compliance]:
    """Each commandment as it is now; one that did not change keeps its time."""
    after = compliance_of(now)
    return {
        number: replace(state, since_at_s=before[number].since_at_s)
        if number in before and before[number].compliant == state.compliant
        else state
        for number, state in after.items()
    }
