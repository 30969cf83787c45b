import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.rules import profile
from core.rules.profile import Profile, Recorded, Relaxed, Strict
from core.rules.verdict import Outcome
from core.settings import from_texts

DEFAULT, STRICT, RELAXED, RECORDED = Profile(), Strict(), Relaxed(), Recorded()

# The table of rules.md §3, row by row: the bounds of strict, default and relaxed.
TABLE = [
    ("age_min_s", 60, 60, 60),
    ("age_max_s", 600, 900, 1_200),
    ("liquidity_min_usd", 5_000, 2_000, 2_000),
    ("liquidity_max_usd", 8_000, 10_000, 10_000),
    ("holders_min", 75, 50, 50),
    ("holders_max", 300, 500, 500),
    ("mentions_min", 50, 30, 20),
    ("sentiment_min", 0.5, 0.3, 0.2),
    ("creator_transactions_max", 1, 1, 0),
    ("risk_max", 0.4, 0.6, 0.8),
    ("quality_min", 0.6, 0.4, 0.2),
    ("cost_max", 0.06, 0.08, 0.12),
]


@pytest.mark.parametrize(("figure", "strict", "default", "relaxed"), TABLE)
def test_the_columns_are_those_of_the_table(figure, strict, default, relaxed):
    assert [getattr(column, figure) for column in (STRICT, DEFAULT, RELAXED)] == [strict, default, relaxed]


def test_a_token_is_old_enough_from_1_to_15_minutes_and_then_too_old_for_good():
    assert [profile.age(DEFAULT, age_s).ok for age_s in (59.9, 60.0, 900.0, 900.1)] == [False, True, True, False]
    assert profile.age(DEFAULT, 900.1).final
    assert not profile.age(DEFAULT, 59.9).final


def test_liquidity_and_holders_are_within_bounds_inclusive():
    assert [profile.liquidity(DEFAULT, usd).ok for usd in (1_999.99, 2_000.0, 10_000.0, 10_000.01)] == [
        False,
        True,
        True,
        False,
    ]
    assert [profile.holders(DEFAULT, count).ok for count in (49, 50, 500, 501)] == [False, True, True, False]


def test_one_transaction_of_the_creator_is_its_creation_and_a_second_ends_it_for_good():
    assert profile.creator(DEFAULT, 1).ok
    assert profile.creator(DEFAULT, 2).final
    assert profile.creator(RELAXED, 99).ok


def test_without_a_social_source_its_rows_are_skipped_and_with_one_unknown_does_not_pass():
    assert profile.mentions(DEFAULT, None, source=False).reason == "no social source"
    assert profile.sentiment(DEFAULT, None, source=False).reason == "no social source"
    assert profile.mentions(DEFAULT, None, source=True).outcome is Outcome.UNKNOWN
    assert profile.sentiment(DEFAULT, None, source=True).outcome is Outcome.UNKNOWN
    assert [profile.mentions(DEFAULT, count, source=True).ok for count in (29, 30)] == [False, True]
    assert [profile.sentiment(DEFAULT, score, source=True).ok for score in (0.29, 0.3)] == [False, True]


def test_scores_and_cost_are_bounded_inclusive():
    assert [profile.risk(DEFAULT, score).ok for score in (0.6, 0.61)] == [True, False]
    assert [profile.quality(DEFAULT, score).ok for score in (0.39, 0.4)] == [False, True]
    assert [profile.cost(DEFAULT, share).ok for share in (0.08, 0.0801)] == [True, False]


@pytest.mark.parametrize("column", [STRICT, DEFAULT, RELAXED])
def test_unknown_is_never_a_pass(column):
    unknown = [
        profile.liquidity(column, None),
        profile.holders(column, None),
        profile.creator(column, None),
        profile.cost(column, None),
    ]
    assert {verdict.outcome for verdict in unknown} == {Outcome.UNKNOWN}


def test_recorded_does_not_judge_what_recordings_cannot_tell():
    assert profile.holders(RECORDED, None).ok
    assert profile.creator(RECORDED, None).ok
    assert "not judged" in profile.holders(RECORDED, None).reason
    left_out = [name for name in Profile.__struct_fields__ if getattr(RECORDED, name) != getattr(DEFAULT, name)]
    assert left_out == [
        "honeypot_judged",
        "creator_judged",
        "holders_judged",
        "battlefield_judged",
        "slot_judged",
        "sol_price_judged",
    ]


@given(st.integers(0, 1_000), st.sampled_from([STRICT, DEFAULT, RELAXED]))
def test_a_verdict_passes_exactly_within_its_bounds(count, column):
    assert profile.holders(column, count).ok is (count in range(column.holders_min, column.holders_max + 1))


def test_one_figure_of_a_column_can_be_set_and_the_others_stay():
    settings = from_texts({"MICRO_ENTRY_PROFILE": "strict", "MICRO_ENTRY_STRICT": '{"age_max_s": 700}'})

    assert settings.entry.column == Strict(age_max_s=700)
    with pytest.raises(Refused):
        from_texts({"MICRO_ENTRY_STRICT": '{"age_maximum_s": 700}'})
    with pytest.raises(Refused):
        from_texts({"MICRO_ENTRY_PROFILE": "bold"})


def test_the_count_of_holders_says_that_plain_transfers_are_not_seen():
    assert profile.holders(Profile(), 120).reason == "120 by trades; plain transfers are not seen"
    assert profile.holders(Profile(), 5).reason == "5, under 50 by trades; plain transfers are not seen"
