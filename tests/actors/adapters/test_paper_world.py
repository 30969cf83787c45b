import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from actors.adapters import paper_world
from actors.adapters.paper_store import PaperStore
from actors.adapters.paper_world import SNAPSHOT_SLOTS, FeedVenue, PaperWorld
from core.chain.decode import Decoder
from core.errors import Refused
from core.market.paper.chain import accounts_of, holdings_of
from core.market.paper.landing import PaperRule
from core.market.simulator.settings import MarketSettings
from core.market.tape import Tape
from core.messages import FeedBatch, Settlement, Traded
from core.types import Role, Venue
from tests.actors.adapters.paper_trader import SPLIT, Trader, opened, picture
from tests.market.paper.orders import buy
from tests.market.paper.test_feed import FIRST, MINT, Script, batch

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = (
    "from gevent import monkey; monkey.patch_all(); import runpy; "
    "runpy.run_module('tests.actors.adapters.paper_trader', run_name='__main__')"
)


def test_a_new_world_begins_without_a_gap_at_the_start_of_its_clock(tmp_path: Path):
    world = opened(tmp_path)

    first = world.next()

    assert first.slot == MarketSettings().clock.start_slot + 1
    assert not first.gap
    assert accounts_of(world.backend.venue.chain)["wallet:lightning"] == SPLIT[Role.LIGHTNING]
    world.close()


def test_our_orders_land_in_the_embedded_market_and_their_tokens_are_ours_there_too(tmp_path: Path):
    world = opened(tmp_path)
    trader, landings = Trader(world), 0
    for _ in range(700):
        landings += len(trader.step().landings)

    venue, simulator = world.backend.venue, world.market.simulator
    assert landings > 100
    assert len(venue.chain.settled) == landings
    for mint, by_role in holdings_of(venue.chain).items():
        address = venue.address(buy(generation=0))
        assert simulator.balance(mint, address) == sum(by_role.values())
    world.close()


def test_a_world_that_was_closed_goes_on_where_it_stopped(tmp_path: Path):
    world = opened(tmp_path)
    trader = Trader(world)
    for _ in range(SNAPSHOT_SLOTS + 77):
        trader.step()
    before, slot = picture(world), world.market.simulator.slot
    world.close()

    again = opened(tmp_path)

    assert picture(again) == before
    batch = again.next()
    assert (batch.slot, batch.gap) == (slot + 1, True)
    assert again.divergence == ""
    again.close()


@pytest.mark.parametrize("slots", [3, 60, SNAPSHOT_SLOTS + 45])
def test_kill_9_loses_nothing_that_was_seen(tmp_path: Path, slots: int):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), str(slots)]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    seen = [child.stdout.readline() for _ in range(slots)]
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    slot, _, before = seen[-1].rstrip("\n").partition(" ")

    world = opened(tmp_path)

    assert world.market.simulator.slot == int(slot)
    assert picture(world) == before
    assert world.divergence == ""
    if slots > 50:
        assert len(world.backend.venue.chain.settled) > 5
    world.close()


def test_kill_9_in_the_middle_of_a_slot_leaves_market_and_chain_of_one_mind(tmp_path: Path):
    for _ in range(4):
        command = [sys.executable, "-c", PROGRAM, str(tmp_path), "100000"]
        child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(90)]
        os.kill(child.pid, signal.SIGKILL)
        rest = child.communicate()[0].splitlines()
        seen = int([*lines, *rest[:-1]][-1].split(" ")[0])

        world = opened(tmp_path)

        simulator, venue = world.market.simulator, world.backend.venue
        assert simulator.slot >= seen
        assert world.divergence == ""
        for mint, by_role in holdings_of(venue.chain).items():
            assert simulator.balance(mint, venue.address(buy())) == sum(by_role.values())
        world.close()


def test_after_a_power_failure_market_time_never_goes_back_behind_the_journal(tmp_path: Path):
    world = opened(tmp_path)
    at_s = max(world.next().at_s for _ in range(50))
    world.close()
    (tmp_path / "paper.progress").write_bytes(b"")

    again = opened(tmp_path, not_before_s=at_s + 8.0)

    assert again.next().at_s >= at_s + 8.0
    again.close()


