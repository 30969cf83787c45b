from pathlib import Path

import gevent
import pytest

from actors.adapters.paper_store import SNAPSHOTS_KEPT, Landed, Origin, PaperStore, Saved
from core.errors import Fatal, NeedsReconcile, Refused
from core.market.paper.chain import PaperChain, receive
from core.market.paper.impact import Impact
from core.messages import Reserves, Settlement
from core.types import Role, Venue
from tests.market.paper.orders import buy


def landed(number: int) -> Landed:
    return Landed(buy(id=str(number)), Settlement(signature=f"s{number}", slot=number, at_s=0.4 * number))


def chain(lamports: int = 5) -> PaperChain:
    return receive(PaperChain(), Role.LIGHTNING, 0, lamports)


def test_what_was_committed_is_there_after_a_reopening(tmp_path: Path):
    store = PaperStore(tmp_path)
    saved = Saved(chain(), {"coin": Impact(Venue.POOL, 1, -2)}, {"coin": Reserves(Venue.POOL, 1, 2, 3, 4)})
    store.commit(saved, [landed(3), landed(4)])
    store.close()

    store = PaperStore(tmp_path)
    loaded = store.load()

    assert (loaded.impacts, loaded.reserves) == (saved.impacts, saved.reserves)
    assert loaded.chain.wallets == {"lightning.0": 5}
    assert list(loaded.chain.settled) == ["s3", "s4"]
    assert list(store.landings(3)) == [landed(4)]
    assert store.settlement("s3") == landed(3).settlement
    assert store.settlement("other") is None
    assert store.newest_slot() == 4
    store.close()


def test_a_landing_that_is_there_already_makes_the_commit_fail_whole(tmp_path: Path):
    store = PaperStore(tmp_path)
    store.commit(Saved(chain(5)), [landed(3)])

    with pytest.raises(Fatal, match="cannot write"):
        store.commit(Saved(chain(6)), [landed(4), landed(3)])

    assert store.load().chain.wallets == {"lightning.0": 5}
    assert store.settlement("s4") is None
    store.close()


def test_an_altered_chain_is_noticed(tmp_path: Path):
    store = PaperStore(tmp_path)
    store.commit(Saved(chain()))
    store._write(lambda: store._db.execute("UPDATE state SET body = replace(body, ':5', ':6')"))

    with pytest.raises(NeedsReconcile, match="altered"):
        store.load()
    store.close()


def test_a_file_that_is_no_paper_chain_is_refused_in_one_line(tmp_path: Path):
    (tmp_path / "paper.db").write_bytes(b"something else" * 100)

    with pytest.raises(Refused) as refusal:
        PaperStore(tmp_path)

    assert "paper.db" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_newer_schema_is_refused(tmp_path: Path):
    store = PaperStore(tmp_path)
    store.origin(Origin("market", 7))
    store._write(lambda: store._db.execute("UPDATE origin SET version = 9"))

    with pytest.raises(Refused, match="version 9"):
        store.origin(Origin("market", 7))
    store.close()


def test_progress_survives_a_torn_write_of_its_last_cell(tmp_path: Path):
    store = PaperStore(tmp_path)
    for slot in (10, 11, 12):
        store.advance(slot)
    store.close()
    path = tmp_path / "paper.progress"
    cells = bytearray(path.read_bytes())
    cells[0:3] = b"\xff\xff\xff"  # 12 stands in the first cell

    path.write_bytes(cells)
    store = PaperStore(tmp_path)

    assert store.newest_slot() == 11
    store.close()


def test_only_the_newest_snapshots_are_kept_newest_first(tmp_path: Path):
    store = PaperStore(tmp_path)
    for slot in range(1, 6):
        store.keep_snapshot(slot, bytes([slot]) * 1_000)

    kept = store.snapshots()

    assert kept == [(5, b"\5" * 1_000), (4, b"\4" * 1_000)]
    assert len(kept) == SNAPSHOTS_KEPT
    store.close()


def test_the_hub_goes_on_while_the_disk_is_waited_for(tmp_path: Path):
    store, turns = PaperStore(tmp_path), 0

    def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            gevent.sleep(0)

    other = gevent.spawn(turn)
    store.commit(Saved(chain()), [landed(1)])

    assert turns > 1
    other.kill()
    store.close()
