from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from core.rules.share import exact, part, whole_part


def test_a_share_is_what_is_written_and_not_the_nearest_binary_fraction():
    assert exact(0.1) == Fraction(1, 10)
    assert part(3, 0.1) == Fraction(3, 10)


@given(st.integers(0, 10**18), st.integers(0, 10_000))
def test_basis_points_written_as_a_share_lose_nothing(lamports, bps):
    assert part(lamports, bps / 10_000) == Fraction(lamports * bps, 10_000)


@given(st.integers(-(10**18), 10**18), st.floats(0, 2), st.integers(1, 5))
def test_a_whole_part_is_the_exact_one_without_its_fraction(lamports, share, among):
    assert whole_part(lamports, share, among=among) == int(part(lamports, share) / among)
