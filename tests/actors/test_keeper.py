"""A keeper's actor reads again and again, survives what is expected, and leaves what is not to its supervisor."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import gevent
import pytest

from actors.adapters.state_directory import StateDirectory
from actors.keeper import KeeperView
from commands import sources
from commands.house import House
from core.errors import Retryable
from core.messages import RaiseAlert
from core.settings import from_texts
from core.state.market_now import MarketNow
from tests.chaos.houses import EARLY


class Reader:
    """Does what its script says at each turn: alerts, or an error to raise; then nothing."""

    every_s = 0.01

    def __init__(self, *script: Sequence[RaiseAlert] | Exception) -> None:
        self.script = list(script)
        self.calls = 0

    def refresh(self, at_s: float, market: MarketNow) -> Sequence[RaiseAlert]:
        self.calls += 1
        step = self.script.pop(0) if self.script else ()
        if isinstance(step, Exception):
            raise step
        return step

    def view(self) -> int:
        return self.calls


@pytest.fixture
def housed(tmp_path: Path) -> Iterator[Callable[[Reader], House]]:
    houses: list[House] = []

    def start(reader: Reader) -> House:
        settings = from_texts(EARLY)
        state = StateDirectory(tmp_path)
        house = House(settings, state, sources.embedded(settings, state), mode="paper", paced=True)
        house.keepers = {"test": reader}
        houses.append(house)
        house.start()
        return house

    yield start
    for house in houses:
        house.stop()


def until(what: Callable[[], bool]) -> None:
    with gevent.Timeout(10):
        while not what():
            gevent.sleep(0.01)


def view_of(house: House) -> KeeperView:
    snapshot = house.system.directory.snapshot("keeper.test")
    assert snapshot is not None
    assert isinstance(snapshot.view, KeeperView)
    return snapshot.view


def test_it_reads_again_and_again_and_an_expected_error_only_waits_for_the_next_turn(housed):
    reader = Reader((), Retryable("busy"), ())
    house = housed(reader)
    until(lambda: reader.calls >= 4)

    view = view_of(house)
    assert (view.failures, view.last_error) == (1, "Retryable: busy")
    assert view.readings >= 2
    assert view.age_s is not None


def test_a_crash_is_its_own_and_it_comes_back(housed):
    reader = Reader((), ValueError("a fault of this program"))
    house = housed(reader)
    until(lambda: reader.calls >= 4)

    snapshot = house.system.directory.snapshot("keeper.test")
    assert (snapshot.restarts, snapshot.incarnation) == (1, 2)
    assert house.system.directory.snapshot("feed").restarts == 0


def test_what_a_person_must_know_reaches_the_notifier(housed):
    house = housed(Reader((RaiseAlert(key="canary", severity="critical", text="an upgrade", at_s=0.0),)))

    def told() -> bool:
        shown = house.system.directory.snapshot("notifier").view.alerts
        return [(alert.key, alert.severity) for alert in shown if alert.text == "an upgrade"] == [
            ("canary", "critical")
        ]

    until(told)
    assert told()
