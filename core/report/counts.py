"""What is counted over episodes, whatever their operations came to."""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from core.report.episode import Episode
from core.report.resampling import quantile


class Counts(Struct, frozen=True, kw_only=True):
    episodes: int
    ends: dict[str, int]
    market_hours: float
    emergencies: dict[str, int]
    violations: dict[str, int]
    tokens: int
    passed: int
    refusals: dict[str, int]
    gate_refusals: dict[str, int]
    orders: dict[str, int]
    failures: dict[str, int]
    missed_landings: int
    landing_p50_s: float | None
    landing_p95_s: float | None
    landing_p99_s: float | None
    rotations: int
    equity_change_lamports: int
    """Over all episodes: nets, what was open at an end, and the costs outside operations."""
    followed: dict[str, tuple[int, int, int]]


def counts(episodes: Sequence[Episode]) -> Counts:
    """Everything that is counted over these episodes."""
    landings = [second for episode in episodes for second in episode.landings_s]
    orders = _total(episode.orders for episode in episodes)
    return Counts(
        episodes=len(episodes),
        ends=dict(sorted(Counter(episode.end for episode in episodes).items())),
        market_hours=sum(episode.ended_at_s - episode.started_at_s for episode in episodes) / 3_600.0,
        emergencies=_total(episode.emergencies for episode in episodes),
        violations=_total(episode.violations for episode in episodes),
        tokens=sum(episode.tokens for episode in episodes),
        passed=sum(episode.passed for episode in episodes),
        refusals=_total(episode.refusals for episode in episodes),
        gate_refusals=_total(episode.gate_refusals for episode in episodes),
        orders=orders,
        failures=_total(episode.failures for episode in episodes),
        missed_landings=orders.get("expired", 0),
        landing_p50_s=quantile(landings, 0.5),
        landing_p95_s=quantile(landings, 0.95),
        landing_p99_s=quantile(landings, 0.99),
        rotations=sum(episode.rotations for episode in episodes),
        equity_change_lamports=sum(episode.equity_lamports - episode.capital_lamports for episode in episodes),
        followed=_followed(episodes),
    )


def _total(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))


def _followed(episodes: Sequence[Episode]) -> dict[str, tuple[int, int, int]]:
    minutes = sorted({name for episode in episodes for name in episode.followed}, key=int)
    return {name: _sums([episode.followed.get(name, (0, 0, 0)) for episode in episodes]) for name in minutes}


def _sums(rows: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
    return sum(row[0] for row in rows), sum(row[1] for row in rows), sum(row[2] for row in rows)
