import logging
from collections.abc import Iterator

import pytest
from typing_extensions import override

from actors.adapters.log import Calm


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(clock: Clock) -> Iterator[Kept]:
    handler = Kept()
    handler.addFilter(Calm(burst=3, within_s=10.0, clock=clock))
    log = logging.getLogger("tests.calm")
    log.propagate = False
    log.addHandler(handler)
    yield handler
    log.removeHandler(handler)


def crash(name: str) -> None:
    logging.getLogger("tests.calm").error("%s crashed: %r", name, ValueError("boom"))


def test_a_storm_of_one_kind_is_written_three_times_and_then_counted(kept: Kept, clock: Clock):
    for number in range(1_000):
        crash(f"watcher.{number}")
    clock.now_s = 10.0
    crash("watcher.last")

    assert [text.partition(" ")[0] for text in kept.texts] == ["watcher.0", "watcher.1", "watcher.2", "watcher.last"]
    assert kept.texts[-1].endswith("(997 more like this were left out before)")


def test_a_storm_of_one_kind_hides_no_other(kept: Kept):
    for number in range(100):
        crash(f"watcher.{number}")
    crash("journal")
    logging.getLogger("tests.calm").error("something else")

    assert kept.texts[-2:] == ["journal crashed: ValueError('boom')", "something else"]


def test_what_comes_slowly_is_written_whole(kept: Kept, clock: Clock):
    for number in range(30):
        clock.now_s = number * 5.0
        crash(f"watcher.{number}")

    assert len(kept.texts) == 30
    assert not any("left out" in text for text in kept.texts)


def test_a_storm_of_ever_new_kinds_does_not_eat_the_memory(kept: Kept):
    calm = kept.filters[0]
    assert isinstance(calm, Calm)
    log = logging.getLogger("tests.calm")
    for number in range(5_000):
        log.error(f"kind {number}")  # noqa: G004  # a new text each time is what is tested

    assert len(calm._seen) <= 1_000
