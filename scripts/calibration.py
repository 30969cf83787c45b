"""The simulated market beside the published figures on many seeds, as a Markdown table: docs/market.md's own.

    .venv/bin/python -m scripts.calibration [FIRST [LAST]]        seeds 101 to 110 unless given

`python run.py simulate --calibration --seed S` shows one seed. Exit code 1 when a figure's mean is out of its band.
"""

import sys
from statistics import fmean

from core.market.calibration import calibration
from core.market.simulator.settings import MarketSettings

FIRST, LAST = 101, 110
"""Seeds that nothing was fitted on."""


def main(arguments: list[str]) -> int:
    first = int(arguments[0]) if arguments else FIRST
    last = int(arguments[1]) if len(arguments) > 1 else max(first, LAST)
    tables = [calibration(MarketSettings(), seed) for seed in range(first, last + 1)]
    print(f"| figure | published | simulated: mean ({first}-{last}) | least to most | band | seeds in it |")
    print("|---|---|---|---|---|---|")
    all_met = True
    for rows in zip(*tables, strict=True):
        values = [row.simulated for row in rows if row.simulated is not None]
        one, mean = rows[0], fmean(values)
        all_met = all_met and one.low <= mean <= one.high
        print(
            f"| {one.figure} | {one.published} | {mean:.4g} | {min(values):.4g} to {max(values):.4g} "
            f"| {one.low:g} to {one.high:g} | {sum(row.met is True for row in rows)} of {len(rows)} |"
        )
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
