"""The five commandments: rule, state, kept or not, since when, violations, what it refused, next change."""

from collections.abc import Mapping

from core.state.compliance import CommandmentView
from monitor.views.operations import Shown
from monitor.views.plain import iso, plain
from monitor.views.sight import Sight


def shown(sight: Sight, refused: Mapping[str, int]) -> list[Shown]:
    """`refused`: by criterion, what was refused while it stood against it."""
    return [_one(view, refused.get(view.name, 0)) for view in sight.gate.commandments]


def _one(view: CommandmentView, refused: int) -> Shown:
    return {
        "number": view.number,
        "name": view.name,
        "rule": plain(view.rule),
        "state": plain(view.state),
        "compliant": view.compliant,
        "entries_open": view.entries_open,
        "since": iso(view.since_at_s),
        "violations": view.violations,
        "refused": refused,
        "next_change_at": iso(view.next_change_at_s),
    }
