"""Real time for one answer of foreign code: measured, and cut off when it does not come.

The interval timer's signal reaches the main thread between two bytecodes, so an endless loop ends too; what is stuck in
C code does not. Elsewhere than in the main thread only measured.
"""

import os
import signal
import threading
from collections.abc import Callable
from time import perf_counter
from types import FrameType

from core.hearing import Overrun


class AnswerTime:
    """Runs calls one at a time, none for longer than `cut_s`. Owns SIGALRM while a call runs."""

    def __init__(self, cut_s: float) -> None:
        self.cut_s = cut_s
        self._running = False

    def __call__(self, call: Callable[[], object]) -> tuple[object, float]:
        """The answer and the seconds it took. Raises Overrun when it was cut off, else what the call raises."""
        began_s = perf_counter()
        # Not threading's own idea of it: under gevent every greenlet passes for a thread there.
        if threading.get_native_id() != os.getpid():
            return call(), perf_counter() - began_s
        before = signal.signal(signal.SIGALRM, self._cut)
        try:
            self._running = True
            signal.setitimer(signal.ITIMER_REAL, self.cut_s)
            answer = call()
        finally:
            # First: a signal that is under way by now finds nothing running and cuts nothing of ours.
            self._running = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        return answer, perf_counter() - began_s

    def _cut(self, number: int, frame: FrameType | None) -> None:
        if self._running:
            raise Overrun
