from hypothesis import given
from hypothesis import strategies as st

from core.market.paper.recent_fees import SLOTS, RecentFees


def test_one_dear_slot_among_many_does_not_make_priority_dear():
    fees = RecentFees()
    for _ in range(100):
        fees.see(100)

    assert fees.see(10_000) == 100


def test_where_nothing_was_paid_nothing_is_known():
    assert RecentFees().see(0) == 0


@given(st.lists(st.integers(0, 50), max_size=400))
def test_it_is_the_75th_percentile_of_the_last_150_slots_that_had_fees(paid: list[int]):
    fees, answer = RecentFees(), 0
    for lamports in paid:
        answer = fees.see(lamports)

    last = sorted([lamports for lamports in paid if lamports][-SLOTS:])
    assert answer == (last[int((len(last) - 1) * 0.75)] if last else 0)
