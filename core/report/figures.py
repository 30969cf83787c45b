"""The figures of rules.md §9 over any set of episodes. Money in lamports, ratios as fractions of 1.

A figure that needs operations and has none is None, never 0: nothing was measured.
"""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean, median

from msgspec import Struct
from msgspec.structs import asdict

from core.report.counts import Counts, counts
from core.report.episode import Episode, OperationResult
from core.report.resampling import (
    PATHS,
    Interval,
    deflated_sharpe,
    grouped_interval,
    mean_interval,
    share_interval,
    sharpe,
    survivors,
)


class Cost(Struct, frozen=True, kw_only=True):
    """One kind of cost. `share` is of the turnover."""

    kind: str
    lamports: int
    share: float | None
    is_estimate: bool = False
    """Not booked: worked out from reserves and quotes."""
    in_net: bool = True
    """Part of the operations' nets; what is not is a cost of the treasury or of buys that never filled."""


class ExitShare(Struct, frozen=True, kw_only=True):
    reason: str
    sells: int
    proceeds_lamports: int
    operations: int
    """That it made flat."""
    net_lamports: int
    """Of those operations."""


class Figures(Counts, frozen=True, kw_only=True):
    operations: int
    outside_statistics: int
    wins: int
    losses: int
    win_rate: float | None
    win_rate_interval: Interval | None
    net_lamports: int
    net_usd: float
    mean_lamports: float | None
    mean_usd: float | None
    mean_usd_interval: Interval | None
    """The expectancy's 95 % bootstrap interval, as if each operation were independent."""
    mean_usd_by_episodes: Interval | None
    """The same by drawing whole episodes: stakes grow with an episode's equity, so operations hang together."""
    mean_return: float | None
    """Net ÷ cost of an operation, whatever its stake."""
    mean_return_interval: Interval | None
    median_lamports: float | None
    median_usd: float | None
    mean_win_usd: float | None
    mean_win_usd_interval: Interval | None
    mean_loss_usd: float | None
    profit_factor: float | None
    best_tenth_share: float | None
    """Part of what was won that the best tenth of the operations won."""
    hold_mean_s: float | None
    hold_interval_s: Interval | None
    hold_median_s: float | None
    hold_max_s: float | None
    drawdown: float | None
    """Deepest within an episode, on marked equity: the halts of rules.md §8 cut it."""
    drawdown_unhalted: float | None
    """With the halts off: one capital that goes through the equity of every episode in turn."""
    survival: float | None
    survival_interval: Interval | None
    sharpe: float | None
    deflated_sharpe: float | None
    trials: int
    turnover_lamports: int
    costs: tuple[Cost, ...]
    exits: tuple[ExitShare, ...]
    panics: dict[str, int]
    reentries: int


def figures(episodes: Sequence[Episode], *, seed: int, trials: int = 1) -> Figures:
    """Everything that is counted and estimated over these episodes. `seed` draws the resamples."""
    every = [operation for episode in episodes for operation in episode.operations]
    counted = [operation for operation in every if not operation.outside_statistics]
    usd = [operation.net_usd for operation in counted]
    wins = [operation for operation in counted if operation.net_lamports > 0]
    won_usd = [operation.net_usd for operation in wins]
    lost_usd = [operation.net_usd for operation in counted if operation.net_lamports <= 0]
    nets = [operation.net_lamports for operation in counted]
    holds = [operation.hold_s for operation in counted]
    returns = [one.net_lamports / one.equity_before_lamports for one in counted if one.equity_before_lamports > 0]
    gains = [one.net_lamports / one.cost_lamports for one in counted if one.cost_lamports > 0]
    alive = survivors(returns, seed)
    lost = -sum(net for net in nets if net <= 0)
    turnover = sum(operation.turnover_lamports for operation in counted)
    return Figures(
        **asdict(counts(episodes)),
        operations=len(counted),
        outside_statistics=len(every) - len(counted),
        wins=len(wins),
        losses=len(counted) - len(wins),
        win_rate=len(wins) / len(counted) if counted else None,
        win_rate_interval=share_interval(len(wins), len(counted)),
        net_lamports=sum(nets),
        net_usd=sum(usd),
        mean_lamports=fmean(nets) if nets else None,
        mean_usd=fmean(usd) if usd else None,
        mean_usd_interval=mean_interval(usd, seed),
        mean_usd_by_episodes=grouped_interval([_usd(episode) for episode in episodes], seed),
        mean_return=fmean(gains) if gains else None,
        mean_return_interval=mean_interval(gains, seed),
        median_lamports=median(nets) if nets else None,
        median_usd=median(usd) if usd else None,
        mean_win_usd=fmean(won_usd) if won_usd else None,
        mean_win_usd_interval=mean_interval(won_usd, seed),
        mean_loss_usd=fmean(lost_usd) if lost_usd else None,
        profit_factor=sum(net for net in nets if net > 0) / lost if lost else None,
        best_tenth_share=_best_tenth([operation.net_lamports for operation in wins], len(counted)),
        hold_mean_s=fmean(holds) if holds else None,
        hold_interval_s=mean_interval(holds, seed),
        hold_median_s=median(holds) if holds else None,
        hold_max_s=max(holds, default=None),
        drawdown=max(_deepest(equity_of(episode)) for episode in episodes) if counted else None,
        drawdown_unhalted=_deepest(chained([equity_of(episode) for episode in episodes])) if counted else None,
        survival=None if alive is None else alive / PATHS,
        survival_interval=None if alive is None else share_interval(alive, PATHS),
        sharpe=sharpe(returns),
        deflated_sharpe=deflated_sharpe(returns, trials),
        trials=trials,
        turnover_lamports=turnover,
        costs=_costs(episodes, counted, turnover),
        exits=_exits(counted),
        panics=dict(sorted(Counter(one.panic for one in counted if one.panic).items())),
        reentries=sum(operation.buys - 1 for operation in counted),
    )


