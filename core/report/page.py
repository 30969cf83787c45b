"""The report of a simulation as one HTML page: no script, no file beside it, light and dark, readable on a phone."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

from core.report import wording
from core.report.document import Document, Sample
from core.report.episode import Episode
from core.report.figures import Figures, chained, curve_of, equity_of, falls
from core.report.page_style import STYLE
from core.report.plots import bars, histogram, line_plot, nothing, tolerances, waterfall
from core.report.simulation_text import UNTUNED, rows
from core.types import LAMPORTS_PER_SOL

MOST_BARS = 14


def page(report: Document) -> str:
    """The whole page. The same document gives the same bytes."""
    title = f"Micro-Lightning simulation, seed {report.seed}"
    body = [
        f"<header><h1>{escape(title)}</h1>{_header(report)}</header>",
        f'<div class="pair">{"".join(_targets(sample) for sample in report.samples)}</div>',
        _figures(report),
        *(part for sample in report.samples[:1] for part in _plots(report, sample)),
        _calibration(report),
        _episodes(report),
        _assumptions(),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _header(report: Document) -> str:
    notes = [
        f"Feed: {report.feed}. First seed {report.seed}; {report.wanted} operations on training seeds"
        + (f", {report.wanted_held_out} on held-out seeds." if report.wanted_held_out else "."),
        f"{UNTUNED}." if report.trials == 1 else f"{report.trials} trials were made before these settings.",
    ]
    if report.changed_settings:
        notes.append("Settings other than the defaults: " + ", ".join(report.changed_settings) + ".")
    if report.interrupted:
        notes.append("Stopped by hand: this is the report so far.")
    return f'<p class="label">{escape(report.label)}</p>' + "".join(f"<p>{escape(note)}</p>" for note in notes)


def _section(title: str, body: str, note: str = "") -> str:
    about = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section><h2>{escape(title)}</h2>{about}{body}</section>"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]], *, classes: Sequence[str] = ()) -> str:
    """A table whose cells are text; `classes` style the last cell of each line. On a phone, many columns are cards."""
    shape = ' class="cards"' if len(head) > 3 else ""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = []
    for place, line in enumerate(lines):
        style = f' class="{classes[place]}"' if classes else ""
        cells = "".join(
            f'<td data-label="{escape(head[number])}"{style if number == len(line) - 1 else ""}>{_kept(cell)}</td>'
            for number, cell in enumerate(line)
        )
        body.append(f"<tr>{cells}</tr>")
    return f"<table{shape}><thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def _kept(cell: str) -> str:
    """A cell's text, its unit kept on the line of its number."""
    return escape(cell).replace(" SOL", "\u00a0SOL").replace(" min", "\u00a0min")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _targets(sample: Sample) -> str:
    lines = [(t.name, t.aim, *wording.of_target(t), t.verdict) for t in sample.targets]
    classes = [target.verdict.replace(" ", "-") for target in sample.targets]
    return _section(
        f"Targets, {sample.name}",
        _table(("target", "aim", "value", "95 % interval", "verdict"), lines, classes=classes),
        f"{_count(sample.figures.operations, 'operation')} in {_count(sample.figures.episodes, 'episode')}. "
        "Met or missed as the data is; no market model is tuned to a target. Decision to submit needs the actors "
        "and is measured by a benchmark.",
    )


def _figures(report: Document) -> str:
    if not report.samples:
        return ""
    columns = [rows(sample.figures) for sample in report.samples]
    lines = [(name.strip(), *(column[place][1] for column in columns)) for place, (name, _) in enumerate(columns[0])]
    return _section(
        "Figures",
        _table(("figure", *(sample.name.split(" ")[0] for sample in report.samples)), lines),
        "USD at the price of SOL recorded with each entry.",
    )


