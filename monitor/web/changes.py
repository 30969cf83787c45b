"""What a person may change. Each act is in the journal, with who and why, before anybody is told to do it.

Exits are the exception that rules.md §8 makes everywhere: they are done even when the journal cannot take them, and the
answer says so.
"""

import logging
from http import HTTPStatus
from time import monotonic, sleep
from typing import Literal

from msgspec import Struct

from core.errors import MicroError, Refused
from core.messages import (
    AcknowledgeAlert,
    Append,
    EnterMint,
    ExitPosition,
    Message,
    PauseEntries,
    RaiseEmergency,
    ResumeEntries,
    RotateWallets,
    SetBreaker,
)
from core.ports import Panel
from core.records import OperatorActed
from core.state.notifier import ENTRY_ANSWERED, Alert
from core.types import ExitReason, Side
from monitor.views.operations import Shown
from monitor.views.plain import plain
from monitor.views.sight import alerts_of
from monitor.web.access import who
from monitor.web.problems import Problem
from monitor.web.query import bad, checked_mint

log = logging.getLogger(__name__)

JOURNAL_S = 2.0
"""How long the journal may take over an act."""
EXIT_JOURNAL_S = 0.5
"""An exit waits no longer for its line in the journal."""
ANSWER_S = 2.0
"""How long a wish to enter waits for its answer."""
POLL_S = 0.05
BREAKER_MOST_S = 86_400.0
WHY = 200


class Reason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of every change."""

    why: str = ""


class Entering(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`mint` empty: the best there is."""

    mint: str = ""
    why: str = ""


