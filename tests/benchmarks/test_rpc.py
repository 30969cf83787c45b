import pytest

from tests.benchmarks.rpc import measured

MOST_THOUSAND_TURNS = 8.0
"""Of the reference loop, a call; about twice what was measured when this was written."""


@pytest.mark.benchmark
def test_a_call_to_a_node_stays_within_its_budget():
    figures = list(measured(1_000))

    assert [figure.name for figure in figures] == ["slot", "blockhash", "status"]
    assert [figure.name for figure in figures if figure.ratio > MOST_THOUSAND_TURNS] == []
