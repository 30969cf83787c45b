"""Closed operations are counted once, and right at every look."""

from msgspec.structs import replace
from prometheus_client.core import Metric

from core.ledger.books import Books, ClosedOperation
from monitor.metrics.past import Past
from tests.monitor.house import FakePanel


def many(panel: FakePanel, count: int) -> list[ClosedOperation]:
    one = panel.books().closed[0]
    return [
        replace(
            one,
            id=f"op{number}",
            net_lamports=(-1) ** number * (number + 1),
            tax_lamports=number,
            closed_at_s=one.opened_at_s + number,
            outside_statistics=number % 7 == 0,
        )
        for number in range(count)
    ]


def told(past: Past, books: Books, closed: list[ClosedOperation]) -> list[Metric]:
    return list(past.collect(replace(books, closed=tuple(closed))))


def test_every_look_says_what_a_fresh_count_would(panel):
    books, closed, past = panel.books(), many(panel, 500), Past(panel)
    for number in (1, 3, 4, 250, 500):
        due = [
            *closed[: number - 1],
            *(replace(one, settled=False, tax_lamports=0) for one in closed[number - 1 : number]),
        ]
        # The newest one is closed but not settled, then settled.
        for looked in (due, closed[:number]):
            assert told(past, books, looked) == told(Past(panel), books, looked)


def test_other_books_are_counted_anew(panel):
    books, past = panel.books(), Past(panel)
    told(past, books, many(panel, 20))

    for others in (many(panel, 20), many(panel, 5)):
        assert told(past, books, others) == told(Past(panel), books, others)
