import pytest

from tests.benchmarks.build import measured

# About 1.7 times what was measured when this was written: enough for noise, too little for a lost shortcut.
MOST_REFERENCE_LOOPS = {
    "accounts of a coin": 4.0,
    "the same with all": 20.0,
    "buy on the curve": 16.0,
    "sale on the curve": 19.0,
    "buy on the pool": 27.0,
    "of this the signature alone": 7.0,
}


@pytest.mark.benchmark
def test_building_and_signing_stays_within_its_budget():
    for figure in measured():
        limit = next(most for name, most in MOST_REFERENCE_LOOPS.items() if figure.name.startswith(name))
        assert figure.ratio < limit, figure