def _plots(report: Document, sample: Sample) -> list[str]:
    episodes = [one for one in report.episodes if one.held_out == sample.name.startswith("out")]
    operations = [one for episode in episodes for one in episode.operations if not one.outside_statistics]
    capital = chained([equity_of(episode) for episode in episodes])
    f = sample.figures
    return [
        _section(
            "Equity",
            line_plot(_equity_series(episodes), label="Equity of each episode in SOL over market hours",
                      x_text=lambda x: f"{x:g} h", y_text=lambda y: f"{y:g}"),
            "SOL, each episode after the other, from fresh capital each; open positions at sale price. Between "
            "operations: capital and nets so far.",
        ),
        _section(
            "Drawdown",
            line_plot(_drawdown_series(episodes), label="Fall from the peak of each episode over market hours",
                      x_text=lambda x: f"{x:g} h", y_text=lambda y: f"{-y:.0%}" if y else "0 %", zero=True)
            + "<h3>With the halts off, mark by mark: one every 10 s while something is held</h3>"
            + line_plot([("line loss-line", [(float(n), -fall) for n, fall in enumerate(falls(capital))])],
                        label="Fall from the peak of one capital through all episodes",
                        x_text=lambda x: f"{x:g}", y_text=lambda y: f"{-y:.0%}" if y else "0 %", zero=True),
            "Below: one capital that no halt stops goes through the marked equity of every episode in turn.",
        ),
        _section(
            "Net per operation",
            histogram([one.net_usd for one in operations], label="Operations by net in USD",
                      x_text=lambda x: wording.usd(x).removesuffix(".00")),
            "Number of operations by net in USD, all costs taken off.",
        ),
        _section(
            "Hold time",
            histogram([one.hold_s / 60.0 for one in operations], label="Operations by hold time in minutes",
                      x_text=lambda x: f"{x:g} min", split=-1.0),
            "Number of operations by minutes from first fill to flat. The target is 15 to 25 min.",
        ),
        _section("Exits by reason", _exits(f), "Net of the operations that the reason ended, in SOL."),
        _section("Fee waterfall", _waterfall(f), "SOL over all operations. Impact is estimated from the reserves."),
        _section("Refusals", _count_bars(f.refusals, "Tokens by criterion that stood against them"),
                 f"{f.tokens} tokens judged, {f.passed} passed everything at some time. "
                 "Tokens by each criterion that failed or was unknown in their last verdict."),
        _section("Refusals at the gate", _count_bars(f.gate_refusals, "Refused wishes to enter by criterion"),
                 "Candidates that passed, refused by the commandment supervisor."),
        _section("Orders", _orders(f), "Expired orders are missed landings."),
    ]  # fmt: skip


def _equity_series(episodes: Sequence[Episode]) -> list[tuple[str, list[tuple[float, float]]]]:
    return [
        (f"line episode-{place % 2}", [(hour, lamports / LAMPORTS_PER_SOL) for hour, lamports in points])
        for place, points in enumerate(_by_hour(episodes))
    ]


def _drawdown_series(episodes: Sequence[Episode]) -> list[tuple[str, list[tuple[float, float]]]]:
    series = []
    for points in _by_hour(episodes):
        deep = falls([lamports for _, lamports in points])
        series.append(("line loss-line", [(hour, -fall) for (hour, _), fall in zip(points, deep, strict=True)]))
    return series


def _by_hour(episodes: Sequence[Episode]) -> list[list[tuple[float, float]]]:
    """Each episode's marks, on one axis of market hours."""
    every, passed_s = [], 0.0
    for episode in episodes:
        begun_s = episode.started_at_s
        points = [((passed_s + at_s - begun_s) / 3_600.0, lamports) for at_s, lamports in curve_of(episode)]
        every.append(points)
        passed_s += episode.ended_at_s - begun_s
    return every


def _exits(f: Figures) -> str:
    if not f.exits:
        return nothing("Exits")
    ended = [one for one in f.exits if one.operations]
    plot = bars(
        [(wording.plain(one.reason), one.net_lamports / LAMPORTS_PER_SOL, "win" if one.net_lamports > 0 else "loss")
         for one in ended],
        label="Net of operations by the reason that ended them", y_text=lambda y: f"{y:+.3f}",
    )  # fmt: skip
    lines = [
        (wording.plain(one.reason), str(one.sells), wording.sol(one.proceeds_lamports), str(one.operations),
         wording.sol(one.net_lamports))
        for one in f.exits
    ]  # fmt: skip
    return plot + _table(("reason", "sells", "proceeds", "operations ended", "their net"), lines)