def test_snapshots_are_far_apart_in_real_time_and_never_too_many_slots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(paper_world, "SNAPSHOT_MOST_SLOTS", 2 * SNAPSHOT_SLOTS)
    world = opened(tmp_path)
    slots = [world.next().slot for _ in range(4 * SNAPSHOT_SLOTS)]
    first, _, third, _ = [slot for slot in slots if slot % SNAPSHOT_SLOTS == 0]

    assert [slot for slot, _ in world.backend.store.snapshots()] == [third, first]
    world.close()


def test_an_unreadable_snapshot_costs_time_but_no_slot(tmp_path: Path):
    world = opened(tmp_path)
    trader = Trader(world)
    for _ in range(60):
        trader.step()
    before = picture(world)
    world.close()
    store = PaperStore(tmp_path)
    store._write(lambda: store._db.execute("UPDATE snapshot SET body = x'00'"))
    store.close()

    again = opened(tmp_path)

    assert picture(again) == before
    again.close()


def test_the_settings_and_seed_of_a_world_are_its_own(tmp_path: Path):
    world = opened(tmp_path)
    for _ in range(5):
        world.next()
    world.close()

    again = PaperWorld.open(tmp_path, MarketSettings(), PaperRule(), seed=99)

    assert again.backend.venue.seed == 5
    again.close()


def test_a_signature_submitted_again_after_a_restart_is_answered_not_executed(tmp_path: Path):
    world = opened(tmp_path)
    trader, landings = Trader(world), list[Settlement]()
    while not landings:
        landings += trader.step().landings
    wallets = dict(world.backend.venue.chain.wallets)
    world.close()

    again = opened(tmp_path)
    again.backend.submit(buy(), landings[0].signature, again.market.simulator.slot + 150)
    for _ in range(20):
        again.next()

    assert again.backend.status(landings[0].signature) == landings[0]
    assert again.backend.venue.chain.wallets == wallets
    again.close()


def test_a_new_tape_learns_the_pools_of_tokens_that_graduated_before(tmp_path: Path):
    world = opened(tmp_path)
    while not world.pools():
        world.next()

    tape, decoder, traded = Tape(), Decoder(), set[str]()
    for pool, mint in world.pools().items():
        tape.learn(pool, mint)
    known = set(world.pools().values())
    for _ in range(500):
        for raw in world.next().transactions:
            for message in tape.take(decoder.decode_logs(raw.logs, raw.err), slot=1, at_s=1.0, signature=""):
                if isinstance(message, Traded) and message.reserves.venue is Venue.POOL:
                    traded.add(message.mint)

    assert traded & known
    world.close()


def beside(directory: Path, *batches: FeedBatch) -> FeedVenue:
    rule = PaperRule(failed_share=0.0, missed_share=0.0, landing_shares=(1.0,))
    venue = FeedVenue(directory, Script(*batches), rule, 7, decoder=Decoder(), tape=Tape())
    venue.backend.open_capital({Role.LIGHTNING: 10**9})
    return venue


def test_beside_another_feed_chain_impact_and_reserves_of_what_we_hold_survive_a_restart(tmp_path: Path):
    venue = beside(tmp_path, batch(5, FIRST), batch(6), batch(7))
    venue.next()
    venue.backend.submit(buy(mint=MINT), "s", 150)
    landed = venue.next()
    assert landed is not None
    (settlement,) = landed.landings
    venue.close()

    again = beside(tmp_path, batch(8, FIRST))

    assert again.backend.status("s") == settlement
    assert again._feed.book.reserves(MINT) == settlement.reserves
    seen = again.next()
    assert seen is not None
    assert isinstance(seen.market[0], Traded)
    assert seen.market[0].reserves == settlement.reserves
    again.close()


def test_a_directory_of_another_kind_is_refused(tmp_path: Path):
    beside(tmp_path).close()

    with pytest.raises(Refused, match="paper run on a feed"):
        opened(tmp_path)
