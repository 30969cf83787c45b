"""The simulated market shows the published figures, on two seeds."""

import pytest

from core.market.calibration import Row, calibration
from core.market.simulator.settings import MarketSettings


@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_of_the_table_lies_in_its_band(seed):
    rows = calibration(MarketSettings(), seed, launch_s=3_600.0, insider_launch_s=500.0)

    assert len(rows) == 26
    assert [f"{row.figure}: {row.simulated}" for row in rows if not row.met] == []


def test_a_row_is_unknown_without_a_sample_and_its_band_is_inclusive():
    row = Row(figure="f", published="1", simulated=None, low=0.5, high=1.5)
    assert row.met is None
    met = [Row(figure="f", published="1", simulated=value, low=0.5, high=1.5).met for value in (0.49, 0.5, 1.5, 1.51)]
    assert met == [False, True, True, False]
