"""Alerts, newest first."""

from core.state.notifier import Alert
from monitor.views.operations import Shown
from monitor.views.plain import iso, plain


def shown(alert: Alert) -> Shown:
    return {
        "id": alert.id,
        "key": plain(alert.key),
        "severity": alert.severity,
        "text": plain(alert.text),
        "mint": alert.mint or None,
        "at": iso(alert.at_s),
        "last_at": iso(alert.last_at_s),
        "count": alert.count,
        "acknowledged": bool(alert.acknowledged_by),
        "acknowledged_by": plain(alert.acknowledged_by) or None,
        "acknowledged_at": iso(alert.acknowledged_at_s),
    }