def _waterfall(f: Figures) -> str:
    """What the trades would have brought at spot prices, and what each cost took of it."""
    inside = [cost for cost in f.costs if cost.in_net and not cost.is_estimate and cost.lamports]
    impact = next(cost.lamports for cost in f.costs if cost.kind == "impact")
    outside = [cost for cost in f.costs if not cost.in_net and cost.lamports]
    gross = f.net_lamports + sum(cost.lamports for cost in inside) + impact
    levels = [("at spot prices", gross), ("price impact", -impact)]
    levels += [(wording.SHORT_COSTS.get(cost.kind, cost.kind), -cost.lamports) for cost in (*inside, *outside)]
    levels.append(("left in the end", gross + sum(change for _, change in levels[1:])))
    steps = [(name, value / LAMPORTS_PER_SOL) for name, value in levels]
    table = [
        (wording.COSTS.get(cost.kind, cost.kind), wording.sol(cost.lamports), wording.share(cost.share))
        for cost in f.costs
    ]
    return waterfall(steps, label="From gross to what is left, in SOL", y_text=lambda y: f"{y:+.4f}") + _table(
        ("cost", "paid", "share of turnover"), table
    )


def _count_bars(counts: Mapping[str, int], label: str) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_BARS]
    lines = [(wording.plain(name), float(count), "count") for name, count in ordered]
    return bars(lines, label=label, y_text=lambda y: f"{y:.0f}")


def _orders(f: Figures) -> str:
    lines = [(wording.plain(name), str(count)) for name, count in f.orders.items()]
    lines += [(f"failed: {name}", str(count)) for name, count in f.failures.items()]
    lines += [(f"emergency: {wording.plain(name)}", str(count)) for name, count in f.emergencies.items()]
    lines += [(f"commandment {name} violated", str(count)) for name, count in f.violations.items()]
    return _table(("what", "count"), lines)


def _calibration(report: Document) -> str:
    if not report.calibration:
        return _section("Calibration", '<p class="none">Not part of this run: ask for it with --calibration.</p>')
    verdicts: dict[bool | None, str] = {None: "run too small", True: "within", False: "outside"}
    lines = [
        (row.figure, row.published, wording.number(row.simulated, 4), f"{row.low:g} to {row.high:g}", verdicts[row.met])
        for row in report.calibration
    ]
    styles = {None: "not-measured", True: "met", False: "missed"}
    dots = [
        (row.figure, row.simulated, row.low, row.high, styles[row.met])
        for row in report.calibration
        if row.simulated is not None
    ]
    return _section(
        "Calibration",
        tolerances(dots, label="Simulated figures in their tolerances")
        + _table(
            ("figure", "published", "simulated", "tolerance", "verdict"),
            lines,
            classes=[styles[row.met] for row in report.calibration],
        ),
        "The simulated market beside published figures; their sources are in its settings. Each grey band is a "
        "tolerance, all drawn equally wide; a dot beside it lies outside.",
    )


def _episodes(report: Document) -> str:
    def hours(one: Episode) -> str:
        return f"{(one.ended_at_s - one.started_at_s) / 3_600.0:.1f} h"

    cells: tuple[Callable[[Episode], str], ...] = (
        lambda one: str(one.number),
        lambda one: str(one.seed),
        hours,
        lambda one: str(len(one.operations)),
        lambda one: f"{one.equity_lamports / one.capital_lamports:.2f}",
        lambda one: wording.ENDS.get(one.end, one.end),
    )
    lines = [[cell(one) for cell in cells] for one in report.episodes]
    return _section(
        "Episodes",
        _table(("no.", "seed", "market", "operations", "end ÷ start", "why it ended"), lines),
        "Each begins with fresh capital of $20 and the next seed.",
    )


def _assumptions() -> str:
    return _section(
        "How to read this",
        "<ul><li>Fills are the paper venue's, on a simulated market: real chains, rivals and outages are worse.</li>"
        "<li>The intervals and survival are bootstrapped over operations as if each were independent; stakes grow with "
        "an episode's equity, so the interval drawn by whole episodes is the more honest one. "
        "Survival multiplies resampled returns on equity, with no halt, over as many operations as the sample has.</li>"
        "<li>Shares have Wilson's interval. The deflated Sharpe ratio is per operation and counts the trials.</li>"
        "<li>Drawdown within an episode is cut by the halts of the kinetic shield; beside it stands the one without "
        "them.</li></ul>",
    )
