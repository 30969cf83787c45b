"""The notifier's memory: what was raised, how often, and whether a person has seen it.

Kept in memory on purpose: it must work while the journal does not. What an alert tells of is in the journal as its own
record; the alert is the knock on the door. Times are market time.
"""

from collections.abc import Iterable
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from core.effects import Effects, Now
from core.messages import AcknowledgeAlert, AlertStood, EntryAnswered, RaiseAlert

KEPT = 500
"""The newest alerts; older ones are forgotten."""
AGAIN_S = 60.0
"""The same kind about the same token within this time after the last is the same alert, counted once more."""
TEXT = 500
SEVERITIES = ("info", "warning", "critical")
ENTRY_ANSWERED = "entry_answered"
"""The key of the answer to a person's wish to enter: info when admitted, warning when refused."""


class Alert(Struct, frozen=True, kw_only=True):
    id: int
    key: str
    severity: str
    text: str
    """As it was first raised."""
    mint: str
    at_s: float
    last_at_s: float
    count: int = 1
    acknowledged_by: str = ""
    """Empty: not acknowledged."""
    acknowledged_at_s: float | None = None


class State(Struct, frozen=True, kw_only=True):
    alerts: tuple[Alert, ...] = ()
    """Oldest first."""
    raised: dict[str, int] = {}
    """How many were ever raised, repeats included, by severity."""


class AlertsView(Struct, frozen=True, kw_only=True):
    """What is shown: newest first."""

    alerts: tuple[Alert, ...]
    raised: dict[str, int]
    unacknowledged: int


NotifierMessage = RaiseAlert | AcknowledgeAlert | EntryAnswered


def begin(now: Now) -> tuple[State, Effects]:
    return State(), ()


def step(state: State, message: NotifierMessage, now: Now) -> tuple[State, Effects]:
    match message:
        case RaiseAlert():
            return _raised(state, message), ()
        case AcknowledgeAlert():
            return _acknowledged(state, message, now), ()
        case EntryAnswered():
            return _raised(state, _answer(message, now)), ()
        case _:
            assert_never(message)


def view(state: State) -> AlertsView:
    return AlertsView(
        alerts=state.alerts[::-1],
        raised={severity: state.raised.get(severity, 0) for severity in SEVERITIES},
        unacknowledged=sum(not alert.acknowledged_by for alert in state.alerts),
    )


def news(before: State, after: State) -> AlertStood | None:
    """What a step raised, the first time or again; None when it raised nothing."""
    counts = {alert.id: alert.count for alert in before.alerts}
    raised = next((alert for alert in reversed(after.alerts) if counts.get(alert.id) != alert.count), None)
    return None if raised is None else _stood(raised)


def _stood(alert: Alert) -> AlertStood:
    return AlertStood(key=alert.key, severity=alert.severity, text=alert.text, mint=alert.mint)


def severity_of(text: str) -> str:
    """One of the three; a word that is none of them is taken seriously rather than lost."""
    return text if text in SEVERITIES else "warning"


def _answer(message: EntryAnswered, now: Now) -> RaiseAlert:
    """What a person reads who asked for an entry by hand."""
    against = ", ".join(f"{one.criterion}: {one.reason or one.outcome}" for one in message.verdicts if not one.ok)
    return RaiseAlert(
        key=ENTRY_ANSWERED,
        severity="info" if message.admitted else "warning",
        text="entry admitted" if message.admitted else f"entry refused: {against or 'no reason was given'}",
        at_s=now.at_s,
        mint=message.mint,
    )


def _raised(state: State, message: RaiseAlert) -> State:
    severity = severity_of(message.severity)
    raised = state.raised | {severity: state.raised.get(severity, 0) + 1}
    same = _same(state.alerts, message, severity)
    if same is not None:
        again = replace(same, count=same.count + 1, last_at_s=max(same.last_at_s, message.at_s))
        alerts = tuple(again if alert is same else alert for alert in state.alerts)
        return replace(state, alerts=alerts, raised=raised)
    alert = Alert(
        id=state.alerts[-1].id + 1 if state.alerts else 1,
        key=message.key,
        severity=severity,
        text=message.text[:TEXT],
        mint=message.mint,
        at_s=message.at_s,
        last_at_s=message.at_s,
    )
    return replace(state, alerts=(*state.alerts, alert)[-KEPT:], raised=raised)


def _same(alerts: Iterable[Alert], message: RaiseAlert, severity: str) -> Alert | None:
    """The alert that this one repeats. One that a person has acknowledged is over: the next knocks again."""
    return next(
        (
            alert
            for alert in alerts
            if (alert.key, alert.mint, alert.severity) == (message.key, message.mint, severity)
            and not alert.acknowledged_by
            and abs(message.at_s - alert.last_at_s) <= AGAIN_S
        ),
        None,
    )


def _acknowledged(state: State, message: AcknowledgeAlert, now: Now) -> State:
    return replace(
        state,
        alerts=tuple(
            replace(alert, acknowledged_by=message.by, acknowledged_at_s=now.at_s)
            if alert.id == message.alert_id and not alert.acknowledged_by
            else alert
            for alert in state.alerts
        ),
    )
