from hypothesis import given
from hypothesis import strategies as st

from core.state.window import WindowMax, at, highest_at, seen

VALUES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20)), max_size=60)


def test_a_value_that_held_for_long_and_just_ended_counts():
    window = WindowMax(10.0)

    window = seen(window, 5.0, at_s=500.0, window_s=60.0)

    assert window.highest() == 10.0
    assert at(window, at_s=560.0, window_s=60.0).highest() == 10.0
    assert at(window, at_s=560.5, window_s=60.0).highest() == 5.0


def test_a_lower_value_after_a_higher_one_is_the_highest_once_that_is_gone():
    window = seen(WindowMax(1.0), 9.0, at_s=0.0, window_s=60.0)
    window = seen(window, 7.0, at_s=10.0, window_s=60.0)
    window = seen(window, 2.0, at_s=50.0, window_s=60.0)

    assert [at(window, at_s=t, window_s=60.0).highest() for t in (70.0, 71.0, 110.0, 111.0)] == [9.0, 7.0, 7.0, 2.0]


@given(VALUES)
def test_the_highest_equals_that_of_all_values_that_held_in_the_window(steps):
    """Against a list of every value with the time from which to which it held."""
    window, now_s, held = WindowMax(3.0), 0.0, [(0.0, 3.0)]
    for wait_s, value in steps:
        now_s += wait_s
        window = seen(window, float(value), at_s=now_s, window_s=60.0)
        held.append((now_s, float(value)))
        ends = [*(since for since, _ in held[1:]), now_s]
        model = max(value for (_, value), end in zip(held, ends, strict=True) if end >= now_s - 60.0)
        assert window.highest() == model


@given(VALUES)
def test_what_is_kept_falls_in_value_and_rises_in_time(steps):
    window, now_s = WindowMax(3.0), 0.0
    for wait_s, value in steps:
        now_s += wait_s
        window = seen(window, float(value), at_s=now_s, window_s=60.0)
        times, values = [end for end, _ in window.past], [past for _, past in window.past]
        assert times == sorted(times)
        assert all(after < before for before, after in zip(values, [*values[1:], window.value], strict=False))


@given(VALUES, st.integers(0, 200))
def test_the_highest_of_a_later_moment_is_that_of_the_window_then(steps, later_s):
    window, now_s = WindowMax(3.0), 0.0
    for wait_s, value in steps:
        now_s += wait_s
        window = seen(window, float(value), at_s=now_s, window_s=60.0)
    at_s = now_s + later_s
    assert highest_at(window, at_s=at_s, window_s=60.0) == at(window, at_s=at_s, window_s=60.0).highest()
