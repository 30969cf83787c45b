"""How the process itself is set up for a thousand actors that must not wait: collector, native threads, gevent."""

import gc
import sys

import gevent

from actors.turns import Rank, Turns

SWITCH_S = 0.00005
"""How long the hub may keep a native thread from the interpreter: the journal's writer comes back for it several times
in one commit, and each wait is one of an order for its signature. It costs nothing while no thread waits. With a busy
hub and an fsync of 0.5 ms a signature was on disk after 5.7 ms (median) with 0.5 ms here, after 4.1 with 0.05."""
COLLECT = (50_000, 5, 200)
"""Thresholds of the interpreter's own collections, which come in the middle of whatever makes one object too many:
an order, as a rule. They are for the day on which there is never a quiet moment."""
LOOK_S = 0.05
YOUNG = 1_500
"""New objects, those that are gone again not counted, after which there is a collection as soon as it is quiet: two or
three milliseconds' worth. What ends its life is freed by reference counts; circles are few (some twenty objects in half
a minute at 2,000 events/s)."""
FULL = 1_500
"""So many collections to a full one, which looks at every actor (tens of milliseconds)."""


def set_up() -> None:
    """Before anything starts."""
    sys.setswitchinterval(SWITCH_S)
    # Where each greenlet was made, kept for debugging: ten frames for each of a thousand watchers.
    gevent.config.track_greenlet_tree = False


def settle_down(turns: Turns) -> None:
    """After everything has started: what lives now lives to the end, and the collector need not look at it again.

    From here on it looks when nobody has a turn of `turns` waiting.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)
    gevent.spawn(_collect, turns)


def _collect(turns: Turns) -> None:
    while True:
        gevent.sleep(LOOK_S)
        young, _, collections = gc.get_count()
        if young >= YOUNG:
            turns.wait(Rank.CLIENTS)
            gc.collect(2 if collections >= FULL else 1)