def _usd(episode: Episode) -> list[float]:
    return [operation.net_usd for operation in episode.operations if not operation.outside_statistics]


def equity_of(episode: Episode) -> list[float]:
    """The episode's equity as it was marked, from its capital on, in lamports."""
    return [float(episode.capital_lamports), *(float(lamports) for _, lamports in episode.marks)]


def curve_of(episode: Episode) -> list[tuple[float, float]]:
    """(time, lamports) of the episode's equity, to draw: marks while something is held, and what stands in between.

    Between operations that is capital and nets so far; the treasury's own fees come with the next mark.
    """
    points = [(episode.started_at_s, float(episode.capital_lamports))]
    flat = list(points)
    flat += [(one.closed_at_s, float(one.equity_before_lamports + one.net_lamports)) for one in episode.operations]
    for at_s, lamports in (*episode.marks, (episode.ended_at_s, episode.equity_lamports)):
        last_s = points[-1][0]
        if at_s > last_s + IDLE_S:
            standing = [one for one in flat if one[0] <= last_s + IDLE_S][-1][1]
            points.append((last_s, standing))
            for closed_s, after in (one for one in flat if last_s + IDLE_S < one[0] <= at_s):
                points += [(closed_s, standing), (closed_s, after)]
                standing = after
            points.append((at_s, standing))
        points.append((at_s, float(lamports)))
    return points


def chained(curves: Sequence[Sequence[float]]) -> list[float]:
    """One capital of 1 through all of these equity curves, each in shares of its own start."""
    equity, start = [1.0], 1.0
    for curve in curves:
        equity += [start * value / curve[0] for value in curve[1:]]
        start = equity[-1]
    return equity


def falls(equity: Sequence[float]) -> list[float]:
    """At each point, how far equity lies under its highest so far, as a fraction of that."""
    peak, below = 0.0, []
    for value in equity:
        peak = max(peak, value)
        below.append(1.0 - value / peak if peak > 0 else 0.0)
    return below


def _deepest(equity: Sequence[float]) -> float:
    return max(falls(equity))


def _best_tenth(won: Sequence[int], count: int) -> float | None:
    best = sorted(won, reverse=True)[: max(count // 10, 1)]
    return sum(best) / sum(won) if won else None


IDLE_S = 30.0
"""Without a mark for so long nothing was held: what is held is marked every ten seconds."""
OUTSIDE = ("failed_entries", "treasury", "rotation")
"""Accounts of costs that are in no operation's net."""


def _costs(episodes: Sequence[Episode], counted: Sequence[OperationResult], turnover: int) -> tuple[Cost, ...]:
    kinds: Counter[str] = Counter()
    for operation in counted:
        kinds.update(operation.fees)
    booked = [Cost(kind=kind, lamports=paid, share=_share(paid, turnover)) for kind, paid in sorted(kinds.items())]
    lost = sum(episode.accounts.get("rent_lost", 0) for episode in episodes)
    booked.append(Cost(kind="rent_lost", lamports=lost, share=_share(lost, turnover)))
    for account in OUTSIDE:
        paid = sum(episode.accounts.get(account, 0) for episode in episodes)
        booked.append(Cost(kind=account, lamports=paid, share=_share(paid, turnover), in_net=False))
    for kind, paid in (
        ("impact", sum(operation.impact_lamports for operation in counted)),
        ("drift", sum(operation.drift_lamports for operation in counted)),
    ):
        booked.append(Cost(kind=kind, lamports=paid, share=_share(paid, turnover), is_estimate=True))
    return tuple(booked)


def _share(lamports: int, turnover: int) -> float | None:
    return lamports / turnover if turnover else None


def _exits(counted: Sequence[OperationResult]) -> tuple[ExitShare, ...]:
    sells = [sell for operation in counted for sell in operation.sells]
    reasons = sorted({reason for reason, _, _ in sells} | {operation.reason for operation in counted})
    return tuple(
        ExitShare(
            reason=reason,
            sells=sum(1 for name, _, _ in sells if name == reason),
            proceeds_lamports=sum(proceeds for name, _, proceeds in sells if name == reason),
            operations=sum(1 for operation in counted if operation.reason == reason),
            net_lamports=sum(operation.net_lamports for operation in counted if operation.reason == reason),
        )
        for reason in reasons
    )
