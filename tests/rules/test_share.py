from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from core.rules.share import exact, part


def test_a_share_is_what_is_written_and_not_the_nearest_binary_fraction():
    assert exact(0.1) == Fraction(1, 10)
    assert part(3, 0.1) == Fraction(3, 10)


@given(st.integers(0, 10**18), st.integers(0, 10_000))
def test_basis_points_written_as_a_share_lose_nothing(lamports, bps):
    assert part(lamports, bps / 10_000) == Fraction(lamports * bps, 10_000)
