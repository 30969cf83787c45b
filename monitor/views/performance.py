"""Figures of the closed operations, beside the targets of rules.md §9: met, missed, or not measured."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from core.ledger.books import Books, ClosedOperation
from core.report.statistics import Performance, performance
from core.rules.capital import usd_of
from core.state.commandments import GateView
from monitor.views.operations import Shown
from monitor.views.plain import plain


class Figures:
    """Remembers the last result: the figures change with a close, not with a look."""

    def __init__(self) -> None:
        self._closed: Sequence[ClosedOperation] | None = None
        self._known: Performance | None = None

    def of(self, books: Books) -> Performance:
        if self._known is None or self._closed is not books.closed:
            self._known = performance(books.closed, capital_lamports=books.capital_lamports())
            self._closed = books.closed
        return self._known


class Target(Struct, frozen=True, kw_only=True):
    name: str
    wanted: str
    value: float | None
    """None: not measured yet, or not here."""
    met: bool | None


def targets(figures: Performance, *, sol_usd: float) -> tuple[Target, ...]:
    """The targets that closed operations can tell. USD at the start price of SOL."""

    def usd(lamports: float | None) -> float | None:
        return None if lamports is None or sol_usd <= 0 else usd_of(round(lamports), sol_usd)

    hold_min = None if figures.mean_hold_s is None else figures.mean_hold_s / 60
    net_usd = usd(figures.net_lamports) if figures.operations else None
    return (
        _target("win_rate", ">= 0.55", figures.win_rate, lambda share: share >= 0.55),
        _target("mean_net_usd", ">= 2.50", usd(figures.mean_net_lamports), lambda mean: mean >= 2.5),
        _target("mean_win_usd", ">= 2.50", usd(figures.mean_win_lamports), lambda mean: mean >= 2.5),
        _target("mean_hold_min", "15 to 25", hold_min, lambda minutes: 15 <= minutes <= 25),
        _target("max_drawdown_share", "< 0.10", figures.max_drawdown, lambda share: share < 0.1),
        _target("net_usd", "> 0", net_usd, lambda net: net > 0),
    )


def _target(name: str, wanted: str, value: float | None, meets: Callable[[float], bool]) -> Target:
    return Target(name=name, wanted=wanted, value=value, met=None if value is None else meets(value))


def shown(figures: Performance, *, sol_usd: float) -> Shown:
    return {"figures": plain(figures), "targets": plain(targets(figures, sol_usd=sol_usd))}


def today(books: Books, gate: GateView, *, at_s: float) -> Shown:
    """The present day, UTC."""
    day = int(at_s // 86_400)
    closed = []
    for operation in reversed(books.closed):
        if int(operation.closed_at_s // 86_400) != day:
            break
        closed.append(operation)
    return {
        "operations": len(closed),
        "wins": sum(operation.net_lamports > 0 for operation in closed),
        "realised_lamports": sum(operation.net_lamports for operation in closed),
        "result_lamports": gate.day_result_lamports,
        "loss_limit_lamports": gate.day_limit_lamports,
    }
