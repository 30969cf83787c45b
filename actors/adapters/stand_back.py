"""Who goes first on the cores of one machine."""

import os

NICE = 5
"""A third of the weight of a process that stands beside it as it was started."""


def stand_back() -> None:
    """This process, which places no order, leaves its cores to whoever trades on them; to be called before it has
    threads or children, who take it over.

    It gets less when both have work, and takes no core from a running trader because something came for it to read.
    """
    os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), NICE))
    if hasattr(os, "SCHED_BATCH"):  # Linux
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
