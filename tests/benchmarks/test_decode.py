import pytest

from tests.benchmarks.decode import measured

# About 1.7 times what was measured when this was written: enough for noise, too little for a lost shortcut.
MOST_REFERENCE_LOOPS = {
    "TradeEvent from its base64": 0.4,
    "TradeEvent with a shareholder from its base64": 0.4,
    "decode_logs": 0.9,
    "encode_event": 0.4,
}


@pytest.mark.benchmark
def test_decoding_stays_within_its_budget():
    for figure in measured():
        limit = next(most for name, most in MOST_REFERENCE_LOOPS.items() if figure.name.startswith(name))
        assert figure.ratio < limit, figure
