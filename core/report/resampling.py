"""How sure a figure is: bootstrap intervals and paths, Wilson's interval of a share, the deflated Sharpe ratio.

Every draw comes from the seed that the caller gives, so the same operations give the same interval.
"""

from collections.abc import Sequence
from math import e, sqrt
from random import Random
from statistics import NormalDist, fmean, pstdev

from msgspec import Struct

CONFIDENCE = 0.95
RESAMPLES = 4_000
PATHS = 2_000
EULER = 0.5772156649015329
_NORMAL = NormalDist()


class Interval(Struct, frozen=True, array_like=True):
    low: float
    high: float


def mean_interval(values: Sequence[float], seed: int, *, resamples: int = RESAMPLES) -> Interval | None:
    """The 95 % bootstrap interval of the mean; None for fewer than two values, which say nothing of spread."""
    count = len(values)
    if count < 2:
        return None
    choices = Random(seed).choices
    means = sorted(fmean(choices(values, k=count)) for _ in range(resamples))
    return Interval(_quantile(means, (1 - CONFIDENCE) / 2), _quantile(means, (1 + CONFIDENCE) / 2))


def grouped_interval(groups: Sequence[Sequence[float]], seed: int, *, resamples: int = RESAMPLES) -> Interval | None:
    """As `mean_interval`, but whole groups are drawn: values of one group (an episode) depend on each other."""
    sums = [(sum(group), len(group)) for group in groups if group]
    if len(sums) < 2:
        return None
    choices, means = Random(seed).choices, []
    for _ in range(resamples):
        drawn = choices(sums, k=len(sums))
        means.append(sum(total for total, _ in drawn) / sum(count for _, count in drawn))
    means.sort()
    return Interval(_quantile(means, (1 - CONFIDENCE) / 2), _quantile(means, (1 + CONFIDENCE) / 2))


def share_interval(hits: int, count: int) -> Interval | None:
    """Wilson's 95 % interval of `hits` of `count`; None of nothing."""
    if not count:
        return None
    z = _NORMAL.inv_cdf((1 + CONFIDENCE) / 2)
    share = hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return Interval(max(middle - half, 0.0), min(middle + half, 1.0))


def survivors(returns: Sequence[float], seed: int, *, floor: float = 0.5, paths: int = PATHS) -> int | None:
    """Of `paths` resampled sequences of returns on equity, how many never fall to `floor` of the start capital."""
    if not returns:
        return None
    random, count, alive = Random(seed), len(returns), 0
    for _ in range(paths):
        equity = 1.0
        for one in random.choices(returns, k=count):
            equity *= 1.0 + one
            if equity <= floor:
                break
        else:
            alive += 1
    return alive


def sharpe(returns: Sequence[float]) -> float | None:
    """Mean ÷ standard deviation of the returns per operation, not annualised."""
    if len(returns) < 2 or not (spread := pstdev(returns)):
        return None
    return fmean(returns) / spread


def deflated_sharpe(returns: Sequence[float], trials: int) -> float | None:
    """The probability that the true Sharpe ratio is above what the best of `trials` useless ones would show.

    Bailey and López de Prado 2014, with skewness and kurtosis; the variance of the trials' ratios is taken as that of
    a useless one, 1 ÷ count. With one trial it is the probabilistic Sharpe ratio against 0.
    """
    ratio, count = sharpe(returns), len(returns)
    if ratio is None:
        return None
    mean, spread = fmean(returns), pstdev(returns)
    skew = fmean(((one - mean) / spread) ** 3 for one in returns)
    kurtosis = fmean(((one - mean) / spread) ** 4 for one in returns)
    luck = 0.0
    if trials > 1:
        best = (1 - EULER) * _NORMAL.inv_cdf(1 - 1 / trials) + EULER * _NORMAL.inv_cdf(1 - 1 / (trials * e))
        luck = best / sqrt(count)
    variance = max(1.0 - skew * ratio + (kurtosis - 1.0) / 4.0 * ratio * ratio, 1e-12)
    return _NORMAL.cdf((ratio - luck) * sqrt(count - 1) / sqrt(variance))


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value under which `share` of the values lie, interpolated; None of nothing."""
    return _quantile(sorted(values), share) if values else None


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
