"""The report of a simulation as lines of text. The same document gives the same bytes."""

from collections.abc import Iterator, Mapping

from core.report import wording
from core.report.document import Calibration, Document, Sample
from core.report.figures import Figures
from core.report.resampling import Interval

WIDTH = 34
UNTUNED = "1 trial: nothing was optimised, so the deflated Sharpe ratio is the probabilistic one against 0"


def lines(report: Document) -> Iterator[str]:
    """The report, line by line."""
    yield f"Micro-Lightning simulation: feed {report.feed}, first seed {report.seed}"
    yield report.label
    if report.interrupted:
        yield "Stopped by hand: this is the report so far."
    if report.changed_settings:
        yield "Settings other than the defaults: " + ", ".join(report.changed_settings)
    yield UNTUNED if report.trials == 1 else f"{report.trials} trials were made before these settings"
    for sample in report.samples:
        yield ""
        yield from _target_lines(sample)
    if report.samples:
        yield ""
        yield from _figure_lines(report)
        for sample in report.samples:
            yield ""
            yield from _count_lines(sample)
        yield ""
        yield from _episode_lines(report)
    if report.calibration:
        yield ""
        yield from calibration_lines(report.calibration)


def _target_lines(sample: Sample) -> Iterator[str]:
    count = sample.figures.operations
    yield f"Targets, {sample.name}, {count} operations: value, 95 % interval, verdict"
    for target in sample.targets:
        value, interval = wording.of_target(target)
        yield f"  {target.name:<{WIDTH}} {target.aim:<15} {value:>11}  {interval:<22} {target.verdict}"
    yield "  Decision to submit needs the actors: python -m tests.benchmarks.event_to_order measures it."


def _figure_lines(report: Document) -> Iterator[str]:
    yield f"{'Figures':<{WIDTH + 2}} " + " ".join(f"{sample.name.split(' ')[0]:>24}" for sample in report.samples)
    columns = [rows(sample.figures) for sample in report.samples]
    for place, (name, _) in enumerate(columns[0]):
        yield f"  {name:<{WIDTH}} " + " ".join(f"{column[place][1]:>24}" for column in columns)


def rows(f: Figures) -> list[tuple[str, str]]:
    """(name, value) of every single figure."""
    per_operation = (
        None if not f.operations else sum(cost.lamports for cost in f.costs if not cost.in_net) / f.operations
    )
    return [
        ("episodes", str(f.episodes)),
        ("market hours", f"{f.market_hours:.1f}"),
        ("operations", str(f.operations)),
        ("wins / losses", f"{f.wins} / {f.losses}"),
        ("win rate", wording.share(f.win_rate)),
        ("net", wording.sol(f.net_lamports)),
        ("net in USD", wording.usd(f.net_usd)),
        ("mean (expectancy)", wording.sol(f.mean_lamports)),
        ("mean in USD", wording.usd(f.mean_usd)),
        ("  mean, 95 % interval", _interval(f.mean_usd_interval)),
        ("  drawn by whole episodes", _interval(f.mean_usd_by_episodes)),
        ("mean net on cost", wording.share(f.mean_return)),
        ("  net on cost, 95 % interval", _shares(f.mean_return_interval)),
        ("median", wording.sol(f.median_lamports)),
        ("median in USD", wording.usd(f.median_usd)),
        ("mean win", wording.usd(f.mean_win_usd)),
        ("mean loss", wording.usd(f.mean_loss_usd)),
        ("profit factor", wording.number(f.profit_factor)),
        ("won by the best tenth", wording.share(f.best_tenth_share)),
        ("Sharpe ratio per operation", wording.number(f.sharpe, 3)),
        (f"deflated Sharpe, {f.trials} trial" + "s" * (f.trials > 1), wording.number(f.deflated_sharpe, 3)),
        ("hold, mean", wording.minutes(f.hold_mean_s)),
        ("hold, median", wording.minutes(f.hold_median_s)),
        ("hold, longest", wording.minutes(f.hold_max_s)),
        ("drawdown within an episode", wording.share(f.drawdown)),
        ("drawdown, halts off", wording.share(f.drawdown_unhalted)),
        ("survival", wording.share(f.survival)),
        ("missed landings", str(f.missed_landings)),
        ("intent to block, p50", wording.seconds(f.landing_p50_s)),
        ("intent to block, p95", wording.seconds(f.landing_p95_s)),
        ("intent to block, p99", wording.seconds(f.landing_p99_s)),
        ("re-entries", str(f.reentries)),
        ("wallet rotations", str(f.rotations)),
        ("turnover", wording.sol(f.turnover_lamports)),
        ("costs outside operations, each", wording.sol(per_operation)),
        ("equity change, all episodes", wording.sol(f.equity_change_lamports)),
        ("tokens judged", str(f.tokens)),
        ("  passed every criterion", str(f.passed)),
    ]


def _interval(interval: Interval | None) -> str:
    return wording.NONE if interval is None else f"{wording.usd(interval.low)} to {wording.usd(interval.high)}"


def _shares(interval: Interval | None) -> str:
    return wording.NONE if interval is None else f"{wording.share(interval.low)} to {wording.share(interval.high)}"


def _count_lines(sample: Sample) -> Iterator[str]:
    f = sample.figures
    yield f"Counts, {sample.name}"
    yield "  costs by kind, share of turnover"
    for cost in f.costs:
        outside = "" if cost.in_net or cost.is_estimate else ", outside the operations' nets"
        part = wording.NONE if cost.share is None else f"{cost.share:.2%}"
        yield f"    {wording.COSTS.get(cost.kind, cost.kind):<44} {wording.sol(cost.lamports):>16}  {part}{outside}"
    yield "  exits by reason: sells, proceeds, operations ended, net of those"
    for one in f.exits:
        yield (
            f"    {wording.plain(one.reason):<20} {one.sells:>5} {wording.sol(one.proceeds_lamports):>16}"
            f" {one.operations:>5} {wording.sol(one.net_lamports):>16}"
        )
    yield "  emergencies fired: " + _counts(f.emergencies)
    yield "  commandments violated: " + _counts(f.violations)
    yield "  orders: " + _counts(f.orders)
    yield "  failed orders: " + _counts(f.failures)
    yield "  refusals by criterion (tokens, last verdict): " + _counts(f.refusals)
    yield "  refusals at the gate: " + _counts(f.gate_refusals)
    yield "  refused tokens later (fell by half or more, fell less, gained): " + (
        ", ".join(f"{name} min {a}/{b}/{c}" for name, (a, b, c) in f.followed.items()) or "none"
    )


def _counts(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{wording.plain(name)} {count}" for name, count in ordered) or "none"


def _episode_lines(report: Document) -> Iterator[str]:
    yield "Episodes: seed, hours of market, operations, end equity over capital, why it ended"
    for one in report.episodes:
        hours = (one.ended_at_s - one.started_at_s) / 3_600.0
        yield (
            f"  {one.number:>3} {one.seed:>8} {hours:>7.1f} h {len(one.operations):>4}"
            f" {one.equity_lamports / one.capital_lamports:>7.2f}  {wording.ENDS.get(one.end, one.end)}"
        )


def calibration_lines(rows: tuple[Calibration, ...]) -> Iterator[str]:
    """The simulated market beside the published figures."""
    yield "Calibration of the simulated market: figure, published, simulated, tolerance, verdict"
    for row in rows:
        verdict = "too small a run" if row.met is None else "in" if row.met else "OUT"
        yield (
            f"  {row.figure:<66} {row.published:>12} {wording.number(row.simulated, 4):>10}"
            f"  {row.low:g} to {row.high:g}  {verdict}"
        )
