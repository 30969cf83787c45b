from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from core.market.paper.landing import SHARE_CAP, PaperRule, congestion_of, landing_of

RULE = PaperRule()
SLOT_S = 0.4


def test_a_send_draws_the_same_again_after_a_restart_and_another_attempt_draws_anew():
    draws = [landing_of(RULE, 7, "sig", attempt) for attempt in range(50)]

    assert draws == [landing_of(RULE, 7, "sig", attempt) for attempt in range(50)]
    assert len(set(draws)) > 1


def test_failing_belongs_to_the_transaction_not_to_the_send():
    for signature in "abcdefgh":
        assert len({landing_of(RULE, 7, signature, attempt).failed for attempt in range(20)}) == 1


def test_nine_of_ten_land_within_the_published_time_and_fifteen_in_a_hundred_fail():
    draws = [landing_of(RULE, 7, f"s{number}", 0) for number in range(20_000)]

    delays = Counter(draw.delay_slots for draw in draws)
    within = sum(count for slots, count in delays.items() if slots * SLOT_S <= 1.4)
    assert abs(within / len(draws) - 0.9) < 0.01
    assert min(delays) == 1
    assert max(delays) == RULE.slowest_slots
    assert abs(sum(draw.failed for draw in draws) / len(draws) - 0.15) < 0.01
    assert abs(sum(draw.missed for draw in draws) / len(draws) - 0.05) < 0.01


def test_fees_times_ten_make_half_of_all_transactions_fail():
    congestion = congestion_of(RULE, 10.0)
    draws = [landing_of(RULE, 7, f"s{number}", 0, congestion) for number in range(20_000)]

    assert abs(sum(draw.failed for draw in draws) / len(draws) - 0.5) < 0.04


def test_dear_but_not_congested_fees_change_nothing():
    assert congestion_of(RULE, 2.99) == 1.0


@given(multiple=st.floats(0, 1e6))
def test_however_congested_some_transactions_get_through(multiple: float):
    congestion = congestion_of(RULE, multiple)

    assert congestion >= 1.0
    assert RULE.failed_share * congestion < SHARE_CAP or not all(
        landing_of(RULE, 7, f"s{number}", 0, congestion).failed for number in range(300)
    )
