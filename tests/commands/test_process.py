"""The set-up of the process, seen from a process of its own."""

import subprocess
import sys

import pytest

PROGRAM = """
import gc, sys
import gevent
from actors.turns import Turns
from commands import process
process.set_up()
made = [[] for _ in range(1_000)]
process.settle_down(Turns())
print(sys.getswitchinterval() < 0.001, gc.get_freeze_count() > 1_000, gc.get_threshold() == process.COLLECT)
print(gc.isenabled(), hasattr(gevent.spawn(int), "spawning_stack") and not gevent.spawn(int).spawning_stack)
"""


def test_native_threads_get_their_turn_and_the_collector_leaves_what_stays_alone():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True"] * 5


COLLECTED = """
import gc
import gevent
from actors.turns import Rank, Turns
from commands import process
process.LOOK_S, process.FULL = 0.001, {full}
turns, seen, working = Turns(), [], False
gc.disable()
process.settle_down(turns)
gc.callbacks.append(lambda phase, info: seen.append((info["generation"], working)))

def work(steps):
    global working
    working, until = steps > 0, gevent.get_hub().loop.now() + 0.001
    if steps:
        turns.give(lambda: work(steps - 1), Rank.CROWD)

kept = [[] for _ in range(process.YOUNG - 1_000)]
gevent.sleep(0.02)
before = list(seen)
kept += [[] for _ in range(2_000)]
work(50)
gevent.sleep(0.05)
print(before, seen[:1])
"""


@pytest.mark.parametrize(("full", "generation"), [(1_000, 1), (0, 2)])
def test_the_collector_looks_when_enough_is_new_and_nobody_has_a_turn_waiting(full, generation):
    done = subprocess.run(
        [sys.executable, "-c", COLLECTED.format(full=full)], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == f"[] [({generation}, False)]"
