"""The figures of a day as a person reads them, from the books alone: the same that the report and the monitor show."""

from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from core.ledger.books import Books
from core.report.statistics import Performance, performance
from core.rules.capital import usd_of
from core.types import Role

DAY_S: Final = 86_400
LAMPORTS: Final = 1_000_000_000
DAILY: Final = "daily_summary"
LATE: Final = "\n(told late: nothing ran when that day ended)"
TOLD_WITH_FIGURES: Final = frozenset({"daily_loss", "drawdown", "rotation", "panic_exit_done", "breaker"})
"""Alerts after which a person asks where that leaves us: halts of the shield and the breaker, rotations, panics."""


class Day(Struct, frozen=True, kw_only=True):
    """One day of market time, UTC. Lamports; the drawdown is a share of the peak, of closed equity."""

    begins_s: float
    figures: Performance
    overall: Performance
    wallets_lamports: dict[Role, int]
    open_operations: int
    sol_usd: float
    """At the start: what all USD are valued at."""


def day_of(books: Books, at_s: float) -> Day:
    """The day that `at_s` lies in, as far as the books know it."""
    number = int(at_s // DAY_S)
    before = [op for op in books.closed if int(op.closed_at_s // DAY_S) < number]
    within = [op for op in books.closed if int(op.closed_at_s // DAY_S) == number]
    capital = books.capital_lamports()
    started_with = capital + sum(op.net_lamports for op in before if not op.outside_statistics)
    return Day(
        begins_s=float(number * DAY_S),
        figures=performance(within, capital_lamports=started_with),
        overall=performance(books.closed, capital_lamports=capital),
        wallets_lamports={role: books.balance(role) for role in Role},
        open_operations=len(books.operations),
        sol_usd=books.sol_usd_start,
    )


def until_midnight_s(at_s: float) -> float:
    """Market time until the next 00:00 UTC; above 0."""
    return (at_s // DAY_S + 1) * DAY_S - at_s


def text(day: Day) -> str:
    """A few lines. What was not measured is said to be so."""
    figures, overall = day.figures, day.overall
    date = datetime.fromtimestamp(day.begins_s, UTC).date().isoformat()
    start = f"since the start: {overall.operations} operations, win rate {_share(overall.win_rate)}"
    lines = [
        f"{date} UTC: {figures.operations} operations, win rate {_share(figures.win_rate)}",
        f"net {_money(figures.net_lamports, day.sol_usd)}, tax {_money(figures.tax_lamports, day.sol_usd)}",
        f"costs {_money(sum(figures.costs_lamports.values()), day.sol_usd)}: {_costs(figures)}",
        f"drawdown {_share(figures.max_drawdown)} of the day, {_share(overall.max_drawdown)} overall",
        f"panics: {_counts(figures.panics)}",
        f"{start}, net {_money(overall.net_lamports, day.sol_usd)}",
        f"open: {day.open_operations}; wallets in SOL: {_wallets(day)}",
    ]
    return "\n".join(lines)


def _money(lamports: int, sol_usd: float) -> str:
    sol = f"{lamports / LAMPORTS:+.6f} SOL"
    return f"{sol} ({usd_of(lamports, sol_usd):+.2f} USD)" if sol_usd > 0 else sol


def _share(share: float | None) -> str:
    return "not measured" if share is None else f"{share:.1%}"


def _costs(figures: Performance) -> str:
    return ", ".join(f"{kind} {lamports / LAMPORTS:.6f}" for kind, lamports in figures.costs_lamports.items()) or "none"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()) or "none"


def _wallets(day: Day) -> str:
    return ", ".join(
        f"{role.value.replace('_', ' ')} {lamports / LAMPORTS:.6f}" for role, lamports in day.wallets_lamports.items()
    )
