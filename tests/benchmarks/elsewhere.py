"""A process of a benchmark that stands for another machine."""

import os


def set_apart(pid: int) -> None:
    """It gets what time is left, and takes no core from who writes to it. Else the reader of a socket would wake where
    its writer runs, before the writer's call returns."""
    os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))


def set_last(pid: int) -> None:
    """It gets what time all others leave: a crowd of machines must not take from the one that stands for the chain."""
    os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
