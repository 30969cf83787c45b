"""A position as a chart, and the equity curve."""

import pytest

from core.records import EquityMarked
from monitor.views.equity import POINTS, thinned
from tests.monitor.house import HELD, NOW_S, START_S, UNKNOWN
from tests.monitor.web.test_access import expect_problem


def test_candles_begin_at_the_launch_that_the_feed_remembers_and_go_on_with_the_position(monitor):
    chart = monitor.get(f"/positions/{HELD}/chart").get_json()

    first_s = (START_S + 930) // 15 * 15
    assert chart["from"] == "2026-01-01T00:15:30Z"
    assert [one[0] for one in chart["candles"]] == [0, 2, 4]
    assert chart["candles"][0][1:] == pytest.approx([5e-5] * 4)
    assert chart["candles"][2][1:] == pytest.approx([5.2e-5, 6e-5, 4.9e-5, 5.8e-5])
    assert first_s + 4 * chart["period_s"] <= NOW_S


def test_levels_windows_and_fills_are_those_of_the_rules_and_the_books(monitor):
    chart = monitor.get(f"/positions/{HELD}/chart").get_json()

    assert [(one["window"], one["from"], one["to"]) for one in chart["windows"]] == [
        ("golden", "2026-01-01T00:16:02Z", "2026-01-01T00:31:02Z"),
        ("decay", "2026-01-01T00:31:02Z", "2026-01-01T01:01:02Z"),
        ("late", "2026-01-01T01:01:02Z", "2026-01-01T01:06:02Z"),
        ("buffer", "2026-01-01T01:06:02Z", "2026-01-01T01:11:02Z"),
    ]
    assert chart["expires_at"] == chart["windows"][-1]["to"]
    assert [one["gain_bps"] for one in chart["levels"]] == [1_500, 3_500, 6_000, 10_000]
    prices = [one["price_lamports"] for one in chart["levels"]]
    assert prices == sorted(prices)
    assert prices[0] / chart["average_cost_lamports"] > 1.15  # fees: spot has to rise by more than the gain
    assert chart["stop_lamports"] == pytest.approx(chart["average_cost_lamports"] * 0.8)
    assert [one["tokens"] for one in chart["entries"]] == [150_000_000_000]


def test_what_is_not_held_has_no_chart(monitor):
    expect_problem(monitor.get(f"/positions/{UNKNOWN}/chart"), 404)


def test_the_curve_is_what_the_journal_marked(panel, monitor):
    panel.add(*(EquityMarked(at_s=NOW_S + n, equity_lamports=100 + n, open_lamports=0) for n in range(3)))

    curve = monitor.get("/equity").get_json()

    assert curve["points"] == [[0.0, 100], [1.0, 101], [2.0, 102]]
    assert curve["capital_lamports"] == 133_333_333


def test_a_long_curve_is_thinned_and_keeps_its_ends_and_extremes():
    marks = [(float(n), 1_000 + (n * 37) % 100) for n in range(10_000)]
    marks[5_000] = (5_000.0, 1)
    marks[7_000] = (7_000.0, 9_999)

    kept = thinned(marks)

    assert len(kept) <= POINTS
    assert (kept[0], kept[-1]) == (marks[0], marks[-1])
    assert {(5_000.0, 1), (7_000.0, 9_999)} <= set(kept)
    assert kept == sorted(kept)
