"""Shares of lamports, exact: a share is what is written, so 0.1 is a tenth and not the nearest binary fraction."""

from fractions import Fraction
from functools import lru_cache


@lru_cache(maxsize=256)
def exact(share: float) -> Fraction:
    """The share as it is written in the settings."""
    return Fraction(str(share))


def part(lamports: int, share: float) -> Fraction:
    """`share` of `lamports`, not rounded: compare with it, or round it as the rule says."""
    return lamports * exact(share)


def whole_part(lamports: int, share: float, *, among: int = 1) -> int:
    """`share` of `lamports`, ÷ `among`, without what is less than a lamport. As `int(part(...) / among)`, but quick."""
    ratio = exact(share)
    divisor = ratio.denominator * among
    return lamports * ratio.numerator // divisor if lamports >= 0 else -(-lamports * ratio.numerator // divisor)
