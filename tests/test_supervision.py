"""The restart arithmetic against a model that keeps plain lists, and the figures of the architecture in examples."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.supervision import (
    Backoff,
    Restart,
    RestartRule,
    Strategy,
    Supervision,
    after_exit,
    restart_delay_s,
)

THREE = {"a": Restart.PERMANENT, "b": Restart.PERMANENT, "c": Restart.PERMANENT}
RULE = RestartRule()


def decide(rule, children, child, *, crashed=True, supervision=None, now_s=0.0, seed=1):
    return after_exit(
        rule, supervision or Supervision(), children, child, crashed=crashed, now_s=now_s, rng=Random(seed)
    )


@pytest.mark.parametrize(
    ("strategy", "stopped", "started"),
    [
        (Strategy.ONE_FOR_ONE, (), ("b",)),
        (Strategy.REST_FOR_ONE, ("c",), ("b", "c")),
        (Strategy.ONE_FOR_ALL, ("c", "a"), ("a", "b", "c")),
    ],
)
def test_siblings_stop_in_reverse_and_start_in_order(strategy, stopped, started):
    _, decision = decide(RestartRule(strategy=strategy), THREE, "b")

    assert (decision.stop, decision.start, decision.give_up) == (stopped, started, False)


@pytest.mark.parametrize(
    ("restart", "crashed", "comes_back"),
    [
        (Restart.PERMANENT, True, True),
        (Restart.PERMANENT, False, True),
        (Restart.TRANSIENT, True, True),
        (Restart.TRANSIENT, False, False),
        (Restart.TEMPORARY, True, False),
        (Restart.TEMPORARY, False, False),
    ],
)
def test_the_restart_type_says_which_ends_a_child_comes_back_from(restart, crashed, comes_back):
    supervision, decision = decide(RULE, {"a": restart}, "a", crashed=crashed)

    assert decision.start == (("a",) if comes_back else ())
    assert decision.forget == (() if comes_back else ("a",))
    assert len(supervision.restarts_at_s) == comes_back


def test_a_temporary_sibling_stops_with_its_group_and_does_not_come_back():
    children = {"a": Restart.PERMANENT, "b": Restart.TEMPORARY, "c": Restart.TRANSIENT}

    _, decision = decide(RestartRule(strategy=Strategy.ONE_FOR_ALL), children, "a")

    assert (decision.stop, decision.forget, decision.start) == (("c", "b"), ("b",), ("a", "c"))


def test_the_sixth_crash_in_ten_seconds_gives_up_and_one_later_does_not():
    supervision = Supervision()
    for at_s in (0.0, 1.0, 2.0, 3.0, 4.0):
        supervision, decision = decide(RULE, THREE, "a", supervision=supervision, now_s=at_s)
        assert not decision.give_up

    _, sixth = decide(RULE, THREE, "b", supervision=supervision, now_s=10.0)
    _, later = decide(RULE, THREE, "b", supervision=supervision, now_s=10.001)

    assert sixth.give_up
    assert sixth.start == ()
    assert not later.give_up


def test_the_wait_doubles_from_ten_milliseconds_up_to_one_second():
    steady = Backoff(jitter_from=1.0, jitter_to=1.0)

    waits_s = [restart_delay_s(steady, in_a_row, Random(1)) for in_a_row in range(1, 10)]

    assert waits_s == pytest.approx([0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0])


def test_ten_thousand_crashes_in_a_row_still_wait_a_second():
    assert restart_delay_s(Backoff(jitter_from=1.0, jitter_to=1.0), 10_000, Random(1)) == 1.0


@given(st.integers(1, 100), st.integers())
def test_jitter_stays_between_half_and_one_and_a_half(in_a_row, seed):
    expected_s = min(0.01 * 2 ** (in_a_row - 1), 1.0)

    wait_s = restart_delay_s(Backoff(), in_a_row, Random(seed))

    assert 0.5 * expected_s <= wait_s <= 1.5 * expected_s


def test_a_quiet_period_starts_the_backoff_again():
    rule = RestartRule(backoff=Backoff(jitter_from=1.0, jitter_to=1.0))
    supervision = Supervision()
    waits_s = []
    for at_s in (0.0, 1.0, 2.0, 12.5, 13.0):
        supervision, decision = decide(rule, THREE, "a", supervision=supervision, now_s=at_s)
        waits_s.append(decision.delay_s)

    assert waits_s == pytest.approx([0.01, 0.02, 0.04, 0.01, 0.02])


EXITS = st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.integers(0, 40)), max_size=40)


@given(
    st.sampled_from(Strategy),
    st.lists(st.sampled_from(Restart), min_size=4, max_size=4),
    st.integers(0, 4),
    EXITS,
)
def test_any_history_of_exits_is_decided_as_the_plain_model_decides(strategy, types, intensity, exits):
    """Times are whole seconds in a period of 100 s. The model keeps the whole history and searches it."""
    rule = RestartRule(strategy=strategy, intensity=intensity, period_s=100.0)
    children = dict(zip("abcd", types, strict=True))
    supervision, history, now = Supervision(), [], 0
    for child, crashed, later in exits:
        now += later
        if child not in children:
            continue
        supervision, decision = decide(
            rule, children, child, crashed=crashed, supervision=supervision, now_s=float(now)
        )
        wanted = children[child] == "permanent" or (children[child] == "transient" and crashed)
        if not wanted:
            assert (decision.stop, decision.start, decision.forget, decision.give_up) == ((), (), (child,), False)
            del children[child]
            continue
        history.append((now, child))
        if sum(1 for at, _ in history if now - at <= 100) > intensity:
            assert decision.give_up
            return
        rows = [at for at, name in history if name == child]
        in_a_row = 1
        while in_a_row < len(rows) and rows[-in_a_row] - rows[-in_a_row - 1] <= 100:
            in_a_row += 1
        letters = sorted(children)
        group = {
            "one_for_one": [child],
            "rest_for_one": [name for name in letters if name >= child],
            "one_for_all": letters,
        }[strategy]
        assert decision.stop == tuple(name for name in group[::-1] if name != child)
        assert decision.start == tuple(name for name in group if children[name] != "temporary")
        assert decision.forget == tuple(name for name in group if children[name] == "temporary")
        assert 0.5 <= decision.delay_s / min(0.01 * 2 ** (in_a_row - 1), 1.0) <= 1.5
        for name in decision.forget:
            del children[name]
