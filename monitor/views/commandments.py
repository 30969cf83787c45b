"""The five commandments: rule, state, kept or not, since when, violations, next change."""

from core.state.compliance import CommandmentView
from monitor.views.operations import Shown
from monitor.views.plain import iso, plain
from monitor.views.sight import Sight


def shown(sight: Sight) -> list[Shown]:
    return [_one(view) for view in sight.gate.commandments]


def _one(view: CommandmentView) -> Shown:
    return {
        "number": view.number,
        "name": view.name,
        "rule": plain(view.rule),
        "state": plain(view.state),
        "compliant": view.compliant,
        "entries_open": view.entries_open,
        "since": iso(view.since_at_s),
        "violations": view.violations,
        "next_change_at": iso(view.next_change_at_s),
    }
