"""A log that cannot fill the disk: what repeats itself is written a few times and then counted."""

import logging
from collections.abc import Callable
from time import monotonic

from typing_extensions import override

BURST = 5
WITHIN_S = 10.0
KINDS = 1_000
"""Kinds of records remembered; more than that begin anew."""


class Calm(logging.Filter):
    """Lets `burst` records of one kind pass in `within_s`; the next one that passes says how many were left out.

    A kind is logger, level, text before its arguments are put in, and the class of the actor that the first one names.
    """

    def __init__(self, burst: int = BURST, within_s: float = WITHIN_S, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._burst, self._within_s, self._clock = burst, within_s, clock
        self._seen: dict[tuple[object, ...], tuple[float, int, int]] = {}
        """By kind: when its present span began, how many passed in it, how many were left out."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        now_s, kind = self._clock(), _kind(record)
        began_s, passed, left_out = self._seen.get(kind, (now_s, 0, 0))
        if now_s - began_s >= self._within_s:
            began_s, passed = now_s, 0
        if passed >= self._burst:
            self._seen[kind] = (began_s, passed, left_out + 1)
            return False
        if len(self._seen) >= KINDS and kind not in self._seen:
            self._seen.clear()
        self._seen[kind] = (began_s, passed + 1, 0)
        if left_out:
            record.msg = f"{record.msg} ({left_out} more like this were left out before)"
        return True


def _kind(record: logging.LogRecord) -> tuple[object, ...]:
    first = record.args[0] if isinstance(record.args, tuple) and record.args else None
    named = first.partition(".")[0] if isinstance(first, str) else None
    return record.name, record.levelno, record.msg, named
