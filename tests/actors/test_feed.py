"""The pace of market time, however slow or fast it is set, and how it goes on while a live feed is silent."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from actors.feed import FeedActor, Pace
from core.messages import PauseEntries, RaiseAlert
from core.settings import Settings


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


class Told:
    """Clock, directory and market as the feed actor uses them; what it does to them is kept."""

    def __init__(self, *, holding: bool) -> None:
        self.now_s = 1_000.0
        self.messages: list[tuple[str, object]] = []
        self.heard_at_s = 0.0
        self.settings = Settings()
        self.operations = {"op1": None} if holding else {}

    def advance(self, to_s: float) -> None:
        self.now_s = max(self.now_s, to_s)

    def tell(self, name: str, message: object) -> None:
        self.messages.append((name, message))


def live_feed(told: Told) -> FeedActor:
    """A feed actor beside its system: only what its beat touches."""
    actor = FeedActor.__new__(FeedActor)
    actor.anchor, actor.block_at_s, actor.ended = None, 0.0, False
    services = SimpleNamespace(settings=told.settings, market=told, books=lambda: told)
    for name, part in {
        "services": services,
        "clock": told,
        "directory": told,
        "system": SimpleNamespace(wait_begun=lambda: None),
    }.items():
        actor.__dict__[name] = part
    return actor


def beat(
    monkeypatch: pytest.MonkeyPatch, actor: FeedActor, seconds: int, *, wall_s: Iterator[float] | None = None
) -> None:
    """Let the feed be silent for so many seconds of a clock that only sleeping moves."""
    naps: list[float] = []

    def sleep(nap_s: float) -> None:
        naps.append(nap_s)
        actor.ended = len(naps) >= seconds

    monkeypatch.setattr("actors.feed.monotonic", lambda: 100.0 + sum(naps))
    monkeypatch.setattr("actors.feed.time.time", lambda: 5_000.0 + sum(naps) if wall_s is None else next(wall_s))
    monkeypatch.setattr("actors.feed.gevent.sleep", sleep)
    actor._beat()


def test_while_a_live_feed_is_silent_and_something_is_held_market_time_goes_on(monkeypatch: pytest.MonkeyPatch):
    told = Told(holding=True)
    beat(monkeypatch, live_feed(told), 61)

    assert told.now_s == 1_061.0
    assert told.heard_at_s == 1_000.0  # a node that never answers is silent from the start on
    assert told.messages == []


def test_while_nothing_is_held_time_waits_for_the_next_block(monkeypatch: pytest.MonkeyPatch):
    told = Told(holding=False)
    beat(monkeypatch, live_feed(told), 61)

    assert told.now_s == 1_000.0


def test_what_the_process_slept_through_is_no_silence_of_the_feed(monkeypatch: pytest.MonkeyPatch):
    told = Told(holding=True)
    actor = live_feed(told)
    beat(monkeypatch, actor, 3)

    assert actor._seen(2_000.0) == 2_000.0
    assert told.heard_at_s == 2_000.0


def test_a_block_that_is_behind_the_monotonic_clock_does_not_shorten_what_is_held(monkeypatch: pytest.MonkeyPatch):
    told = Told(holding=True)
    actor = live_feed(told)
    monkeypatch.setattr("actors.feed.monotonic", lambda: 100.0)
    actor._seen(1_000.0)
    beat(monkeypatch, actor, 10)

    assert told.now_s == 1_010.0
    assert actor._seen(1_004.0) == told.now_s


def test_when_the_wall_clock_jumps_entries_are_paused_and_a_person_is_told(monkeypatch: pytest.MonkeyPatch):
    told = Told(holding=False)
    beat(monkeypatch, live_feed(told), 2, wall_s=iter([5_000.0, 5_001.0, 5_005.0]))

    assert [(name, type(message)) for name, message in told.messages] == [
        ("commandments", PauseEntries),
        ("notifier", RaiseAlert),
    ]
