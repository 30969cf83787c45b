"""Parts of the whole house are killed while a position is open: it is taken up again, sold, and the books are right."""

import sqlite3
from pathlib import Path
from random import Random

import gevent
import pytest
from msgspec.structs import replace

from actors.house import tree
from actors.journal import JournalView
from actors.tree import Branch, Worker
from commands.drive import drive
from commands.house import House
from core.messages import ExitPosition
from core.supervision import Backoff, RestartRule
from core.types import ExitReason
from tests.chaos.evidence import faults, journal_of, landings_of
from tests.chaos.houses import audit_of, books_of, drive_until_flat, drive_until_held, held, house_of, incarnation, kill

SLOTS_APART = 70
"""28 s of market time: fewer than four kills a minute, which `trading` would not forgive."""
MARKET = ("watcher.", "root")
WAIT_S = 60.0


def proven(folder: Path, copy: Path) -> None:
    """Nothing was done twice, nothing is lost, and the books equal the paper chain."""
    assert list(faults(journal_of(folder, copy), landings_of(folder))) == []
    assert audit_of(folder).findings == ()


@pytest.mark.parametrize("victim", ["journal", "executor", "position", "treasury", "chain", "trading"])
def test_whoever_is_killed_the_position_is_there_again_and_is_sold(
    victim: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("CRITICAL")
    house = house_of(tmp_path / "state")
    operation = drive_until_held(house)
    position = f"position.{operation.mint}"
    name = position if victim == "position" else victim
    for number in (2, 3):
        before = books_of(house).operations
        kill(house, name)
        house.system.directory.drain()
        assert books_of(house).operations == before
        assert incarnation(house, name) == number
        view = house.system.directory.snapshot(position)
        assert view is not None
        assert view.state == "alive"
        if victim != "treasury":
            assert view.incarnation == number
        drive(house, SLOTS_APART)
    drive_until_flat(house)
    assert house.stop()

    proven(tmp_path / "state", tmp_path / "copy")
    closed = books_of(house).closed[0]
    assert (closed.mint, closed.settled) == (operation.mint, True)


def test_a_restarted_executor_sends_nothing_whose_signature_is_not_on_disk_yet(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("CRITICAL")
    house = house_of(tmp_path / "state")
    operation = drive_until_held(house)
    directory, venue = house.system.directory, house.source.backend.venue  # type: ignore[attr-defined]  # the paper one
    disk = sqlite3.connect(tmp_path / "state" / "journal.db", isolation_level=None)
    disk.execute("BEGIN IMMEDIATE")  # the journal's writer waits
    directory.tell(
        f"position.{operation.mint}", ExitPosition(mint=operation.mint, reason=ExitReason.OPERATOR, by="test")
    )
    driving = gevent.spawn(directory.drain)
    with gevent.Timeout(WAIT_S):
        while waiting(house) == 0:
            gevent.sleep(0.001)
        kill(house, "executor")
        while waiting(house) < 2 and not venue._sent:  # the new one waits for the disk, or has sent
            gevent.sleep(0.001)
    signed = [opened.signature for opened in books_of(house).orders.values()]
    before = [signature for signature in signed if signature in venue._sent]
    disk.execute("ROLLBACK")
    disk.close()
    driving.get(timeout=WAIT_S)
    after = [signature for signature in signed if signature in venue._sent]
    drive_until_flat(house)
    assert house.stop()

    assert len(signed) == 1
    assert before == []
    assert after == signed
    proven(tmp_path / "state", tmp_path / "copy")


def waiting(house: House) -> int:
    """Durable appends that are not on disk."""
    snapshot = house.system.directory.snapshot("journal")
    assert snapshot is not None
    assert isinstance(snapshot.view, JournalView)
    return snapshot.view.waiting


def forgiving(branch: Branch | Worker) -> Branch | Worker:
    """The same tree with supervisors that never give up: what is tested here is not their patience."""
    if isinstance(branch, Worker):
        return branch
    rule = RestartRule(strategy=branch.rule.strategy, intensity=1_000_000, backoff=Backoff(first_s=0.0005, most_s=0.01))
    return replace(branch, rule=rule, children=tuple(forgiving(child) for child in branch.children))


@pytest.mark.parametrize("seed", [1, 2])
def test_random_kills_at_random_moments_lose_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("CRITICAL")
    monkeypatch.setattr("commands.house.tree", lambda *given, **named: forgiving(tree(*given, **named)))
    monkeypatch.setattr("actors.feed.SETTLE_S", 0.05)
    house, dice, kills = house_of(tmp_path / "state", paced=True, MICRO_CLOCK_SPEED="2000"), Random(seed), 0
    with gevent.Timeout(WAIT_S):
        while held(house) is None:
            gevent.sleep(0.002)
        while kills < 60 and (books_of(house).operations or books_of(house).orders):
            gevent.sleep(dice.uniform(0.0, 0.02))
            names = [name for name in house.system.directory.names() if not name.startswith(MARKET)]
            entry = house.system.directory.entry(dice.choice(names))
            if entry is not None and entry.actor is not None and entry.actor.greenlet is not None:
                entry.actor.greenlet.kill(block=False)
                kills += 1
        while books_of(house).operations or books_of(house).orders or books_of(house).unsettled():
            gevent.sleep(0.002)
    assert house.stop()

    assert kills >= 20
    proven(tmp_path / "state", tmp_path / "copy")
    assert books_of(house).closed
