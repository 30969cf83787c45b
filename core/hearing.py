"""What of a strategy reaches the machines: checked answers, and faults that are counted instead of raised.

A strategy is foreign code in the middle of ours. Whatever it does wrong costs this one event its opinion, never a step:
without an opinion a token is unknown and so not entered, and a position is left to the rules.
"""

from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol, TypeVar

from msgspec import Struct

from core.chain.untrusted import harmless
from core.rules.verdict import Outcome
from core.strategy import Candidate, Holding, Leave, MemcoinStrategy, MicroLightning, Opinion

REASON = 200
"""Characters of a reason that are kept."""
SCORE = 1e9
"""A score lies between this and its negative."""
T = TypeVar("T")


class Fault(StrEnum):
    RAISED = "raised"
    NONSENSE = "nonsense"
    """It answered something that is no answer."""
    SLOW = "slow"


class Overrun(BaseException):
    """A call was cut off. Not an `Exception`: a strategy's own handlers must not catch it."""


class Timed(Protocol):
    """Runs a call and says how long it took in seconds of real time; may cut it off with `Overrun`."""

    def __call__(self, call: Callable[[], object], /) -> tuple[object, float]: ...


def untimed(call: Callable[[], object]) -> tuple[object, float]:
    """For where there is no real time."""
    return call(), 0.0


class Heard(Struct, frozen=True):
    """A strategy's answer. With a `fault` text there is none that counts."""

    opinion: Opinion | None = None
    leave: Leave | None = None
    fault: str = ""


class Hearing:
    """One per running system, shared by all machines. `asked` and `faults` only count."""

    def __init__(
        self,
        strategy: MemcoinStrategy | None = None,
        *,
        timed: Timed = untimed,
        most_s: float = 0.05,
        late_counts: bool = False,
    ) -> None:
        """`late_counts`: an answer after `most_s` is used. So it is on the virtual clock: a run is repeatable there."""
        self.strategy = strategy if strategy is not None else MicroLightning()
        self.name = self.strategy.name
        self.asked = 0
        self.faults: Counter[Fault] = Counter()
        self._timed = timed
        self._most_s = most_s
        self._late_counts = late_counts

    def weigh(self, candidate: Candidate) -> Heard:
        """The opinion on a candidate; none with a fault."""
        answer, fault = self._ask(lambda: self.strategy.weigh(candidate))
        if fault:
            return Heard(fault=fault)
        complaint = complaint_of_opinion(answer)
        if complaint or not isinstance(answer, Opinion):
            return Heard(fault=self._note(Fault.NONSENSE, f"weigh: {complaint}"))
        return Heard(opinion=Opinion(score=answer.score, outcome=answer.outcome, reason=_plain(answer.reason)))

    def leave(self, holding: Holding) -> Heard:
        """What it would have sold by now; nothing with a fault."""
        answer, fault = self._ask(lambda: self.strategy.leave(holding))
        if fault or answer is None:
            return Heard(fault=fault)
        complaint = complaint_of_leave(answer)
        if complaint or not isinstance(answer, Leave):
            return Heard(fault=self._note(Fault.NONSENSE, f"leave: {complaint}"))
        return Heard(leave=Leave(sold=answer.sold, reason=_plain(answer.reason)))

    def _ask(self, call: Callable[[], object]) -> tuple[object, str]:
        self.asked += 1
        try:
            answer, took_s = self._timed(call)
        except Overrun:
            return None, self._note(Fault.SLOW, "it did not answer in time and was cut off")
        except (Exception, SystemExit, GeneratorExit) as error:  # noqa: BLE001 - foreign code may raise whatever it likes
            return None, self._note(Fault.RAISED, described(error))
        if took_s > self._most_s:
            late = self._note(Fault.SLOW, f"it took {took_s * 1000:.0f} ms of {self._most_s * 1000:.0f}")
            return (answer, "") if self._late_counts else (None, late)
        return answer, ""

    def _note(self, fault: Fault, what: str) -> str:
        self.faults[fault] += 1
        return _plain(f"strategy {self.name}: {what}")


def described(error: BaseException) -> str:
    """Its kind and first text. Not `str(error)`: that may be foreign code that raises in turn."""
    text = error.args[0] if error.args and type(error.args[0]) is str else ""
    return _plain(f"{type(error).__name__}: {text}" if text else type(error).__name__)


# Exact types: a subclass may bring properties and comparisons of its own, and those may raise.


def complaint_of_opinion(answer: object) -> str:
    """Why this is no opinion; empty when it is one."""
    if type(answer) is not Opinion:
        return f"{type(answer).__name__} is no Opinion"
    if type(answer.outcome) is not Outcome:
        return "its outcome is no Outcome"
    if not _is_number(answer.score) or not -SCORE <= answer.score <= SCORE:
        return f"its score is no number up to {SCORE:g}"
    return "" if type(answer.reason) is str else "its reason is no text"


def complaint_of_leave(answer: object) -> str:
    """Why this is no answer of `leave`; empty when it is one."""
    if answer is None:
        return ""
    if type(answer) is not Leave:
        return f"{type(answer).__name__} is neither a Leave nor None"
    if not _is_number(answer.sold) or not 0 < answer.sold <= 1:
        return "what it would have sold is no share above 0 and at most 1"
    return "" if type(answer.reason) is str else "its reason is no text"


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


def _plain(text: str) -> str:
    return harmless(text, REASON)
