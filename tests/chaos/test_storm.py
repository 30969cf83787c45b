"""The short form of the storm; the long one is `scripts/long-suites.sh`."""

import pytest

from tests.chaos.storm import Storm


@pytest.mark.parametrize("seed", [1, 2])
def test_after_two_hundred_random_kills_nobody_is_lost_or_left_over(seed, caplog):
    with caplog.at_level("CRITICAL"):
        left = Storm(seed).run(200)

    assert left.faults == []
    assert sum(left.kills.values()) >= 200
    assert left.restarts > 200
    assert left.kills["supervisor killed"] + left.kills["supervisor crashed"] >= 10
