"""The targets of rules.md §9 beside what was measured: met, missed, or not measured. Nothing is tuned to them."""

from collections.abc import Callable

from msgspec import Struct

from core.report.figures import Figures
from core.report.resampling import Interval

MET, MISSED, UNKNOWN = "met", "missed", "not measured"


class Target(Struct, frozen=True, kw_only=True):
    name: str
    aim: str
    value: float | None
    unit: str
    """share, usd, min, ms or ratio."""
    interval: Interval | None
    """95 %; None where the figure has none."""
    verdict: str


def targets(figures: Figures) -> tuple[Target, ...]:
    """Every target with its verdict."""
    hold_min = None if figures.hold_mean_s is None else figures.hold_mean_s / 60.0
    hold = figures.hold_interval_s
    hold_interval = None if hold is None else Interval(hold.low / 60.0, hold.high / 60.0)
    net_interval = figures.mean_usd_interval
    total = None if net_interval is None else _times(net_interval, figures.operations)
    return (
        _target("win rate", "at least 55 %", figures.win_rate, "share", figures.win_rate_interval, lambda v: v >= 0.55),
        _target(
            "mean profit per operation",
            "at least $2.50",
            figures.mean_usd,
            "usd",
            figures.mean_usd_interval,
            lambda v: v >= 2.5,
        ),
        _target(
            "mean profit per winning operation",
            "at least $2.50",
            figures.mean_win_usd,
            "usd",
            figures.mean_win_usd_interval,
            lambda v: v >= 2.5,
        ),
        _target("mean hold", "15 to 25 min", hold_min, "min", hold_interval, lambda v: 15.0 <= v <= 25.0),
        _target("drawdown", "under 10 %", figures.drawdown, "share", None, lambda v: v < 0.10),
        _target("drawdown, halts off", "under 10 %", figures.drawdown_unhalted, "share", None, lambda v: v < 0.10),
        _target("survival", "at least 90 %", figures.survival, "share", figures.survival_interval, lambda v: v >= 0.90),
        _target("net", "above $0", _net(figures), "usd", total, lambda v: v > 0.0),
        _target("decision to submit, p99", "under 120 ms", None, "ms", None, lambda v: v < 120.0),
    )


def _net(figures: Figures) -> float | None:
    return figures.net_usd if figures.operations else None


def _times(interval: Interval, count: int) -> Interval:
    return Interval(interval.low * count, interval.high * count)


def _target(  # noqa: PLR0917  # a row of the table above, in its columns
    name: str, aim: str, value: float | None, unit: str, interval: Interval | None, meets: Callable[[float], bool]
) -> Target:
    verdict = UNKNOWN if value is None else MET if meets(value) else MISSED
    return Target(name=name, aim=aim, value=value, unit=unit, interval=interval, verdict=verdict)