class Emergency(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`exit`: panic exit of the position in `mint`, or of all. `seconds`: how long the breaker stays open."""

    action: Literal["exit", "breaker_on", "breaker_off"]
    mint: str = ""
    seconds: float | None = None
    why: str = ""


def pause(panel: Panel, asked: Reason) -> Shown:
    journaled(panel, "pause", asked.why)
    tell(panel, "commandments", PauseEntries(by=who(), why=asked.why[:WHY]))
    return {"accepted": True, "entries": "paused", "exits": "go on"}


def resume(panel: Panel, asked: Reason) -> Shown:
    """Entries again, also after the drawdown halt: the equity peak starts anew."""
    journaled(panel, "resume", asked.why)
    tell(panel, "commandments", ResumeEntries(by=who(), why=asked.why[:WHY]))
    return {"accepted": True, "entries": "resumed"}


def start(panel: Panel, asked: Reason) -> Shown:
    """Ends a pause. A halt of the shield is not a pause: only `resume` lifts it."""
    books = panel.books()
    if not books.paused:
        return {"accepted": True, "entries": "running already"}
    if books.drawdown_halted:
        raise Problem(HTTPStatus.CONFLICT, "the drawdown limit was reached: POST /resume lifts it")
    journaled(panel, "start", asked.why)
    tell(panel, "commandments", ResumeEntries(by=who(), why=asked.why[:WHY]))
    return {"accepted": True, "entries": "resumed"}


def enter(panel: Panel, asked: Entering) -> tuple[Shown, HTTPStatus]:
    """Execute one operation now, under the same conditions as any other. The refusal says why."""
    mint = checked_mint(asked.mint) if asked.mint else ""
    if mint and panel.books().operation_of(mint) is not None:
        raise Problem(HTTPStatus.CONFLICT, "this token is held already")
    if mint and panel.directory.snapshot(f"watcher.{mint}") is None:
        raise Problem(HTTPStatus.NOT_FOUND, "nobody watches this token: it was not seen to begin, or is over")
    journaled(panel, f"enter {mint or 'the best'}", asked.why)
    before = _last_answer(panel)
    tell(panel, "miner", EnterMint(mint=mint, by=who(), reply_to="notifier"))
    answer = _answered(panel, before)
    if answer is None:
        note = "not answered yet; /alerts?key=entry_answered will say"
        return {"accepted": True, "admitted": None, "note": note}, HTTPStatus.ACCEPTED
    if answer.severity != "info":
        raise Problem(HTTPStatus.CONFLICT, answer.text)
    return {"accepted": True, "admitted": True, "mint": answer.mint, "note": plain(answer.text)}, HTTPStatus.ACCEPTED


def leave(panel: Panel, mint: str, asked: Reason) -> Shown:
    """Sell everything of one position, in the ordinary way."""
    _held(panel, mint)
    saved = journaled(panel, f"exit {mint}", asked.why, exits=True)
    tell(panel, f"position.{mint}", ExitPosition(mint=mint, reason=ExitReason.OPERATOR, by=who()))
    return {"accepted": True, "mint": mint, "journaled": saved}


def rotate(panel: Panel, asked: Reason) -> Shown:
    """The treasurer begins when the wallets are flat, nothing is unsettled and the last rotation is long enough ago."""
    if panel.books().rotation is not None:
        raise Problem(HTTPStatus.CONFLICT, "the wallets are being rotated already")
    journaled(panel, "rotate wallets", asked.why)
    tell(panel, "treasurer", RotateWallets(by=who()))
    return {"accepted": True, "generation": panel.books().generation}


def reread(panel: Panel, asked: Reason) -> Shown:
    journaled(panel, "read settings again", asked.why)
    done = panel.reread()
    return {"accepted": True, "applied": list(done.applied), "after_restart": list(done.after_restart)}


def emergency(panel: Panel, asked: Emergency) -> Shown:
    """Panic exit, or the breaker by hand."""
    if asked.action == "exit":
        if asked.seconds is not None:
            raise bad("seconds belongs to breaker_on")
        return _panic(panel, asked)
    if asked.mint:
        raise bad("mint belongs to exit; the breaker is for all")
    return _breaker(panel, asked)


def acknowledge(panel: Panel, alert_id: int, asked: Reason) -> Shown:
    view = alerts_of(panel)
    if view is None:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "the notifier is down", {"Retry-After": "1"})
    if all(alert.id != alert_id for alert in view.alerts):
        raise Problem(HTTPStatus.NOT_FOUND, "there is no such alert")
    journaled(panel, f"acknowledge alert {alert_id}", asked.why)
    tell(panel, "notifier", AcknowledgeAlert(alert_id=alert_id, by=who()))
    return {"accepted": True, "id": alert_id}


def journaled(panel: Panel, what: str, why: str, *, exits: bool = False) -> bool:
    """Write who does what. Raises Problem 503 when the journal does not take it, unless it is an exit: then False."""
    act = OperatorActed(at_s=panel.now_s(), who=who(), what=what, why=why[:WHY])
    try:
        panel.directory.ask("journal", Append(records=(act,), durable=True), EXIT_JOURNAL_S if exits else JOURNAL_S)
    except MicroError as error:
        if exits:
            log.warning("%s by %s is not in the journal: %s", what, act.who, error)
            return False
        detail = f"the journal does not take it, so nothing was changed: {error}"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "1"}) from None
    return True


def tell(panel: Panel, name: str, message: Message) -> None:
    """Raises Problem 503 when nobody takes it."""
    try:
        there = panel.directory.tell(name, message)
    except Refused as refusal:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, str(refusal), {"Retry-After": "1"}) from None
    if not there:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, f"{name} is not there; try again", {"Retry-After": "1"})


def _held(panel: Panel, mint: str) -> None:
    if panel.books().operation_of(checked_mint(mint)) is None:
        raise Problem(HTTPStatus.NOT_FOUND, "there is no open position in this token")


def _panic(panel: Panel, asked: Emergency) -> Shown:
    if asked.mint:
        _held(panel, asked.mint)
    mints = [op.mint for op in panel.books().operations.values() if not asked.mint or op.mint == asked.mint]
    saved = journaled(panel, f"panic exit {asked.mint or 'of all'}", asked.why, exits=True)
    told, missed = list[str](), list[str]()
    for mint in mints:
        command = RaiseEmergency(trigger=ExitReason.OPERATOR, mint=mint, detail=asked.why[:WHY], by=who())
        try:
            tell(panel, f"position.{mint}", command)
            told.append(mint)
        except Problem as problem:
            # One position that cannot be told must not keep the others in.
            log.warning("panic exit of %s: %s", mint, problem.detail)
            missed.append(mint)
    if missed and not told:
        names = ", ".join(missed)
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, f"not told, try again: {names}", {"Retry-After": "1"})
    return {
        "accepted": True,
        "action": "exit",
        "told": told,
        "not_told": missed,
        # No position yet: it is sold when it has landed and the exit is asked again.
        "buys_in_flight": _buys_in_flight(panel, asked.mint),
        "journaled": saved,
    }


def _buys_in_flight(panel: Panel, mint: str) -> list[str]:
    orders = [opened.order for opened in panel.books().orders.values()]
    return [order.mint for order in orders if order.side is Side.BUY and mint in {"", order.mint}]


def _breaker(panel: Panel, asked: Emergency) -> Shown:
    seconds = 0.0
    if asked.action == "breaker_on":
        seconds = panel.settings.breaker.open_s if asked.seconds is None else asked.seconds
        if not 0 < seconds <= BREAKER_MOST_S:
            raise bad(f"seconds is above 0 and at most {BREAKER_MOST_S:.0f}")
    elif asked.seconds is not None:
        raise bad("seconds belongs to breaker_on")
    journaled(panel, f"{asked.action} {seconds:g} s", asked.why)
    tell(panel, "commandments", SetBreaker(seconds=seconds, by=who(), why=asked.why[:WHY] or "operator"))
    return {"accepted": True, "action": asked.action, "seconds": seconds}


def _last_answer(panel: Panel) -> Alert | None:
    """The newest answer to a person's wish to enter."""
    view = alerts_of(panel)
    return next((alert for alert in view.alerts if alert.key == ENTRY_ANSWERED), None) if view else None


def _answered(panel: Panel, before: Alert | None) -> Alert | None:
    """The answer that was not there before, or None when it takes too long."""
    until_s = monotonic() + ANSWER_S
    while True:
        answer = _last_answer(panel)
        if answer is not None and (before is None or (answer.id, answer.count) != (before.id, before.count)):
            return answer
        if monotonic() >= until_s:
            return None
        sleep(POLL_S)
