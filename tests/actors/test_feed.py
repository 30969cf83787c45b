"""The pace of market time, however slow or fast it is set."""

import pytest

from actors.feed import Pace


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was slept, on a clock that only sleeping moves."""
    naps: list[float] = []
    monkeypatch.setattr("actors.feed.monotonic", lambda: 100.0 + sum(naps))
    monkeypatch.setattr("actors.feed.gevent.sleep", naps.append)
    return naps


@pytest.mark.parametrize("speed", [0.001, 0.5, 1.0, 60.0])
def test_a_slot_takes_its_time_divided_by_the_speed(slept: list[float], speed: float):
    pace = Pace(speed)
    for slot in range(4):
        pace.wait(1_000.0 + slot * 0.4)

    assert slept == pytest.approx([0.0, 0.4 / speed, 0.4 / speed, 0.4 / speed])


@pytest.mark.parametrize("speed", [0.001, 1.0, 60.0])
def test_a_gap_between_the_tokens_of_a_recording_is_not_waited_for(slept: list[float], speed: float):
    pace = Pace(speed)
    for at_s in (1_000.0, 1_000.4, 90_000.0, 90_000.4):
        pace.wait(at_s)

    assert slept == pytest.approx([0.0, 0.4 / speed, 0.0, 0.4 / speed])


def test_after_a_long_sleep_of_the_machine_time_is_not_caught_up(slept: list[float]):
    pace = Pace(1.0)
    pace.wait(1_000.0)
    slept.append(3_600.0)
    pace.wait(1_000.4)
    pace.wait(1_000.8)

    assert slept == pytest.approx([0.0, 3_600.0, 0.0, 0.4])
