import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.breaker import BreakerRule, Panic, entry_verdict, opened_by
from core.types import EMERGENCIES, ExitReason

RULE = BreakerRule()


def until_s(*panics: Panic) -> float:
    return opened_by(RULE, panics)[0]


def test_a_honeypot_opens_the_breaker_for_half_an_hour():
    assert until_s(Panic(1_000.0, "op1", ExitReason.HONEYPOT)) == 2_800.0


def test_a_dump_opens_it_only_past_sixty_percent():
    assert until_s(Panic(1_000.0, "op1", ExitReason.MASSIVE_DUMP, drop_bps=6_000)) == 0.0
    assert until_s(Panic(1_000.0, "op1", ExitReason.MASSIVE_DUMP, drop_bps=6_001)) == 2_800.0


@pytest.mark.parametrize("trigger", sorted(EMERGENCIES - {ExitReason.HONEYPOT, ExitReason.MASSIVE_DUMP}))
def test_no_other_emergency_opens_it_alone(trigger):
    assert until_s(Panic(1_000.0, "op1", trigger, drop_bps=9_900)) == 0.0


def test_two_panic_exits_within_an_hour_open_it():
    first = Panic(1_000.0, "op1", ExitReason.CREATOR_SELL)

    assert until_s(first, Panic(4_600.0, "op2", ExitReason.OPERATOR)) == 6_400.0
    assert until_s(first, Panic(4_600.1, "op2", ExitReason.OPERATOR)) == 0.0


def test_triggers_that_follow_each_other_in_one_operation_are_one_panic_exit():
    assert until_s(Panic(1.0, "op1", ExitReason.CREATOR_SELL), Panic(2.0, "op1", ExitReason.TIME_EXCEEDED)) == 0.0


@given(
    st.lists(st.tuples(st.floats(0, 50_000), st.sampled_from(["a", "b", "c"]), st.sampled_from(sorted(EMERGENCIES))))
)
def test_it_is_open_exactly_half_an_hour_after_each_cause(drawn):
    panics = [Panic(at_s, name, trigger) for at_s, name, trigger in sorted(drawn)]
    starts = [panic.at_s for panic in panics if panic.trigger is ExitReason.HONEYPOT]
    begun = [panic for i, panic in enumerate(panics) if all(p.operation_id != panic.operation_id for p in panics[:i])]
    starts += [b.at_s for a, b in itertools.pairwise(begun) if b.at_s - a.at_s <= 3_600]

    assert until_s(*panics) == (max(starts) + 1_800 if starts else 0.0)


def test_entries_are_refused_until_it_closes():
    assert not entry_verdict(until_s=2_800.0, why="honeypot", now_s=2_799.9).ok
    assert entry_verdict(until_s=2_800.0, why="honeypot", now_s=2_800.0).ok
