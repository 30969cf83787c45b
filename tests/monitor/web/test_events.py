"""The event stream: everything once, then what changed; bounded; and a stranger's text stays data."""

import json
from itertools import islice
from typing import Any

import pytest

from core.errors import AskTimeout
from monitor.desk import Desk
from monitor.topics import EVERY_S, TOPICS, Frame, Topics, decoded
from monitor.web.events import Streams, told
from monitor.web.problems import Problem
from tests.monitor.house import HELD, READ, FakePanel, judged, see
from tests.monitor.web.test_access import expect_problem


def events(text: str) -> dict[str, Any]:
    """Name and document of each event."""
    found: dict[str, Any] = {}
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        if "event" in lines:
            found[lines["event"]] = json.loads(lines["data"])
    return found


def first_round(client, path: str, **headers: str) -> dict[str, Any]:
    answer = client.get(path, headers=headers, buffered=False)
    assert answer.status_code == 200
    assert answer.content_type == "text/event-stream; charset=utf-8"
    text = b"".join(islice(answer.response, 2)).decode()
    answer.close()
    return events(text)


def test_a_stream_begins_with_every_topic(monitor):
    told_first = first_round(monitor, "/events")

    assert set(told_first) == set(TOPICS)
    assert told_first["status"]["mode"] == "paper"
    assert [one["number"] for one in told_first["commandments"]["items"]] == [1, 2, 3, 4, 5]
    assert told_first["charts"]["items"][0]["mint"] == HELD
    assert told_first["actors"]["watchers"] == 1


def test_only_the_topics_that_are_asked_for_are_told_and_unknown_ones_refused(monitor):
    assert set(first_round(monitor, "/events?topics=status,alerts")) == {"status", "alerts"}
    assert "charts" in expect_problem(monitor.get("/events?topics=status,secrets"), 400)


def test_a_stream_of_control_needs_a_token(control):
    expect_problem(control.get("/events"), 401)
    assert "status" in first_round(control, "/events", **READ)


def test_a_head_request_does_not_wait_for_the_end_of_the_stream(monitor):
    answer = monitor.head("/events")

    assert (answer.status_code, answer.data) == (200, b"")


def test_afterwards_only_what_changed_is_told_and_silence_is_broken_by_a_comment():
    now = [0.0]
    frames = [[Frame("a", 1, b"1"), Frame("b", 2, b"2")], [Frame("a", 1, b"1"), Frame("b", 3, b"3")]]

    def newest() -> tuple[Frame, ...]:
        return tuple(frames[0] if now[0] < EVERY_S else frames[1])

    def pause(seconds: float) -> None:
        now[0] += seconds

    stream = told(newest, {"a", "b"}, lambda: now[0], pause)

    assert list(islice(stream, 3)) == [
        b"retry: 1000\n\n",
        b"event: a\nid: 1\ndata: 1\n\nevent: b\nid: 2\ndata: 2\n\n",
        b"event: b\nid: 3\ndata: 3\n\n",
    ]
    assert next(stream) == b": nothing new\n\n"
    assert now[0] == pytest.approx(11.0)


def test_one_stream_too_many_is_503_and_a_closed_one_makes_room(panel, monitor):
    app = monitor.application
    streams = Streams(Desk(panel).topics, TOPICS, most=1)
    with app.test_request_context("/events"):
        first = streams.answer()
        with pytest.raises(Problem, match="no more are served"):
            streams.answer()
        first.close()
        assert streams.answer().status_code == 200


def test_topics_are_made_once_for_all_who_listen_and_keep_their_version_while_nothing_changes(panel):
    now = [0.0]
    topics = Topics(Desk(panel), lambda: now[0])
    first = {frame.topic: frame.version for frame in topics.newest()}
    see(panel, "miner", restarts=7)
    assert {frame.topic: frame.version for frame in topics.newest()} == first

    now[0] = EVERY_S
    second = {frame.topic: frame.version for frame in topics.newest()}

    assert {topic for topic in first if first[topic] != second[topic]} == {"actors"}


def test_a_topic_that_cannot_be_had_says_why_and_the_others_are_told(panel):
    panel.closed = True
    without_books = decoded(Topics(Desk(panel)).newest())
    assert "journal has not begun" in str(without_books["status"]["missing"])
    assert without_books["actors"]["items"]

    panel.closed = False
    del panel.directory.actors["notifier"]
    assert decoded(Topics(Desk(panel)).newest())["alerts"] == {"missing": "the notifier is down"}


def test_a_position_that_does_not_answer_has_a_chart_without_candles(panel, monkeypatch):
    def silent(name: str, *_: object) -> object:
        raise AskTimeout(f"{name} did not answer")

    monkeypatch.setattr(panel.directory, "ask", silent)
    charts: Any = decoded(Topics(Desk(panel)).newest())["charts"]["items"]
    chart = charts[0]

    assert chart["candles"] == []
    assert "did not answer" in chart["missing"]
    assert chart["levels"]


def test_a_strangers_line_ends_and_events_stay_inside_their_document(panel):
    panel.add(judged(HELD, "x\n\nevent: status\ndata: {}\n\n\u2028\x1b[31m", panel.now, "last"))

    text = b"".join(islice(told(Topics(Desk(panel)).newest, {"candidates"}), 2)).decode()

    assert list(events(text)) == ["candidates"]
    assert text.count("\n\n") == 2
    assert not {"\x1b", "\u2028", "\u202e"} & set(text)


def test_the_tally_of_equity_is_told_as_a_curve():
    assert decoded(Topics(Desk(FakePanel())).newest())["equity"]["points"] == []
