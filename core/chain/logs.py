"""Which program said what: attributes the data lines of a transaction's log by the stack of calls around them.

A log names a call's program only where the call begins (`Program X invoke [depth]`) and ends (`Program X success`).
Programs may print any text, but the runtime puts `Program log: ` before it, so such lines are never taken for calls.

The log is searched as one text: a walk over all its lines in Python costs three times the decoding of an event.
"""

from collections.abc import Sequence

TRUNCATED = "Log truncated"
"""The runtime's own line where it stopped keeping the log; what follows it misses lines and proves nothing."""

_DATA = "\nProgram data: "
_TEXT = "\nProgram log:"
_INVOKE = " invoke ["
_SUCCESS = " success\n"
_DEPTHS = 10
"""The runtime allows five calls within one another, and plans nine."""
_OUTER = {
    (f"{depth}]\n", ended): f"{_INVOKE}{depth - ended}]\n" for depth in range(_DEPTHS) for ended in range(1, depth)
}
"""Depth of the last call begun, and how many calls have ended since -> how the line of the one running ends."""

_CALLER = {f"{_INVOKE}{depth}]\n": f"{_INVOKE}{depth - 1}]\n" for depth in range(2, _DEPTHS)}
"""How the line of a call ends -> how that of its caller ends."""


def data_lines(logs: Sequence[str]) -> tuple[list[tuple[str, str]], bool]:
    """Every `Program data: ` payload (base64) in order, with the id of the program that was running, and whether the
    log is truncated. The program is "" where the calls around the line make no sense.
    """
    truncated = TRUNCATED in logs
    if truncated:
        logs = logs[: logs.index(TRUNCATED)]
    text = "\n".join(("", *logs, ""))
    at = text.find(_DATA)
    if at < 0:
        return [], truncated
    if "\n" in "".join(logs):
        # A program printed a line break: kept, what it printed could pretend to be the runtime.
        return data_lines([line.replace("\n", " ") for line in logs])[0], truncated
    found = []
    while at >= 0:
        end = text.find("\n", at + 15)
        found.append((_running(text, at, end), text[at + 15 : end]))
        at = text.find(_DATA, end)
    return found, truncated


def _running(text: str, at: int, end: int) -> str:
    """The program running where the line from `at` to `end` was written.

    Most programs report by a call what they have just said: a call that begins at depth k in the next line was made by
    what runs at k - 1, which is the last that began there.
    """
    following = text.find("\n", end + 1)
    mark = _CALLER.get(text[following - 11 : following + 1])
    if mark is None or text.startswith(_TEXT, end):
        return _running_by_counting(text, at)
    # The line break before the data ends the line before them, and the mark may end with it.
    start, begun = _last_begun(text, mark, at + 1)
    return text[start + 9 : begun] if begun >= 0 else ""


def _running_by_counting(text: str, at: int) -> str:
    """As `_running`, from what stands before the line alone.

    The last call before it began at depth k; m calls have ended since: the one running is the last begun at k - m.
    """
    start, begun = _last_begun(text, _INVOKE, at)
    if begun < 0:
        return ""
    ended = text.count(_SUCCESS, begun, at + 1)
    if ended and text.find(_TEXT, begun, at) >= 0:
        printed = text[begun:at].split(_TEXT)[1:]
        ended -= sum(after.partition("\n")[0].endswith(" success") for after in printed)
    if ended:
        mark = _OUTER.get((text[begun + 9 : begun + 12], ended))
        if mark is None:
            return ""
        start, begun = _last_begun(text, mark, at)
    return text[start + 9 : begun] if begun >= 0 else ""


def _last_begun(text: str, mark: str, at: int) -> tuple[int, int]:
    """The last real call line with `mark` before `at`: where its line break is, and where the mark."""
    found = text.rfind(mark, 0, at)
    while found >= 0:
        start = text.rfind("\n", 0, found)
        if not text.startswith(_TEXT, start):
            return start, found
        # The line before ends with this line break, and the mark may too.
        found = text.rfind(mark, 0, start + 1)
    return -1, -1
