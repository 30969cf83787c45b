from itertools import pairwise
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.chain.decode import Decoder
from core.market.paper.landing import PaperRule
from core.market.paper.market import PaperMarket
from core.market.paper.venue import PaperVenue
from core.market.simulator.scenarios import Scenario
from core.market.simulator.simulator import Simulator
from core.market.simulator.spells import FeedOutage, FeeWave, ProgramUpgrade, SolCrash, is_on
from core.market.tape import Tape
from core.messages import PoolOpened
from tests.market.simulator.markets import CALM, crowded, play


def market(*spells, seed: int = 3, decoded: bool = True, **scenario) -> Simulator:
    return Simulator(replace(CALM, scenario=Scenario(spells=spells, **scenario)), seed, decoded=decoded)


@given(at_s=st.integers(0, 500), for_s=st.integers(1, 50), every_s=st.integers(0, 300), since_s=st.integers(0, 5_000))
def test_a_spell_holds_from_its_beginning_for_its_length_and_again_every_so_often(at_s, for_s, every_s, since_s):
    spell = FeedOutage(at_s=at_s, for_s=for_s, every_s=every_s)
    beginnings = range(at_s, since_s + 1, every_s) if every_s else [at_s]
    assert is_on(spell, since_s) == any(begin <= since_s < begin + for_s for begin in beginnings)


def test_a_fee_wave_multiplies_fees_and_failures_while_it_lasts():
    fees: dict[bool, list[int]] = {True: [], False: []}
    for slot in play(market(FeeWave(at_s=400.0, for_s=400.0, every_s=800.0), launches=0.0), 12_000):
        inside = (slot.at_s - CALM.clock.start_s) % 800.0 >= 400.0
        fees[inside].append(slot.priority_fee_lamports)
    assert 8.0 < median(fees[True]) / median(fees[False]) < 12.5
    slots = play(market(FeeWave(at_s=0.0, for_s=400.0)), 900)
    landed, failed = sum(slot.landed for slot in slots), sum(slot.failed for slot in slots)
    assert failed / (landed + failed) == pytest.approx(0.5, abs=0.03)


def test_sol_falls_by_the_share_and_stays_there_and_the_http_source_lags():
    steady = replace(CALM.sol_price, hourly_volatility=1e-6, source_error=1e-6)
    crash = SolCrash(at_s=100.0, for_s=200.0, fall=0.4)
    settings = replace(CALM, sol_price=steady, scenario=Scenario(launches=0.0, sol_start_usd=150.0, spells=(crash,)))
    slots = play(Simulator(settings, 1, decoded=True), 1_500)
    by_s = {round(slot.at_s - CALM.clock.start_s): slot.sol_price for slot in slots}
    assert by_s[90].pool_usd == pytest.approx(150.0, rel=1e-3)
    assert by_s[320].pool_usd == pytest.approx(90.0, rel=0.03)
    assert by_s[600].pool_usd == pytest.approx(by_s[320].pool_usd, rel=1e-3)
    apart = [
        (price.http_usd or 0.0) / (price.pool_usd or 1.0) - 1.0 for at_s, price in by_s.items() if 120 < at_s < 280
    ]
    assert max(apart) > 0.05
    assert by_s[600].http_usd == pytest.approx(by_s[600].pool_usd, rel=1e-3)


def test_a_crash_stops_at_the_lower_bound():
    slots = play(market(SolCrash(at_s=0.0, for_s=100.0, fall=0.9), launches=0.0), 800)
    assert min(slot.sol_price.pool_usd or 0.0 for slot in slots) > 63.0


def test_in_an_outage_only_time_goes_by_and_afterwards_there_is_a_gap():
    simulator = market(FeedOutage(at_s=4.0, for_s=8.0))
    paper = PaperMarket(simulator, PaperVenue(PaperRule(), 3))
    batches = [paper.next() for _ in range(60)]
    silent = [batch for batch in batches if not batch.slot]
    assert len(silent) == 20
    assert all(not batch.market and not batch.landings and batch.sol_price is None for batch in silent)
    assert not any(batch.priority_lamports for batch in silent)
    assert all(0.39 < after.at_s - before.at_s < 0.41 for before, after in pairwise(batches))
    assert [batch.gap for batch in batches].index(True) == batches.index(silent[-1]) + 1
    assert sum(batch.gap for batch in batches) == 1


def test_events_of_an_upgraded_program_do_not_decode_and_are_counted():
    simulator = market(ProgramUpgrade(at_s=20.0, for_s=20.0), decoded=False)
    decoder = Decoder()
    for slot in play(simulator, 150):
        before = dict(decoder.undecodable)
        events = [event for tx in slot.transactions for event in decoder.decode_logs(tx.logs, tx.err)]
        inside = 20.0 <= slot.at_s - CALM.clock.start_s < 40.0
        assert not (inside and events)
        assert inside or decoder.undecodable == before
    assert set(decoder.undecodable) == {"pump: discriminator"}
    paper = PaperMarket(market(ProgramUpgrade(at_s=20.0, for_s=20.0)), PaperVenue(PaperRule(), 3))
    gaps = [batch.at_s - CALM.clock.start_s for batch in (paper.next() for _ in range(150)) if batch.gap]
    assert 20.0 < gaps[-1] < 41.0


@pytest.mark.parametrize("spell", [FeedOutage(at_s=40.0, for_s=200.0), ProgramUpgrade(at_s=40.0, for_s=200.0)])
def test_pools_that_opened_unheard_are_told_afterwards_in_both_forms_alike(spell):
    settings = replace(crowded(), scenario=Scenario(spells=(spell,)))
    wire, decoded = Simulator(settings, 8), Simulator(settings, 8, decoded=True)
    decoder, tape = Decoder(), Tape()
    late = 0
    for _ in range(900):
        encoded, plain = wire.step(), decoded.step()
        if wire.is_silent:
            continue
        read = [
            message
            for tx in encoded.transactions
            for message in tape.take(
                decoder.decode_logs(tx.logs, tx.err), slot=tx.slot, at_s=encoded.at_s, signature=tx.signature
            )
        ]
        assert tuple(read) == plain.events
        first = 240.0 <= plain.at_s - CALM.clock.start_s < 240.5
        late += first and sum(isinstance(message, PoolOpened) for message in read)
    assert late > 0
    assert not tape.unattributed
