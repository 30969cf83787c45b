import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.market.curve import SUPPLY_UNITS
from core.messages import Reserves, TokenFacts
from core.rules.emergency import EmergencyRule
from core.rules.honeypot import HoneypotRule, circulating_units, failed_surely, judge
from core.rules.verdict import Outcome
from core.types import Venue

RULE, EMERGENCY = HoneypotRule(), EmergencyRule()
CURVE = Reserves(Venue.CURVE, 60_000_000_000, 536_500_000_000_000, 30_000_000_000, 256_600_000_000_000)
CIRCULATING = SUPPLY_UNITS - 256_600_000_000_000 - 206_900_000_000_000
STAKE = 40_000_000
GOOD = TokenFacts(
    mint="mint",
    at_s=100.0,
    slot=1,
    supply=SUPPLY_UNITS,
    mint_authority=False,
    freeze_authority=False,
    extensions=(),
    top_holders=tuple((f"owner{i}", CIRCULATING * 6 // 100) for i in range(10)),
    round_trip_ok=True,
    round_trip_in_lamports=STAKE,
    round_trip_out_lamports=STAKE - 1_000_000,
    round_trip_cost_lamports=1_000_000,
)


def judged(facts, *, now_s=101.0, stake_lamports=STAKE):
    return judge(RULE, facts, reserves=CURVE, stake_lamports=stake_lamports, now_s=now_s)


def test_a_token_with_everything_in_order_passes():
    assert judged(GOOD).verdict.ok
    assert judged(GOOD).confidence == 1.0


@pytest.mark.parametrize(
    "trap",
    [
        {"mint_authority": True},
        {"freeze_authority": True},
        {"extensions": ("transfer_hook",)},
        {"round_trip_ok": False},
    ],
)
def test_each_trap_alone_fails_for_good_and_is_named_with_confidence_enough_for_the_emergency(trap):
    judgement = judged(replace(GOOD, **trap))

    assert judgement.verdict.outcome is Outcome.FAIL
    assert judgement.verdict.final
    assert len(judgement.evidence) == 1
    assert failed_surely(judgement, confidence=EMERGENCY.honeypot_confidence)


def test_the_simulated_sale_returns_at_least_the_stake_less_its_cost_and_5_percent():
    least = STAKE - 1_000_000 - STAKE // 20

    assert judged(replace(GOOD, round_trip_out_lamports=least)).verdict.ok
    assert judged(replace(GOOD, round_trip_out_lamports=least - 1)).verdict.outcome is Outcome.FAIL


def test_a_simulation_of_a_smaller_stake_proves_nothing():
    assert judged(GOOD, stake_lamports=STAKE * 2).verdict.outcome is Outcome.UNKNOWN
    assert judged(replace(GOOD, round_trip_in_lamports=STAKE - 2), stake_lamports=STAKE).verdict.ok


def test_one_owner_holds_at_most_20_percent_and_ten_at_most_60_percent_of_what_circulates():
    fifth = CIRCULATING // 5
    assert judged(replace(GOOD, top_holders=(("whale", fifth),))).verdict.ok
    assert judged(replace(GOOD, top_holders=(("whale", fifth + 1),))).verdict.outcome is Outcome.FAIL

    six = CIRCULATING * 6 // 100
    eleven = tuple((f"owner{i}", six) for i in range(11))
    assert judged(replace(GOOD, top_holders=eleven)).verdict.ok
    assert judged(replace(GOOD, top_holders=(("one", six + 2), *eleven))).verdict.outcome is Outcome.FAIL


def test_concentration_alone_is_no_emergency():
    crowded = judged(replace(GOOD, top_holders=(("whale", CIRCULATING),)))

    assert len(crowded.evidence) == 2
    assert not failed_surely(crowded, confidence=EMERGENCY.honeypot_confidence)


FACTS = ("mint_authority", "freeze_authority", "extensions", "top_holders", "round_trip_ok")


@pytest.mark.parametrize("absent", FACTS)
def test_a_fact_that_the_port_cannot_give_is_unknown(absent):
    judgement = judged(replace(GOOD, **{absent: None}))

    assert judgement.verdict.outcome is Outcome.UNKNOWN
    assert judgement.confidence == 0.0


def test_facts_older_than_2_seconds_or_never_asked_are_unknown():
    assert judged(GOOD, now_s=102.0).verdict.ok
    assert judged(GOOD, now_s=102.1).verdict.outcome is Outcome.UNKNOWN
    assert judged(None).verdict.outcome is Outcome.UNKNOWN


def test_a_pool_keeps_only_what_it_holds():
    pool = Reserves(Venue.POOL, 85_000_000_000, 206_900_000_000_000, 85_000_000_000, 206_900_000_000_000)

    assert circulating_units(CURVE, SUPPLY_UNITS) == CIRCULATING
    assert circulating_units(pool, SUPPLY_UNITS) == SUPPLY_UNITS - 206_900_000_000_000


@given(st.fixed_dictionaries({fact: st.sampled_from(["good", "bad", "unknown"]) for fact in FACTS}))
def test_it_passes_only_when_every_fact_is_good_and_fails_when_any_is_bad(states):
    bad = {
        "mint_authority": True,
        "freeze_authority": True,
        "extensions": ("pausable",),
        "top_holders": (("whale", CIRCULATING),),
        "round_trip_ok": False,
    }
    changes = {fact: bad[fact] if state == "bad" else None for fact, state in states.items() if state != "good"}

    outcome = judged(replace(GOOD, **changes)).verdict.outcome

    if "bad" in states.values():
        assert outcome is Outcome.FAIL
    else:
        assert outcome is (Outcome.UNKNOWN if "unknown" in states.values() else Outcome.PASS)
