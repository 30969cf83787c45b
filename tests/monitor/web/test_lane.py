"""Turns for readings, and rests in long lists."""

from typing import Any

import gevent
import gevent.event
import pytest

from monitor import reading
from monitor.web.lane import Lane
from monitor.web.problems import Problem


def test_two_read_at_once_and_the_third_waits_for_its_turn():
    lane, order = Lane(at_once=2), list[str]()

    def read(name: str, holds: gevent.event.Event) -> None:
        with lane.turn():
            order.append(name)
            holds.wait()

    first, second, third = (gevent.event.Event() for _ in range(3))
    readers = [gevent.spawn(read, *one) for one in (("a", first), ("b", second), ("c", third))]
    gevent.sleep(0)
    assert (order, lane.waiting) == (["a", "b"], 1)

    first.set()
    third.set()
    readers[2].join()
    assert order == ["a", "b", "c"]
    second.set()
    gevent.joinall(readers)
    assert lane.waiting == 0


def test_who_comes_when_too_many_wait_or_waits_too_long_is_told_to_come_again():
    full = Lane(at_once=1, waiting=0)
    with pytest.raises(Problem, match="too many readings"), full.turn():
        pass
    slow = Lane(at_once=1, wait_s=0.01)
    with slow.turn(), pytest.raises(Problem, match="too many readings"), slow.turn():
        pass
    with slow.turn():
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
    listed: Any = reading.listed(items(), None)
    other.join()

    assert len(listed["items"]) == 20
    assert any(0 < count < 20 for count in seen)
