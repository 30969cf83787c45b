"""What leaves the cores to the trader, seen from a process of its own."""

import os
import subprocess
import sys

import pytest

from actors.adapters.stand_back import NICE

PROGRAM = """
import os
from actors.adapters.stand_back import stand_back
os.nice({before})
stand_back()
print(os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0) == os.SCHED_BATCH)
"""


@pytest.mark.parametrize("before", [0, 1, NICE + 2])
def test_it_has_less_weight_wakes_last_and_is_never_made_more_important(before: int):
    started = os.getpriority(os.PRIO_PROCESS, 0)

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before)], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == [str(max(started + before, NICE)), "True"]
