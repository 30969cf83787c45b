"""Keeps this process's memory out of files and out of other processes' sight, before any key is in it."""

import ctypes
import os
import resource

from core.errors import Refused

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4


def seal() -> None:
    """No core files, and no debugger or reader of /proc/<pid>/mem but root. Raises Refused where Linux says no."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise Refused(f"the memory of this process cannot be kept out of core files: {reason}")


def is_sealed() -> bool:
    """As `seal` leaves it."""
    libc = ctypes.CDLL(None, use_errno=True)
    return resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) and libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0
