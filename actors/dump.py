"""A picture of a running system for a person who must find out what hangs. Bounded in time and size."""

from collections.abc import Iterator
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING

import gevent
import msgspec

from actors.control import Probe
from actors.entry import Entry
from actors.reply import Reply

if TYPE_CHECKING:
    from actors.system import System

FRAMES = 8
TEXT = 500
NEWEST_DEAD = 50


def picture(system: "System", timeout_s: float, *, rests: bool = False) -> dict[str, object]:
    """Every actor with its state and stack, traffic, newest dead letters. Waits `timeout_s` at most for answers.

    `rests`: lets everybody else run in between, as a system that goes on needs it.
    """
    directory = system.directory
    entries = directory.entries()
    silent = unanswered(entries, timeout_s)
    dead = list(directory.dead_letters)[-NEWEST_DEAD:]
    return {
        "market_time_s": system.clock.now_s,
        "reason": system.reason,
        "timers": len(system.clock),
        "pending_calls": system.pending_calls,
        "under_way": directory.flow.busy,
        "disowned": directory.disowned,
        "traffic": msgspec.to_builtins(directory.counts()),
        "actors": dict(_portraits(entries, silent, rests=rests)),
        "dead_letters": [f"{letter.name}: {letter.message!r}"[:TEXT] for letter in dead],
    }


def _portraits(entries: tuple[Entry, ...], silent: set[str], *, rests: bool) -> Iterator[tuple[str, dict[str, object]]]:
    for number, entry in enumerate(entries):
        if rests and number % FRAMES == 0:
            gevent.sleep(0.0001)
        yield entry.name, portrait(entry, late=entry.name in silent)


def unanswered(entries: tuple[Entry, ...], timeout_s: float) -> set[str]:
    """Names of living actors that did not answer a probe in time; all are asked at once."""
    replies: dict[str, Reply] = {}
    for entry in entries:
        reply = Reply()
        if entry.actor is not None and entry.actor.inbox.control(Probe(), reply):
            replies[entry.name] = reply
    end_s = monotonic() + timeout_s
    gevent.sleep(0)
    return {name for name, reply in replies.items() if not reply.wait(max(end_s - monotonic(), 0.0))}


def portrait(entry: Entry, *, late: bool) -> dict[str, object]:
    """One actor with where its greenlet stands."""
    shown = msgspec.to_builtins(entry.snapshot(late=late), enc_hook=repr)
    greenlet = None if entry.actor is None else entry.actor.greenlet
    return {**shown, "stack": [] if greenlet is None else stack(greenlet.gr_frame)}


def stack(frame: FrameType | None) -> list[str]:
    """The innermost frames, innermost first."""
    lines: list[str] = []
    while frame is not None and len(lines) < FRAMES:
        lines.append(f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return lines
