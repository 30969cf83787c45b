"""The set-up of the process, seen from a process of its own."""

import subprocess
import sys

PROGRAM = """
import gc, sys
from commands import process
process.set_up()
made = [[] for _ in range(1_000)]
process.settle_down()
import gevent
print(sys.getswitchinterval() < 0.001, gc.get_freeze_count() > 1_000, gc.get_threshold() == process.COLLECT)
print(gc.isenabled(), hasattr(gevent.spawn(int), "spawning_stack") and not gevent.spawn(int).spawning_stack)
"""


def test_native_threads_get_their_turn_and_the_collector_leaves_what_stays_alone():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True"] * 5
