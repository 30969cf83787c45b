import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spread import Spread

BOUNDS_S = (1.0, 5.0, 30.0)


@given(st.lists(st.one_of(st.floats(-5, 100), st.sampled_from(BOUNDS_S))))
def test_each_bucket_counts_the_times_up_to_its_bound(times):
    spread = Spread(BOUNDS_S)
    for seconds in times:
        spread.add(seconds)

    names, counts = zip(*spread.buckets(), strict=True)
    assert names == ("1", "5", "30", "+Inf")
    assert counts == tuple(sum(seconds <= bound for seconds in times) for bound in (*BOUNDS_S, float("inf")))
    assert spread.total == pytest.approx(sum(max(seconds, 0.0) for seconds in times))
