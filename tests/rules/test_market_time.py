from hypothesis import given
from hypothesis import strategies as st

from core.rules.market_time import Anchor, WallClockRule, anchored, jump_s, now_s, wall_verdict

RULE = WallClockRule()
BLOCK_S, REAL_S = 1_700_000_000.0, 500.0


def test_while_blocks_come_in_time_it_is_block_time():
    anchor = Anchor(BLOCK_S, REAL_S)
    assert now_s(anchor, block_at_s=BLOCK_S + 11.0, real_s=REAL_S + 10.0) == BLOCK_S + 11.0


def test_while_the_feed_is_silent_monotonic_time_goes_on():
    anchor = Anchor(BLOCK_S, REAL_S)
    assert now_s(anchor, block_at_s=BLOCK_S, real_s=REAL_S + 3_300.0) == BLOCK_S + 3_300.0


def test_while_nothing_is_held_drift_is_forgotten_with_each_block():
    held = Anchor(BLOCK_S, REAL_S)
    assert anchored(held, block_at_s=BLOCK_S + 5.0, real_s=REAL_S + 9.0, holding=True) == held
    assert anchored(held, block_at_s=BLOCK_S + 5.0, real_s=REAL_S + 9.0, holding=False) == Anchor(
        BLOCK_S + 5.0, REAL_S + 9.0
    )


def test_after_a_restart_the_first_block_is_the_anchor_though_something_is_held():
    assert anchored(None, block_at_s=BLOCK_S, real_s=7.0, holding=True) == Anchor(BLOCK_S, 7.0)


def test_a_jump_of_the_wall_clock_over_2_seconds_stops_entries():
    def jumped(by_s: float) -> float:
        return jump_s(wall_before_s=100.0, wall_s=101.0 + by_s, real_before_s=5.0, real_s=6.0)

    assert wall_verdict(RULE, jumped(2.0)).ok
    assert not wall_verdict(RULE, jumped(2.5)).ok
    assert not wall_verdict(RULE, jumped(-2.5)).ok


@given(st.lists(st.tuples(st.floats(0.0, 100.0), st.floats(0.0, 100.0), st.booleans()), min_size=1, max_size=50))
def test_hold_time_is_never_less_than_block_time_nor_than_monotonic_time(steps: list[tuple[float, float, bool]]):
    block, real, anchor, since = BLOCK_S, REAL_S, None, None
    for block_s, real_s, holding in steps:
        block, real = block + block_s, real + real_s
        anchor = anchored(anchor, block_at_s=block, real_s=real, holding=holding)
        time = now_s(anchor, block_at_s=block, real_s=real)
        if not holding:
            since = (time, block, real)
            assert time == block
        elif since is not None:
            assert time - since[0] >= max(block - since[1], real - since[2]) - 1e-6
