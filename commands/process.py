"""How the process itself is set up for a thousand actors that must not wait: collector, native threads, gevent."""

import gc
import sys

import gevent

SWITCH_S = 0.00005
"""How long the hub may keep a native thread from the interpreter: the journal's writer comes back for it several times
in one commit, and each wait is one of an order for its signature. It costs nothing while no thread waits. With a busy
hub and an fsync of 0.5 ms a signature was on disk after 5.7 ms (median) with 0.5 ms here, after 4.1 with 0.05."""
COLLECT = (5_000, 5, 200)
"""Collector thresholds. What ends its life is freed by reference counts, circles are few (some twenty objects in half a
minute at 2,000 events/s). Seven hundred new objects are one batch with its letters; five thousand come together only
where more lives than before. Full collections look at every actor (tens of milliseconds), so they are rare."""


def set_up() -> None:
    """Before anything starts."""
    sys.setswitchinterval(SWITCH_S)
    # Where each greenlet was made, kept for debugging: ten frames for each of a thousand watchers.
    gevent.config.track_greenlet_tree = False


def settle_down() -> None:
    """After everything has started: what lives now lives to the end, and the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)
