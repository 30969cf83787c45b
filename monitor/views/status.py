"""The whole at a glance: mode, money, wallets, open positions, today, performance, breaker."""

from core.rules.capital import usd_of
from core.rules.verdict import all_pass
from monitor.views import health, performance, positions, wallets
from monitor.views.candidates import verdict
from monitor.views.emergency import breaker
from monitor.views.operations import Shown
from monitor.views.performance import Figures
from monitor.views.plain import iso, plain
from monitor.views.sight import Sight


def shown(sight: Sight, figures: Figures) -> Shown:
    """Lamports where nothing else is said. Null: not known."""
    books, gate = sight.books, sight.gate
    reasons = health.reasons(sight.panel)
    return {
        "mode": sight.panel.mode,
        "at": iso(sight.at_s),
        "uptime_s": round(sight.panel.uptime_s(), 3),
        "healthy": not reasons,
        "reasons": list(reasons),
        "entries": {
            "open": not books.paused and all_pass(gate.standing),
            "paused": books.paused,
            "paused_why": plain(books.paused_why) or None,
            "undercapitalised": gate.undercapitalised,
            "against": [verdict(one) for one in gate.standing if not one.ok],
        },
        "breaker": breaker(sight),
        "equity_lamports": gate.equity_lamports,
        "equity_usd": usd(sight, gate.equity_lamports),
        "equity_peak_lamports": gate.equity_peak_lamports,
        "drawdown_lamports": gate.drawdown_lamports,
        "drawdown_limit_lamports": gate.drawdown_limit_lamports,
        "capital_lamports": books.capital_lamports(),
        "sol_usd": sight.sol_usd,
        "generation": books.generation,
        "fleet_health": wallets.fleet(sight),
        "wallets": wallets.shown(sight),
        "positions": [positions.shown(sight, operation) for operation in books.operations.values()],
        "orders_unsettled": len(books.orders),
        "journal_damage": plain(_damage(sight)) or None,
        "today": performance.today(books, gate, at_s=sight.at_s),
        "performance": performance.shown(figures.of(books), sol_usd=books.sol_usd_start),
        "accounts_lamports": {name: lamports for name, lamports in sorted(books.accounts.items()) if lamports},
    }


def _damage(sight: Sight) -> str:
    """What the start of this process had to set aside of the journal, and why; empty: nothing."""
    return str(getattr(sight.view_of("journal"), "set_aside", ""))


def usd(sight: Sight, lamports: int | None) -> float | None:
    """A valuation at the newest price, to the cent; None where amount or price is unknown."""
    return None if lamports is None or sight.sol_usd is None else round(usd_of(lamports, sight.sol_usd), 2)
