"""The day's figures are those of the books: what lies before is not counted, what is not measured is said."""

from core.notify import summary
from core.report.statistics import performance
from core.types import Role
from tests.monitor.house import START_S, FakePanel


def test_the_day_has_its_own_operations_and_the_whole_stands_beside():
    books = FakePanel().books()
    day = summary.day_of(books, START_S + 1_000)

    assert day.figures == performance(books.closed, capital_lamports=books.capital_lamports())
    assert (day.figures.operations, day.figures.wins) == (1, 1)
    assert sum(day.wallets_lamports.values()) == books.wallet_lamports()
    assert set(day.wallets_lamports) == set(Role)


def test_the_next_day_begins_empty_from_what_was_won():
    day = summary.day_of(FakePanel().books(), START_S + 90_000)

    assert (day.figures.operations, day.figures.win_rate) == (0, None)
    assert day.overall.operations == 1
    assert "win rate not measured" in summary.text(day)


def test_the_text_has_every_figure():
    said = summary.text(summary.day_of(FakePanel().books(), START_S + 1_000))

    for part in (
        "2026-01-01 UTC: 1 operations, win rate 100.0%",
        "net +0.003720 SOL (+0.56 USD)",
        "tax +0.000372 SOL",
        "protocol 0.000205",
        "drawdown 0.0% of the day, 0.0% overall",
        "panics: none",
        "open: 1; wallets in SOL: lightning ",
        "tactical exit ",
    ):
        assert part in said


def test_midnight_is_always_ahead():
    assert summary.until_midnight_s(START_S) == 86_400
    assert summary.until_midnight_s(START_S + 86_399.5) == 0.5
