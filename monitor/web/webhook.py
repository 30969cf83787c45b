"""Alertmanager's webhook: its alerts become alerts of ours. Taken while the journal is down, too."""

from typing import Literal

from msgspec import Struct, field

from core.messages import RaiseAlert
from core.ports import Panel
from core.state.notifier import severity_of
from monitor.views.operations import Shown
from monitor.views.plain import visible
from monitor.web.changes import journaled, tell
from monitor.web.query import bad

MOST = 100
NAME, TEXT = 80, 500


class Alarm(Struct, frozen=True, kw_only=True):
    """One alert of the webhook; other fields of it are let through unread."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return visible(self.labels.get("alertname", "unnamed"))[:NAME]


class Webhook(Struct, frozen=True, kw_only=True):
    """The body, version 4 of its format, as much of it as is used."""

    alerts: list[Alarm]
    receiver: str = ""


def receive(panel: Panel, asked: Webhook) -> Shown:
    """Raise each alert; one that is resolved is told as information. Raises Problem 400 for too many at once."""
    if len(asked.alerts) > MOST:
        raise bad(f"at most {MOST} alerts at once")
    names = ", ".join(f"{one.name} {one.status}" for one in asked.alerts)
    saved = journaled(panel, f"take {len(asked.alerts)} alerts of Alertmanager", names, exits=True)
    for alarm in asked.alerts:
        tell(panel, "notifier", raised(alarm, panel.now_s()))
    return {"accepted": True, "alerts": len(asked.alerts), "journaled": saved}


def raised(alarm: Alarm, at_s: float) -> RaiseAlert:
    """Summary, else description, else the name; severity by its label, information once it is resolved."""
    text = alarm.annotations.get("summary") or alarm.annotations.get("description") or alarm.name
    text = visible(text)[:TEXT]
    if alarm.status == "resolved":
        return RaiseAlert(key=alarm.name, severity="info", text=f"resolved: {text}", at_s=at_s)
    return RaiseAlert(key=alarm.name, severity=severity_of(alarm.labels.get("severity", "")), text=text, at_s=at_s)
