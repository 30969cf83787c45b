"""Performance figures of closed operations (rules.md §9). Money in lamports; ratios are fractions of 1.

A figure that needs operations and has none is None, never 0: nothing was measured.
"""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean, median

from msgspec import Struct

from core.ledger.books import ClosedOperation


class Performance(Struct, frozen=True, kw_only=True):
    operations: int
    wins: int
    losses: int
    net_lamports: int
    tax_lamports: int
    win_rate: float | None
    mean_net_lamports: float | None
    median_net_lamports: float | None
    mean_win_lamports: float | None
    mean_loss_lamports: float | None
    profit_factor: float | None
    """Won ÷ lost; None without a loss."""
    mean_hold_s: float | None
    max_hold_s: float | None
    max_drawdown: float | None
    """Deepest fall of the closed equity from its peak, as a fraction of the peak."""
    turnover_lamports: int
    """What was paid in buys and received in sells."""
    costs_lamports: dict[str, int]
    """By kind: protocol, creator, lp, base, priority, tip."""
    exits: dict[str, int]
    """Sells by reason."""
    panics: dict[str, int]
    """Operations by the emergency that ended them."""


def performance(operations: Sequence[ClosedOperation], *, capital_lamports: int) -> Performance:
    """Figures of the operations that count; those outside the statistics are left out."""
    counted = [op for op in operations if not op.outside_statistics]
    nets = [op.net_lamports for op in counted]
    wins, losses = [net for net in nets if net > 0], [net for net in nets if net <= 0]
    holds = [op.closed_at_s - op.opened_at_s for op in counted]
    costs: Counter[str] = Counter()
    for op in counted:
        costs.update(op.fees)
    return Performance(
        operations=len(counted),
        wins=len(wins),
        losses=len(losses),
        net_lamports=sum(nets),
        tax_lamports=sum(op.tax_lamports for op in counted),
        win_rate=len(wins) / len(counted) if counted else None,
        mean_net_lamports=fmean(nets) if nets else None,
        median_net_lamports=median(nets) if nets else None,
        mean_win_lamports=fmean(wins) if wins else None,
        mean_loss_lamports=fmean(losses) if losses else None,
        profit_factor=sum(wins) / -sum(losses) if sum(losses) else None,
        mean_hold_s=fmean(holds) if holds else None,
        max_hold_s=max(holds, default=None),
        max_drawdown=drawdown(nets, capital_lamports) if counted else None,
        turnover_lamports=sum(op.cost_lamports + op.proceeds_lamports for op in counted),
        costs_lamports=dict(sorted(costs.items())),
        exits=dict(sorted(Counter(fill.reason.value for op in counted for fill in op.exits).items())),
        panics=dict(sorted(Counter(op.panic.value for op in counted if op.panic).items())),
    )


def drawdown(nets: Sequence[int], capital_lamports: int) -> float:
    """The deepest fall from a peak of capital plus results so far, as a fraction of that peak."""
    equity = peak = capital_lamports
    deepest = 0.0
    for net in nets:
        equity += net
        peak = max(peak, equity)
        deepest = max(deepest, (peak - equity) / peak if peak > 0 else 0.0)
    return deepest
