import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.rules.life_limit import LifeRule
from core.rules.time_protocol import (
    Step,
    TimeRule,
    Urgency,
    Window,
    due_tokens,
    next_steps,
    slippage_floor_bps,
    urgency,
    window,
)

RULE, LIFE, MIN = TimeRule(), LifeRule(), 60.0
TOKENS = st.integers(1, 10**16)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, "golden"), (14.99, "golden"), (15, "decay"), (45, "late"), (50, "buffer"), (54.99, "buffer"), (55, "expired")],
)
def test_the_windows_begin_at_15_45_50_and_55_minutes(minutes, expected):
    assert window(RULE, LIFE, minutes * MIN) is Window(expected)


def test_a_third_is_sold_at_each_of_20_25_30_minutes_and_all_at_35():
    held, sold = 1_000, list[int]()
    for minute in (19.99, 20, 25, 30, 35):
        tokens = due_tokens(RULE, minute * MIN, bought_tokens=1_000, held_tokens=held)
        sold.append(tokens)
        held -= tokens
    assert sold == [0, 330, 330, 330, 10]


def test_what_other_layers_sold_counts():
    assert due_tokens(RULE, 20 * MIN, bought_tokens=1_000, held_tokens=750) == 80
    assert due_tokens(RULE, 20 * MIN, bought_tokens=1_000, held_tokens=600) == 0


def test_a_re_entry_raises_the_quantity_that_steps_are_fractions_of():
    assert due_tokens(RULE, 25 * MIN, bought_tokens=2_000, held_tokens=1_670) == 990


def test_any_remainder_is_sold_at_once_from_minute_45_on():
    assert due_tokens(RULE, 45 * MIN, bought_tokens=1_000, held_tokens=777) == 777


def test_slippage_is_10_percent_late_and_20_in_the_buffer():
    assert [slippage_floor_bps(RULE, minute * MIN) for minute in (44, 45, 50, 56)] == [0, 1_000, 2_000, 2_000]


def test_urgency_rises_through_six_degrees():
    assert [urgency(RULE, LIFE, minute * MIN) for minute in (0, 15, 30, 45, 50, 55)] == list(Urgency)


def test_next_steps_name_what_time_will_force():
    steps = next_steps(RULE, 22 * MIN, bought_tokens=1_000, held_tokens=500)

    assert steps == (Step(25 * MIN, 160), Step(30 * MIN, 330), Step(35 * MIN, 10))


def test_times_and_shares_must_match():
    with pytest.raises(Refused, match="one share each"):
        TimeRule(decay_at_s=(1.0,), decay_sold_bps=(1, 2))


@given(TOKENS, st.lists(st.tuples(st.floats(0, 3_600), st.integers(0, 100)), max_size=8))
def test_after_each_step_at_least_its_exact_share_is_sold(bought, events):
    """Against exact fractions: hundredths, while other layers sell some percent in between."""
    held = bought
    for held_s, other_percent in sorted(events):
        held -= held * other_percent // 100
        held -= due_tokens(RULE, held_s, bought_tokens=bought, held_tokens=held)
        percent = next((p for at, p in ((2_100, 100), (1_800, 99), (1_500, 66), (1_200, 33)) if held_s >= at), 0)
        assert 0 <= held <= bought
        assert (bought - held) * 100 > bought * percent - 100  # rounded down by less than one base unit


@given(TOKENS, st.integers(0, 100), st.floats(0, 3_300))
def test_the_forecast_is_what_will_be_due(bought, held_percent, held_s):
    held = bought * held_percent // 100
    held -= due_tokens(RULE, held_s, bought_tokens=bought, held_tokens=held)
    for step in next_steps(RULE, held_s, bought_tokens=bought, held_tokens=held):
        assert due_tokens(RULE, step.at_s, bought_tokens=bought, held_tokens=held) == step.tokens
        held -= step.tokens
    assert held == 0
