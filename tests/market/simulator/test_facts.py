from msgspec.structs import replace

from core.market.fees import CURVE_RATES
from core.market.simulator.launches import TRAPS
from core.market.simulator.simulator import Simulator
from core.market.simulator.state import Kind
from core.messages import Launched
from tests.market.simulator.markets import CALM, crowded, play

STAKE = 40_000_000


def mints(simulator: Simulator, slots: int) -> list[str]:
    return [event.mint for slot in play(simulator, slots) for event in slot.events if isinstance(event, Launched)]


def test_an_honest_token_has_no_authorities_and_its_round_trip_costs_the_fees():
    settings = replace(CALM, launch=replace(CALM.launch, honeypot_share=0.0, cashback_share=0.0))
    simulator = Simulator(settings, 1, decoded=True)
    mint = mints(simulator, 50)[0]
    before = simulator.snapshot()

    facts = simulator.facts(mint, STAKE)

    assert facts is not None
    assert (facts.mint_authority, facts.freeze_authority, facts.extensions) == (False, False, ())
    assert facts.round_trip_ok
    assert facts.round_trip_in_lamports - facts.round_trip_out_lamports <= facts.round_trip_cost_lamports + 2
    fee_share = facts.round_trip_cost_lamports / STAKE
    assert 1.9 * CURVE_RATES.total_bps / 10_000 < fee_share < 2 * CURVE_RATES.total_bps / 10_000
    assert simulator.snapshot() == before


def test_every_honeypot_shows_its_trap_or_fails_the_round_trip():
    simulator = Simulator(crowded(honeypot=0.9, group=0.0), 1, decoded=True)
    traps = set()
    for mint in mints(simulator, 300):
        if simulator.kind(mint) is Kind.HONEYPOT:
            facts = simulator.facts(mint, STAKE)
            assert facts is not None
            assert facts.freeze_authority or facts.extensions
            traps |= {"freeze_authority"} if facts.freeze_authority else set(facts.extensions or ())
    assert traps == set(TRAPS)


def test_a_closed_honeypot_fails_the_round_trip_and_a_late_one_passes_until_it_closes():
    settings = crowded(honeypot=0.9, group=0.0)
    outcomes = {}
    for late in (0.0, 1.0):
        simulator = Simulator(
            replace(settings, launch=replace(settings.launch, late_honeypot_share=late)), 1, decoded=True
        )
        mint = next(mint for mint in mints(simulator, 20) if simulator.kind(mint) is Kind.HONEYPOT)
        trip = simulator.simulate_round_trip(mint, STAKE)
        assert trip is not None
        outcomes[late] = trip.ok
    assert outcomes == {0.0: False, 1.0: True}


def test_holders_are_ranked_with_their_shares_of_the_supply_and_add_up_to_what_left_the_curve():
    simulator = Simulator(CALM, 1, decoded=True)
    mint = max(mints(simulator, 400), key=lambda m: len(simulator.holders(m, 10**6)))
    everybody = simulator.holders(mint, 10**6)
    reserves = simulator.reserves(mint)

    assert reserves is not None
    assert sum(held for _, held, _ in everybody) == 793_100_000_000_000 - reserves.real_base
    assert [held for _, held, _ in everybody] == sorted((held for _, held, _ in everybody), reverse=True)
    assert all(share == held / 10**15 for _, held, share in everybody)
    assert simulator.holders(mint, 2) == everybody[:2]
    facts = simulator.facts(mint, STAKE)
    assert facts is not None
    assert facts.holder_count == len(everybody)
    assert facts.top_holders == tuple((owner, held) for owner, held, _ in everybody[:20])


def test_of_an_unknown_token_nothing_is_known():
    simulator = Simulator(CALM, 1)
    assert simulator.facts("unknown", STAKE) is None
    assert simulator.reserves("unknown") is None
    assert simulator.simulate_round_trip("unknown", STAKE) is None
    assert simulator.holders("unknown") == ()
    assert simulator.kind("unknown") is None
    assert simulator.balance("unknown", "me") == 0
