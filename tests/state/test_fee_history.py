from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from core.state.fee_history import FeeHistory, median_lamports, note


def history_of(fees):
    history = FeeHistory()
    for at_s, lamports in fees:
        note(history, at_s, lamports)
    return history


def test_without_ten_minutes_of_fees_there_is_no_median():
    assert median_lamports(FeeHistory()) is None
    assert median_lamports(history_of((10.0 * i, 100) for i in range(60))) is None
    assert median_lamports(history_of((10.0 * i, 100) for i in range(61))) == 100


def test_the_median_is_that_of_the_last_hour():
    fees = [(10.0 * i, 100) for i in range(361)] + [(3_610.0 + 10 * i, 900) for i in range(181)]

    assert median_lamports(history_of(fees)) == 900


def test_memory_is_bounded_however_often_fees_are_seen():
    history = history_of((0.1 * i, i) for i in range(100_000))

    assert len(history.samples) <= 361


@given(st.lists(st.tuples(st.integers(10, 400), st.integers(1, 1_000)), min_size=1, max_size=60))
def test_it_equals_the_median_of_a_list_of_all(steps):
    at_s, fees = 0.0, []
    for wait_s, lamports in steps:
        at_s += wait_s
        fees.append((at_s, lamports))

    last_hour = [(seen_s, fee) for seen_s, fee in fees if seen_s >= at_s - 3_600]
    known = at_s - last_hour[0][0] >= 600

    assert median_lamports(history_of(fees)) == (median(fee for _, fee in last_hour) if known else None)
