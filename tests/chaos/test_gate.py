"""The gate is killed while a position is open: no entry passes, exits go on, everybody can see it, it comes back."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import gevent
import pytest
from gevent.event import Event

from actors.commandments import CommandmentsActor
from commands.house import House
from core.effects import Effects, Now
from core.messages import PauseEntries
from core.records import EntryDecided, OperationClosed, OrderIntended
from core.snapshots import ActorState
from core.state import commandments
from core.types import Purpose
from tests.chaos.evidence import faults, journal_of, landings_of
from tests.chaos.houses import audit_of, books_of, held, house_of, incarnation, kill

WAIT_S = 60.0
"""How long a test waits for what must come; it fails then, it never measures."""


def until(true: Callable[[], object], what: str) -> None:
    deadline = gevent.Timeout.start_new(WAIT_S)
    try:
        while not true():
            gevent.sleep(0.002)
    except gevent.Timeout as late:
        if late is not deadline:
            raise
        raise AssertionError(f"{what} did not come") from None
    finally:
        deadline.close()


class Visitor:
    """Somebody who asks for /health again and again."""

    def __init__(self, house: House) -> None:
        self._port = house.settings.runtime.monitor_port
        self.answers: list[tuple[int, list[str]]] = []
        self.failures: list[str] = []
        self._greenlet = gevent.spawn(self._visit)

    def since(self, count: int) -> list[tuple[int, list[str]]]:
        return self.answers[count:]

    def leave(self) -> None:
        self._greenlet.kill()

    def _visit(self) -> None:
        while True:
            try:
                self.answers.append(self._ask())
            except OSError as error:
                self.failures.append(repr(error))
            gevent.sleep(0.005)

    def _ask(self) -> tuple[int, list[str]]:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=WAIT_S)
        try:
            connection.request("GET", "/health")
            response = connection.getresponse()
            return response.status, json.loads(response.read())["reasons"]
        finally:
            connection.close()


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """While it is not set, a gate that restarts does not get through its beginning."""
    opened = Event()
    opened.set()

    def begin(_: CommandmentsActor, now: Now) -> tuple[commandments.State, Effects]:
        opened.wait(WAIT_S)
        return commandments.begin(now)

    monkeypatch.setattr(CommandmentsActor, "begin", begin)
    # The market waits so long for an actor that does not answer; two seconds a slot would make this test long.
    monkeypatch.setattr("actors.feed.SETTLE_S", 0.002)
    yield opened
    opened.set()


def is_alive(house: House, name: str) -> bool:
    snapshot = house.system.directory.snapshot(name)
    return snapshot is not None and snapshot.state is ActorState.ALIVE


def is_back(house: House, name: str, life: int) -> bool:
    return is_alive(house, name) and incarnation(house, name) == life


def test_while_the_gate_is_down_nothing_is_bought_the_position_is_sold_and_health_says_so(
    tmp_path: Path, door: Event, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("CRITICAL")
    house = house_of(tmp_path / "state", paced=True, served=True, MICRO_CLOCK_SPEED="2000")
    visitor = Visitor(house)
    try:
        until(lambda: (operation := held(house)) and operation.tokens, "a position")
        operation = held(house)
        assert operation is not None
        for life in (2, 3):
            kill(house, "commandments")
            until(partial(is_back, house, "miner", life), "the miner behind the gate")
        door.clear()
        kill(house, "commandments")
        down_at, asked = books_of(house), len(visitor.answers)
        assert held(house) is not None
        assert not is_alive(house, "commandments")

        told = house.system.directory.tell("commandments", PauseEntries(by="test", why="nobody hears it"))
        until(lambda: not books_of(house).operations, "the end of the position")

        assert told is False
        assert not is_alive(house, "commandments")
        seen = visitor.since(asked)
        assert {status for status, _ in seen} == {503}
        assert all(any("commandments" in reason for reason in reasons) for _, reasons in seen)
        closed = books_of(house)
        assert closed.admissions == down_at.admissions
        assert not closed.paused

        door.set()
        until(partial(is_back, house, "miner", 4), "the miner behind the gate")
        healthy = len(visitor.answers)
        until(lambda: any(status == 200 for status, _ in visitor.since(healthy)), "good health")
        assert incarnation(house, "commandments") == 4
        assert visitor.failures == []
        until(lambda: house.system.directory.names("watcher."), "a watcher behind the gate")
    finally:
        visitor.leave()
        assert house.stop()

    journal = journal_of(tmp_path / "state", tmp_path / "copy")
    assert list(faults(journal, landings_of(tmp_path / "state"))) == []
    assert audit_of(tmp_path / "state").ok
    after = journal.records[down_at.seq :]
    end = next(n for n, record in enumerate(after) if isinstance(record, OperationClosed))
    assert not [one for one in after[:end] if isinstance(one, EntryDecided)]
    sold = [one.order for one in after[:end] if isinstance(one, OrderIntended)]
    assert {order.purpose for order in sold} <= {Purpose.EXIT, Purpose.PANIC, Purpose.PROCEEDS}
    assert sold
