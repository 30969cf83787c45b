"""Turns for readings, and long lists that are made in parts."""

from http import HTTPStatus
from typing import Any

import gevent
import gevent.lock
import msgspec
import pytest

from monitor import reading
from monitor.desk import Desk
from monitor.views.plain import encoded
from monitor.web.lane import REST_MOST_S, Lane
from monitor.web.problems import Problem
from tests.monitor.house import FakePanel


class Maker:
    """Makes answers that say how many were made before; each waits until it may go on."""

    def __init__(self) -> None:
        self.begun = 0
        self.goes_on = gevent.lock.Semaphore(0)

    def __call__(self) -> bytes:
        self.begun += 1
        number = self.begun
        self.goes_on.acquire()
        return b"%d" % number


def test_one_is_made_at_a_time_and_others_wait():
    lane, maker = Lane(rest=0.0), Maker()
    readers = [gevent.spawn(lane.answer, asked, maker) for asked in ("/a", "/b")]
    gevent.sleep(0)
    assert (maker.begun, lane.waiting) == (1, 1)

    maker.goes_on.release()
    readers[0].join()
    gevent.sleep(0.01)
    assert (maker.begun, lane.waiting) == (2, 0)
    maker.goes_on.release()
    gevent.joinall(readers)
    assert [reader.value for reader in readers] == [b"1", b"2"]


def test_who_asked_before_the_making_began_shares_it_and_nobody_gets_an_older_one():
    lane, maker = Lane(rest=0.0), Maker()
    first = gevent.spawn(lane.answer, "/a", maker)
    gevent.sleep(0.001)
    waiting = [gevent.spawn(lane.answer, "/a", maker) for _ in range(3)]
    gevent.sleep(0.001)
    maker.goes_on.release()
    first.join()
    gevent.sleep(0.001)
    late = gevent.spawn(lane.answer, "/a", maker)
    gevent.sleep(0.001)
    assert maker.begun == 2

    for _ in range(2):
        maker.goes_on.release()
    gevent.joinall([*waiting, late])
    assert [one.value for one in (first, *waiting, late)] == [b"1", b"2", b"2", b"2", b"3"]
    assert (lane.waiting, lane._made) == (0, {})


def test_what_fails_is_not_shared_and_leaves_the_turn_to_the_next():
    lane, made = Lane(rest=0.0), list[str]()

    def fails() -> bytes:
        made.append("failed")
        gevent.sleep(0.005)
        raise Problem(HTTPStatus.NOT_FOUND, "there is nothing")

    readers = [gevent.spawn(_detail, lane, fails) for _ in range(2)]
    gevent.joinall(readers)
    assert [reader.value for reader in readers] == ["there is nothing", "there is nothing"]
    assert made == ["failed", "failed"]


def _detail(lane: Lane, make: Any) -> str:
    with pytest.raises(Problem) as caught:
        lane.answer("/x", make)
    return caught.value.detail


def test_after_a_making_there_is_a_rest_as_long_as_it_took_times_a_factor(monkeypatch: pytest.MonkeyPatch):
    clock, slept = [100.0], list[float]()
    monkeypatch.setattr("monitor.web.lane.monotonic", lambda: clock[0])
    monkeypatch.setattr("monitor.web.lane.sleep", slept.append)

    def making(took_s: float) -> bytes:
        clock[0] += took_s
        return b""

    lane = Lane(rest=2.0)
    lane.answer("/a", lambda: making(0.01))
    clock[0] += 0.005
    lane.answer("/b", lambda: making(60.0))
    lane.answer("/c", lambda: making(0.0))

    assert slept == pytest.approx([0.015, REST_MOST_S])


def test_who_comes_when_too_many_wait_or_waits_too_long_is_told_to_come_again():
    assert _detail(Lane(waiting=0), bytes) == "too many readings at once; ask again in a moment"
    slow, maker = Lane(wait_s=0.01), Maker()
    first = gevent.spawn(slow.answer, "/a", maker)
    gevent.sleep(0)
    assert _detail(slow, bytes) == "too many readings at once; ask again in a moment"
    maker.goes_on.release()
    assert first.get() == b"1"
    assert slow.waiting == 0


def test_others_run_while_a_long_list_is_made(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "SLICE_S", 0.0)
    seen, made = list[int](), list[int]()

    def items():
        for number in range(20):
            made.append(number)
            yield {"number": number}

    def look() -> None:
        for _ in range(5):
            seen.append(len(made))
            gevent.sleep(0.001)

    other = gevent.spawn(look)
    listed = msgspec.json.decode(encoded(reading.listed(Desk(FakePanel()), items(), None)))
    other.join()

    assert listed == {"items": [{"number": number} for number in range(20)], "next": None}
    assert any(0 < count < 20 for count in seen)
