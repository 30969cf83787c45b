"""The short form of the comparison with the official SDKs; the long one is `python -m tests.oracle.compare`."""

from collections import Counter
from typing import Any, TypeAlias

import pytest

from tests.oracle.node import Absent, answers, install
from tests.oracle.ours import compare
from tests.oracle.states import states

SEED, STATES = 7, 100
QUOTES = {"exact-out", "exact-in", "sale"}

Asked: TypeAlias = list[tuple[dict[str, Any], dict[str, Any]]]


@pytest.fixture(scope="module")
def asked() -> Asked:
    """States and the official answers to them."""
    try:
        install()
    except Absent as reason:
        pytest.skip(str(reason))
    drawn = states(SEED, STATES)
    return list(zip(drawn, answers(drawn), strict=True))


def test_quotes_accounts_and_bytes_are_those_of_the_official_sdks(asked: Asked):
    counts: Counter[str] = Counter()
    for state, answer in asked:
        comparison = compare(state, answer)
        assert comparison.differences == []
        counts.update(comparison.counts)

    assert min(counts[f"{kind} {row} quote"] for kind in ("curve", "pool") for row in QUOTES) >= 10
    assert min(counts[name] for name in ("curve buy", "curve sell", "curve buy_v2", "curve sell_v2")) >= 10
    assert min(counts[name] for name in ("pool buy", "pool sell", "pool buy_exact_quote_in")) >= 10


@pytest.mark.parametrize(
    ("number", "field"), [(0, "spend"), (0, "user"), (0, "tokenProgram"), (1, "tokens"), (1, "settings"), (1, "user")]
)
def test_the_comparison_sees_a_single_changed_field(asked: Asked, number: int, field: str):
    state, answer = asked[number]
    other = next(each for each, _ in asked[number + 2 :: 2] if each[field] != state[field])

    assert compare({**state, field: other[field]}, answer).differences
