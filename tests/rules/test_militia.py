from hypothesis import given
from hypothesis import strategies as st

from core.rules.militia import Militia, MilitiaRule, after_operation, entry_verdict

RULE = MilitiaRule()


def after(*nets: int, militia: Militia | None = None, now_s: float = 1_000.0) -> Militia:
    militia = militia if militia is not None else Militia()
    for net in nets:
        militia = after_operation(RULE, militia, net_lamports=net, now_s=now_s)
    return militia


def test_three_losing_operations_in_a_row_stop_entries_for_half_an_hour():
    militia = after(-1, -1, -1)

    assert not entry_verdict(militia, now_s=2_799.9).ok
    assert entry_verdict(militia, now_s=2_799.9).until_s == 2_800.0
    assert entry_verdict(militia, now_s=2_800.0).ok


def test_a_win_resets_the_count():
    assert after(-1, -1, +1, -1, -1).paused_until_s == 0.0


def test_a_result_of_nothing_is_a_loss():
    assert after(0, 0, 0).paused_until_s == 2_800.0


def test_a_new_count_begins_with_the_pause():
    assert after(-1, -1, -1, -1, -1, now_s=0.0).streak == 2


def test_a_win_of_an_operation_that_was_open_during_the_pause_does_not_end_it():
    paused = after(-1, -1, -1)

    assert not entry_verdict(after(+1, militia=paused, now_s=1_100.0), now_s=1_200.0).ok


@given(st.lists(st.integers(-3, 3), max_size=60))
def test_pauses_follow_exactly_the_disjoint_runs_of_three_losses(nets):
    militia, pauses = Militia(), list[float]()
    for i, net in enumerate(nets):
        before = militia.paused_until_s
        militia = after_operation(RULE, militia, net_lamports=net, now_s=float(i))
        if militia.paused_until_s != before:
            pauses.append(float(i))
    marks = "".join("w" if net > 0 else "l" for net in nets)
    runs, expected, start = marks.split("w"), list[float](), 0
    for run in runs:
        expected += [float(start + n) for n in range(2, len(run), 3)]
        start += len(run) + 1
    assert pauses == expected
