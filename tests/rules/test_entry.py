from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.messages import Reserves, TokenFacts
from core.rules.entry import CRITERIA, EntryRule, Sight, judge
from core.rules.verdict import Outcome
from core.settings import Settings
from core.types import ExitReason, Venue

SOL = 1_000_000_000
SUPPLY = 1_000_000_000_000_000
DEFAULT, RECORDED = Settings(), Settings(entry=EntryRule(profile="recorded"))
CURVE = Reserves(Venue.CURVE, 72 * SOL, 447_083_333_333_333, 42 * SOL, 167_183_333_333_333)
FACTS = TokenFacts(
    mint="mint",
    at_s=1_000.0,
    slot=1,
    supply=SUPPLY,
    mint_authority=False,
    freeze_authority=False,
    extensions=(),
    top_holders=(("owner", 10**13),),
    round_trip_ok=True,
    round_trip_in_lamports=40_000_000,
    round_trip_out_lamports=39_000_000,
    round_trip_cost_lamports=1_000_000,
)
GOOD = Sight(
    now_s=1_000.0,
    untradable="",
    untradable_for_ever=False,
    age_s=120.0,
    reserves=CURVE,
    supply=SUPPLY,
    cashback=False,
    holders=60,
    creator_transactions=1,
    creator_sold_units=0,
    volume_lamports=70 * SOL,
    highest_price=CURVE.price,
    highest_liquidity_lamports=CURVE.real_quote,
    lag_s=0.0,
    sol_usd=80.0,
    priority_lamports=50_000,
    priority_median_lamports=50_000.0,
    stake_lamports=40_000_000,
    facts=FACTS,
    unexplained_units=0,
)

BAD: dict[str, dict[str, Any]] = {
    "venue": {"untradable": "mayhem coin"},
    "age": {"age_s": 59.0},
    "liquidity": {"sol_usd": 40.0},
    "holders": {"holders": 501},
    "battlefield": {"holders": 501},
    "creator": {"creator_transactions": 2},
    "mentions": {"social_source": True, "mentions": 29, "sentiment": 1.0, "social_score": 1.0},
    "sentiment": {"social_source": True, "mentions": 30, "sentiment": 0.29, "social_score": 1.0},
    "slot": {"lag_s": 2.1},
    "memory": {"flagged": ExitReason.HONEYPOT},
    "quality": {"volume_lamports": 0, "reserves": replace(CURVE, real_quote=26 * SOL)},
    "risk": {"age_s": 60.0, "holders": 20, "creator_transactions": 2},
    "cost": {"stake_lamports": 1_500_000},
    "honeypot": {"facts": replace(FACTS, freeze_authority=True)},
}

UNKNOWN: dict[str, dict[str, Any]] = {
    "liquidity": {"sol_usd": None},
    "sol_price": {"sol_usd": None},
    "holders": {"holders": None},
    "battlefield": {"holders": None},
    "creator": {"creator_transactions": None},
    "emergency": {"creator_transactions": None},
    "mentions": {"social_source": True, "mentions": None},
    "sentiment": {"social_source": True, "sentiment": None},
    "slot": {"lag_s": None},
    "cost": {"stake_lamports": 0},
    "largest": {"facts": None},
    "honeypot": {"facts": None},
}


def outcome_of(criterion, settings=DEFAULT, **changes):
    judgement = judge(settings, replace(GOOD, **changes))
    assert {verdict.criterion for verdict in judgement.verdicts} == CRITERIA
    return judgement, next(v.outcome for v in judgement.verdicts if v.criterion == criterion)


def test_a_token_that_meets_every_row_passes():
    judgement = judge(DEFAULT, GOOD)

    assert judgement.outcome is Outcome.PASS
    assert judgement.market_passes
    assert judgement.quality == pytest.approx(0.4 / 0.7)
    assert judgement.risk == 0.3


def test_liquidity_is_the_real_quote_of_one_side_at_todays_price_of_sol():
    """A curve shows 30 SOL that nobody can take out; a pool's quote is all there."""
    assert GOOD.liquidity_usd == CURVE.real_quote * 80.0 / SOL < CURVE.quote * 80.0 / SOL
    assert replace(GOOD, sol_usd=160.0).liquidity_usd == CURVE.real_quote * 160.0 / SOL


