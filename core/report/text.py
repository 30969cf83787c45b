"""The report as text: what was seen, why it was taken or refused, what every operation did, and what it cost.

Made from the journal's entries alone, so the same journal gives the same bytes.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from core.ledger.books import Books, ClosedOperation
from core.ledger.fold import apply
from core.records import AnyRecord, CandidateFollowed, CandidateJudged, EntryDecided, OrderSettled, RunStarted
from core.report.statistics import Performance, performance
from core.rules.verdict import Outcome
from core.types import LAMPORTS_PER_SOL


class Candidate(Struct):
    """One token from its first verdict to its last."""

    mint: str
    symbol: str
    first: CandidateJudged
    last: CandidateJudged
    decided: EntryDecided | None = None
    followed: tuple[CandidateFollowed, ...] = ()


class Report(Struct, frozen=True, kw_only=True):
    """Everything that the text, the JSON and the page show."""

    run: RunStarted | None
    books: Books
    candidates: tuple[Candidate, ...]
    refusals: dict[str, int]
    """Tokens by the criterion that failed or was unknown in their last verdict."""
    outcomes: dict[str, int]
    """Orders by how they ended."""
    performance: Performance


def gather(records: Iterable[AnyRecord]) -> Report:
    """Read the journal once and keep what the report needs."""
    books, run = Books(), None
    candidates: dict[str, Candidate] = {}
    outcomes: Counter[str] = Counter()
    for record in records:
        books = apply(books, record)
        match record:
            case RunStarted():
                run = run or record
            case CandidateJudged():
                known = candidates.setdefault(record.mint, Candidate(record.mint, record.symbol, record, record))
                known.last = record
            case CandidateFollowed(mint=mint) if mint in candidates:
                candidates[mint].followed += (record,)
            case EntryDecided(mint=mint) if mint in candidates:
                candidates[mint].decided = record
            case OrderSettled():
                outcomes[record.outcome] += 1
            case _:
                pass
    refusals = Counter(name for one in candidates.values() for name in _failing(one.last))
    return Report(
        run=run,
        books=books,
        candidates=tuple(candidates.values()),
        refusals=dict(sorted(refusals.items())),
        outcomes=dict(sorted(outcomes.items())),
        performance=performance(books.closed, capital_lamports=books.capital_lamports()),
    )


def _failing(judged: CandidateJudged) -> list[str]:
    return [v.criterion for v in judged.verdicts if v.outcome is not Outcome.PASS]


def lines(report: Report) -> Iterator[str]:
    """The report, line by line."""
    run = report.run
    yield f"Micro-Lightning report: {run.mode if run else 'no run'}, feed {run.feed if run else '-'}"
    yield (
        "Paper results: fills of the paper venue, not of a chain." if not run or run.mode != "live" else "Live results."
    )
    if run:
        skips = ": what a recording cannot show was not judged" if run.profile == "recorded" else ""
        yield f"Entry conditions: profile {run.profile}{skips}."
    yield ""
    yield from _candidate_lines(report)
    yield ""
    yield from _operation_lines(report.books.closed)
    yield ""
    yield from _figure_lines(report)


def _candidate_lines(report: Report) -> Iterator[str]:
    yield f"Candidates: {len(report.candidates)}"
    bought = {op.mint for op in report.books.closed} | {op.mint for op in report.books.operations.values()}
    for one in report.candidates:
        yield f"  {one.mint} {one.symbol} {_fate(one, bought)} at {_time(one.last.at_s)}"
        yield f"    first {one.first.outcome}: {_reasons(one.first)}"
        if one.last is not one.first:
            yield f"    last {one.last.outcome}: {_reasons(one.last)}"
        if one.decided is not None and not one.decided.admitted:
            failing = [f"{v.criterion} {v.outcome} ({v.reason})" for v in one.decided.verdicts if not v.ok]
            yield f"    gate refused: {', '.join(failing)}"
        for later in one.followed:
            yield f"    {later.after_s // 60} min later {later.change:+.1%}"


def _fate(one: Candidate, bought: Collection[str]) -> str:
    if one.mint in bought:
        return "taken"
    if one.decided is not None and one.decided.admitted:
        return "admitted, but its order bought nothing"
    return "passed, but was not entered" if one.last.outcome is Outcome.PASS else "refused"


def _reasons(judged: CandidateJudged) -> str:
    failing = [f"{v.criterion} {v.outcome} ({v.reason})" for v in judged.verdicts if v.outcome is not Outcome.PASS]
    return ", ".join(failing) or "every criterion passes"


def _operation_lines(closed: Sequence[ClosedOperation]) -> Iterator[str]:
    yield f"Operations: {len(closed)}"
    for op in closed:
        outside = " (outside the statistics)" if op.outside_statistics else ""
        yield (
            f"  {op.id} {op.symbol} {op.mint} {_time(op.opened_at_s)} to {_time(op.closed_at_s)}"
            f" held {(op.closed_at_s - op.opened_at_s) / 60:.1f} min, net {_sol(op.net_lamports)}"
            f", tax {_sol(op.tax_lamports)}, ended by {op.reason}{outside}"
        )
        for at_s, price, tokens in op.entries:
            yield f"    bought {tokens} at {price:.6g} lamports, {_time(at_s)}"
        for fill in op.exits:
            yield (
                f"    sold {fill.tokens} at {fill.price:.6g} lamports for {_sol(fill.proceeds_lamports)}"
                f", {fill.reason}, {_time(fill.at_s)}"
            )


def _figure_lines(report: Report) -> Iterator[str]:
    p = report.performance
    yield f"Figures over {p.operations} operations"
    yield f"  win rate {_share(p.win_rate)}, wins {p.wins}, losses {p.losses}"
    yield f"  net {_sol(p.net_lamports)}, of it to psychology {_sol(p.tax_lamports)}"
    yield f"  mean {_sol(p.mean_net_lamports)}, median {_sol(p.median_net_lamports)}"
    yield f"  mean win {_sol(p.mean_win_lamports)}, mean loss {_sol(p.mean_loss_lamports)}"
    yield f"  profit factor {'-' if p.profit_factor is None else f'{p.profit_factor:.2f}'}"
    hold = "-" if p.mean_hold_s is None else f"{p.mean_hold_s / 60:.1f} min"
    yield f"  hold {hold}, drawdown {_share(p.max_drawdown)}"
    yield f"  turnover {_sol(p.turnover_lamports)}, costs: " + (
        ", ".join(f"{kind} {_sol(lamports)}" for kind, lamports in p.costs_lamports.items()) or "none"
    )
    yield "  exits: " + (", ".join(f"{reason} {count}" for reason, count in p.exits.items()) or "none")
    yield "  panics: " + (", ".join(f"{reason} {count}" for reason, count in p.panics.items()) or "none")
    yield "  orders: " + (", ".join(f"{outcome} {count}" for outcome, count in report.outcomes.items()) or "none")
    yield "  refusals: " + (", ".join(f"{name} {count}" for name, count in report.refusals.items()) or "none")
    balances = {name: lamports for name, lamports in sorted(report.books.accounts.items()) if lamports}
    yield "  books: " + ", ".join(f"{name} {lamports}" for name, lamports in balances.items())


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _sol(lamports: float | None) -> str:
    return "-" if lamports is None else f"{lamports / LAMPORTS_PER_SOL:.9f} SOL"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
