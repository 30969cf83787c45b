"""Shares of lamports, exact: a share is what is written, so 0.1 is a tenth and not the nearest binary fraction."""

from fractions import Fraction
from functools import lru_cache


@lru_cache(maxsize=256)
def exact(share: float) -> Fraction:
    """The share as it is written in the settings."""
    return Fraction(str(share))


@lru_cache(maxsize=256)
def ratio(share: float) -> tuple[int, int]:
    """Numerator and denominator of `exact(share)`, for what is reckoned all the time: a Fraction answers slowly."""
    return exact(share).as_integer_ratio()


def part(lamports: int, share: float) -> Fraction:
    """`share` of `lamports`, not rounded: compare with it, or round it as the rule says."""
    return lamports * exact(share)


def whole_part(lamports: int, share: float, *, among: int = 1) -> int:
    """`share` of `lamports`, ÷ `among`, without what is less than a lamport. As `int(part(...) / among)`, but quick."""
    numerator, divisor = ratio(share)
    divisor *= among
    return lamports * numerator // divisor if lamports >= 0 else -(-lamports * numerator // divisor)
