import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.rules.rpc_budget import RpcBudgetRule, left, noted, wait_s

RULE = RpcBudgetRule(calls=10, within_s=10.0)
NOW_S = 1_000.0


def made(count: int, at_s: float = NOW_S) -> tuple[float, ...]:
    return (at_s,) * count


def test_the_last_30_percent_are_for_exits():
    assert left(RULE, made(7), now_s=NOW_S, for_exit=False) == 0
    assert left(RULE, made(7), now_s=NOW_S, for_exit=True) == 3
    assert left(RULE, made(6), now_s=NOW_S, for_exit=False) == 1


def test_even_exits_have_no_more_than_all():
    assert left(RULE, made(10), now_s=NOW_S, for_exit=True) == 0


def test_a_call_counts_for_ten_seconds():
    assert left(RULE, made(10, NOW_S - 9.9), now_s=NOW_S, for_exit=True) == 0
    assert left(RULE, made(10, NOW_S - 10.0), now_s=NOW_S, for_exit=False) == 7


def test_who_must_wait_is_told_how_long():
    calls = (*made(4, NOW_S - 8.0), *made(4, NOW_S - 3.0))
    assert wait_s(RULE, calls, now_s=NOW_S, for_exit=False) == 2.0
    assert wait_s(RULE, calls, now_s=NOW_S, for_exit=True) == 0.0


def test_a_budget_of_nothing_is_refused():
    with pytest.raises(Refused, match="at least one call"):
        RpcBudgetRule(calls=0)


@given(st.integers(1, 200), st.lists(st.tuples(st.floats(0.0, 2.0), st.booleans()), max_size=120))
def test_however_calls_come_exits_always_find_their_share(calls: int, steps: list[tuple[float, bool]]):
    rule = RpcBudgetRule(calls=calls, within_s=10.0)
    now_s, ordinary = NOW_S, list[float]()
    done: tuple[float, ...] = ()
    for gap_s, for_exit in steps:
        now_s += gap_s
        if left(rule, done, now_s=now_s, for_exit=for_exit):
            done = noted(rule, done, now_s=now_s)
            if not for_exit:
                ordinary.append(now_s)
        assert len([at_s for at_s in done if now_s - at_s < 10.0]) <= calls
        assert len([at_s for at_s in ordinary if now_s - at_s < 10.0]) * 10 <= calls * 7
