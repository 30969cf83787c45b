"""The journal of a state directory, from one writer to the next."""

import sqlite3
from pathlib import Path

import gevent
import pytest

from commands.journal import Journal
from core.errors import Refused
from core.records import EntriesPaused, OrderSigned

WAIT_S = 20.0


def paused(number: int) -> EntriesPaused:
    return EntriesPaused(at_s=float(number), by="test", why="because")


def test_what_the_last_writer_still_has_to_commit_comes_before_the_next_one_opens(tmp_path: Path):
    path = tmp_path / "journal.db"
    journal = Journal(path)
    first, _ = journal.take()
    first.append([paused(1)], durable=True).get(timeout=WAIT_S)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # the writer waits
    first.append([paused(2), paused(3)], durable=False)
    ending = gevent.spawn(first.close)
    gevent.sleep(0)
    ending.kill()  # as an actor whose end takes too long

    taking = gevent.spawn(journal.take)
    gevent.sleep(0.05)
    was_taken = taking.ready()
    other.execute("ROLLBACK")
    other.close()
    second, books = taking.get(timeout=WAIT_S)
    second.append([paused(4)], durable=True).get(timeout=WAIT_S)

    assert not was_taken
    assert books.seq == 3
    assert [entry.record.at_s for entry in second.entries()] == [1.0, 2.0, 3.0, 4.0]
    second.close()


def test_a_journal_that_does_not_fold_is_refused_and_keeps_what_it_holds(tmp_path: Path):
    path = tmp_path / "journal.db"
    store, _ = Journal(path).take()
    lost = OrderSigned(at_s=1.0, order_id="nobody", signature="s", last_valid_slot=1)
    store.append([lost], durable=True).get(timeout=WAIT_S)
    store.close()

    with pytest.raises(Refused, match="does not add up: order nobody was signed but never intended"):
        _ = Journal(path).books

    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM entry").fetchone() == (1,)
    db.close()