def test_market_figures_follow_the_price_of_sol_and_never_our_capital():
    """Ten times the capital and a tenth of it: the same bounds, the same scores."""
    by_capital = [
        judge(replace(DEFAULT, capital=replace(DEFAULT.capital, usd=usd)), GOOD).verdicts for usd in (2.0, 20.0, 200.0)
    ]

    assert by_capital[0] == by_capital[1] == by_capital[2]
    dear, cheap = (judge(DEFAULT, replace(GOOD, sol_usd=usd)) for usd in (160.0, 40.0))
    assert dear.quality > judge(DEFAULT, GOOD).quality > cheap.quality


@pytest.mark.parametrize("criterion", BAD)
def test_each_row_alone_refuses(criterion):
    judgement, outcome = outcome_of(criterion, **BAD[criterion])

    assert outcome is Outcome.FAIL
    assert judgement.outcome is Outcome.FAIL
    assert criterion in judgement.failing


@pytest.mark.parametrize("criterion", UNKNOWN)
def test_unknown_never_passes(criterion):
    judgement, outcome = outcome_of(criterion, **UNKNOWN[criterion])

    assert outcome is Outcome.UNKNOWN
    assert judgement.outcome is not Outcome.PASS


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("the creator has sold 5 percent", {"creator_sold_units": SUPPLY // 20}),
        ("40 percent under the highest", {"highest_price": CURVE.price / 0.59}),
        (
            "liquidity and price gone",
            {"highest_price": CURVE.price / 0.79, "highest_liquidity_lamports": CURVE.real_quote * 10 // 6},
        ),
        ("congestion", {"priority_lamports": 150_000}),
    ],
)
def test_no_emergency_is_true_for_it_now(what, changes):
    assert outcome_of("emergency", **changes)[1] is Outcome.FAIL, what


def test_without_facts_the_market_rows_say_whether_asking_is_worth_it():
    assert judge(DEFAULT, replace(GOOD, facts=None, unexplained_units=None)).market_passes
    assert not judge(DEFAULT, replace(GOOD, facts=None, holders=10)).market_passes


def test_the_largest_accounts_must_be_what_the_trades_say():
    circulating = SUPPLY - CURVE.real_base - 206_900_000_000_000

    assert outcome_of("largest", unexplained_units=circulating // 20)[1] is Outcome.PASS
    assert outcome_of("largest", unexplained_units=circulating // 19)[1] is Outcome.UNKNOWN


def test_final_is_what_can_never_pass_again():
    assert judge(DEFAULT, replace(GOOD, age_s=901.0)).final
    assert judge(DEFAULT, replace(GOOD, creator_transactions=2)).final
    assert judge(DEFAULT, replace(GOOD, flagged=ExitReason.MASSIVE_DUMP)).final
    assert judge(DEFAULT, replace(GOOD, facts=replace(FACTS, mint_authority=True))).final
    assert not judge(DEFAULT, replace(GOOD, holders=10)).final


def test_recorded_skips_what_a_recording_cannot_tell_and_nothing_else():
    blind = replace(
        GOOD,
        holders=None,
        creator_transactions=None,
        lag_s=None,
        facts=None,
        unexplained_units=None,
        reserves=Reserves(Venue.POOL, 90 * SOL, 206_900_000_000_000, 90 * SOL, 206_900_000_000_000),
        highest_price=90 * SOL / 206_900_000_000_000,
        highest_liquidity_lamports=90 * SOL,
    )

    assert judge(RECORDED, blind).outcome is Outcome.PASS
    assert judge(RECORDED, replace(blind, age_s=1_000.0)).failing == ("age",)
    assert "emergency" in judge(RECORDED, replace(blind, highest_price=1.0)).failing
    assert judge(RECORDED, replace(blind, sol_usd=None)).outcome is not Outcome.PASS


@given(st.lists(st.sampled_from(sorted(BAD)), max_size=4), st.lists(st.sampled_from(sorted(UNKNOWN)), max_size=3))
def test_any_mixture_of_bad_and_unknown_values_never_passes(bad, unknown):
    changes: dict[str, Any] = {}
    for criterion in bad:
        changes |= BAD[criterion]
    for criterion in unknown:
        changes |= UNKNOWN[criterion]

    assert (judge(DEFAULT, replace(GOOD, **changes)).outcome is Outcome.PASS) is (not bad and not unknown)
