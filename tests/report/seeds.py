"""Several simulations side by side and together, as Markdown: `python -m tests.report.seeds reports/simulate-*.json`.

Each file is the JSON report of one `run.py simulate`, with training seeds of its own. Together their episodes are one
sample; what a report keeps thinned out or not at all (times of landing, the drawdown with halts off), and what
depends on how long a sequence is (survival), is told by seed.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

import msgspec
from msgspec.structs import replace

from core.report import wording
from core.report.document import Document, Sample, document
from core.report.episode import Episode, OperationResult
from core.report.targets import MET, MISSED, UNKNOWN, Target
from core.report.wording import of_target

BY_SEED_ALONE = ("drawdown, halts off", "survival")


def read(paths: Sequence[Path]) -> list[Document]:
    """The reports, by seed. Raises ValueError where two played the same seed: then it would count twice."""
    found = sorted((msgspec.json.decode(path.read_bytes(), type=Document) for path in paths), key=lambda one: one.seed)
    played = [(episode.held_out, episode.seed) for one in found for episode in one.episodes]
    if len(set(played)) < len(played):
        raise ValueError("two of the reports played the same market: choose first seeds farther apart")
    return found


def together(reports: Sequence[Document]) -> Document:
    """One report over the episodes of all."""
    return document(
        [episode for report in reports for episode in report.episodes],
        feed=reports[0].feed,
        seed=reports[0].seed,
        wanted=sum(report.wanted for report in reports),
        wanted_held_out=sum(report.wanted_held_out for report in reports),
    )


def lines(reports: Sequence[Document]) -> Iterator[str]:
    whole = together(reports)
    for place, sample in enumerate(whole.samples):
        ofs = [report.samples[place] for report in reports if len(report.samples) > place]
        yield f"### {sample.name}: {sample.figures.operations} operations in {sample.figures.episodes} episodes"
        yield ""
        yield from _targets(sample, ofs)
        yield ""
        yield from _by_seed(sample.name, reports, place)
        yield ""
        yield from _drivers(sample, [one for one in whole.episodes if one.held_out == bool(place)])
        yield ""


def _targets(whole: Sample, seeds: Sequence[Sample]) -> Iterator[str]:
    yield f"| target | aim | together | 95 % interval | verdict | met by seed | least to most of {len(seeds)} seeds |"
    yield "|---|---|---|---|---|---|---|"
    for place, target in enumerate(whole.targets):
        each = [seed.targets[place] for seed in seeds]
        if target.verdict == UNKNOWN:
            continue
        value, interval = of_target(target) if target.name not in BY_SEED_ALONE else ("by seed", "")
        verdict = target.verdict if target.name not in BY_SEED_ALONE else ""
        met, judged = (sum(one.verdict in kinds for one in each) for kinds in ((MET,), (MET, MISSED)))
        cells = (target.name, target.aim, value, interval, verdict, f"{met} of {judged}", _spread(each))
        yield f"| {' | '.join(cells)} |"


def _spread(each: Sequence[Target]) -> str:
    measured = sorted((one for one in each if one.value is not None), key=lambda one: one.value or 0.0)
    return f"{of_target(measured[0])[0]} to {of_target(measured[-1])[0]}" if measured else ""


def _by_seed(name: str, reports: Sequence[Document], place: int) -> Iterator[str]:
    columns = ("episodes", "operations", "win rate", "mean", "by episodes", "median", "net on cost", "hold", "drawdown")
    yield f"| first seed, {name.split(' ')[0]} | {' | '.join(columns)} |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for report in reports:
        if len(report.samples) <= place:
            continue
        f = report.samples[place].figures
        by_episodes = f.mean_usd_by_episodes
        drawn = "" if by_episodes is None else f"{wording.usd(by_episodes.low)} to {wording.usd(by_episodes.high)}"
        cells = (
            *(str(report.seed), str(f.episodes), str(f.operations), wording.share(f.win_rate), wording.usd(f.mean_usd)),
            *(drawn, wording.usd(f.median_usd), wording.share(f.mean_return)),
            *(wording.minutes(f.hold_mean_s), wording.share(f.drawdown)),
        )
        yield f"| {' | '.join(cells)} |"


def _drivers(sample: Sample, episodes: Sequence[Episode]) -> Iterator[str]:
    f = sample.figures
    yield f"Mean net on cost {wording.share(f.mean_return)}, median {wording.usd(f.median_usd)}, profit factor"
    yield f"{wording.number(f.profit_factor)}, won by the best tenth {wording.share(f.best_tenth_share)}; mean win"
    yield f"{wording.usd(f.mean_win_usd)}, mean loss {wording.usd(f.mean_loss_usd)};"
    yield f"{f.market_hours:,.0f} hours of market, {f.tokens:,} tokens judged, {f.passed:,} passed,"
    yield f"{f.reentries} re-entries, {f.rotations} rotations."
    yield f"Orders by outcome: {_counted(f.orders)}. Failures: {_counted(f.failures)}. Ends: {_counted(f.ends)}."
    yield f"Panics: {_counted(f.panics)}."
    yield f"Equity at the end of an episode ÷ capital: {_ends(episodes)}."
    counted = [one for episode in episodes for one in episode.operations if not one.outside_statistics]
    for name, some in (
        ("with a re-entry", [one for one in counted if one.buys > 1]),
        ("without one", [one for one in counted if one.buys == 1]),
    ):
        yield f"Operations {name}: {len(some)}, mean net on cost {wording.share(_mean_on_cost(some))}."
    stood = [replace(one, net_lamports=one.net_lamports + one.drift_lamports) for one in counted]
    yield f"Had nothing moved between signing and landing: mean net on cost {wording.share(_mean_on_cost(stood))}, won"
    yield f"{wording.share(fmean(one.net_lamports > 0 for one in stood) if stood else None)}."
    yield ""
    yield "| cost | share of turnover | |"
    yield "|---|---|---|"
    for cost in f.costs:
        kind = "estimated" if cost.is_estimate else "" if cost.in_net else "outside the operations"
        part = "" if cost.share is None else f"{cost.share:.2%}"
        yield f"| {wording.COSTS.get(cost.kind, cost.kind)} | {part} | {kind} |"
    yield ""
    yield "| exit | sells | operations ended by it | net of those |"
    yield "|---|---|---|---|"
    for one in f.exits:
        yield f"| {one.reason} | {one.sells:,} | {one.operations:,} | {wording.sol(one.net_lamports)} |"


def _mean_on_cost(operations: Sequence[OperationResult]) -> float | None:
    gains = [one.net_lamports / one.cost_lamports for one in operations if one.cost_lamports > 0]
    return fmean(gains) if gains else None


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda pair: -pair[1]))


def _ends(episodes: Sequence[Episode]) -> str:
    ratios = sorted(one.equity_lamports / one.capital_lamports for one in episodes)
    return f"{ratios[0]:.2f} to {ratios[-1]:.2f}, median {ratios[len(ratios) // 2]:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", type=Path, nargs="+", metavar="FILE")
    for line in lines(read(parser.parse_args().reports)):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
