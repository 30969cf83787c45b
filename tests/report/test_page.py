from html.parser import HTMLParser

import msgspec
from typing_extensions import override

from core.market.calibration import Row
from core.report.document import Document, document
from core.report.page import page
from core.report.plots import RIGHT, WIDTH, bars, histogram, line_plot, tolerances, waterfall
from core.report.simulation_text import lines
from tests.report.results import episode, operation

OUTSIDE = {"src", "href", "xlink:href", "action", "srcset"}
VOID = {"meta", "br", "rect", "line", "polyline", "circle"}


class Reader(HTMLParser):
    """Notes what a page would load and whether its tags close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.tags: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in OUTSIDE]
        if tag not in VOID:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def report() -> Document:
    rows = (Row(figure="launches per second", published="0.25-0.5", simulated=0.4, low=0.25, high=0.5),)
    made = [episode(30_000_000, -10_000_000), episode(5_000_000, seed=1_000_007, held_out=True, number=2)]
    return document(made, feed="market", seed=7, wanted=2, wanted_held_out=1, calibration=rows)


def test_the_page_needs_nothing_but_itself_and_its_tags_close():
    reader = Reader()
    reader.feed(page(report()))

    assert reader.open == []
    assert reader.loads == []
    assert not {"script", "link", "img", "iframe"} & set(reader.tags)
    assert reader.tags.count("svg") >= 7


def test_it_says_that_it_is_paper_and_shows_both_samples_the_trials_and_the_calibration():
    text = page(report())

    for words in ("PAPER FILLS", "in-sample", "out-of-sample", "1 trial", "launches per second", "Fee waterfall"):
        assert words in text


def test_names_from_outside_are_escaped():
    hostile = episode(1_000, operations=(operation(1_000, reason="<script>alert(1)</script>"),))

    assert "<script" not in page(document([hostile], feed="<b>", seed=7, wanted=1, wanted_held_out=0))


def test_a_report_of_nothing_says_so():
    empty = document([episode()], feed="market", seed=7, wanted=5, wanted_held_out=0, interrupted=True)

    assert "Stopped by hand" in page(empty)
    assert "nothing was measured" in page(empty)
    assert "not measured" in "\n".join(lines(empty))


def test_the_text_shows_targets_side_by_side_and_why_each_episode_ended():
    text = "\n".join(lines(report()))

    assert "in-sample" in text
    assert "out-of-sample" in text
    assert "all operations done" in text
    assert "launches per second" in text


def test_the_json_is_the_document():
    made = report()

    assert msgspec.json.decode(msgspec.json.encode(made), type=Document) == made


def test_a_line_of_a_thousand_thousand_points_stays_small():
    plot = line_plot(
        [("line", [(float(n), float(n % 7)) for n in range(1_000_000)])], label="many", x_text=str, y_text=str
    )

    assert len(plot) < 60_000


def test_a_value_outside_its_tolerance_stands_at_the_edge_and_one_inside_in_the_band():
    text = tolerances([("in", 0.5, 0.0, 1.0, "met"), ("out", 90.0, 0.0, 1.0, "missed")], label="x")
    inside, outside = (float(part.split('"')[0]) for part in text.split('cx="')[1:])

    assert inside == WIDTH / 2
    assert outside == WIDTH - RIGHT - 5


def test_plots_of_nothing_say_so():
    none = [
        line_plot([], label="a", x_text=str, y_text=str),
        histogram([], label="b", x_text=str),
        bars([], label="c", y_text=str),
        waterfall([], label="d", y_text=str),
    ]

    assert all("nothing was measured" in plot for plot in none)


def test_a_histogram_counts_every_value_once():
    plot = histogram([-5.0, -1.0, 1.0, 1.0, 9.0] * 20, label="nets", x_text=str)

    assert plot.count('class="loss"') > 0
    assert plot.count('class="win"') > 0
