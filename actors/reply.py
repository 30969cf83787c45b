"""The future of an ask: Pykka's contract over an outcome, at half the price of Pykka's own."""

import queue
import sys
from collections.abc import Callable
from typing import Any

import pykka
from pykka._types import OptExcInfo
from typing_extensions import override

from actors.outcome import Outcome
from actors.turns import Rank, Turns


class Reply(pykka.Future[Any]):
    """Set once, by the actor that was asked or on its behalf when it ends."""

    def __init__(self) -> None:
        super().__init__()
        self._outcome: Outcome[Any] = Outcome()

    def wait(self, timeout_s: float | None, turns: Turns | None = None, rank: Rank = Rank.CROWD) -> bool:
        """Whether an answer came in time; see `Outcome.wait`. A `gevent.Timeout` of the caller's own passes through."""
        return self._outcome.wait(timeout_s, turns, rank)

    def rawlink(self, callback: Callable[[], object]) -> None:
        """Call `callback` once the answer is there; it must not wait."""
        self._outcome.rawlink(lambda _: callback())

    def answer(self) -> Any:
        """What came, after `wait` said so. Raises what the actor raised or refused with."""
        return self._outcome.get(block=False)

    @override
    def get(self, *, timeout: float | None = None) -> Any:
        if self._get_hook is not None:
            return super().get(timeout=timeout)
        if not self.wait(timeout):
            raise pykka.Timeout(f"{timeout} seconds")
        return self.answer()

    @override
    def set(self, value: Any = None) -> None:
        self._once()
        self._outcome.set(value)

    @override
    def set_exception(self, exc_info: OptExcInfo | None = None) -> None:
        _, error, _ = exc_info or sys.exc_info()
        if error is None:
            raise TypeError("an exception to answer with is needed")
        self.fail(error)

    def fail(self, error: BaseException) -> None:
        """Answer with an error that need not be on its way as an exception."""
        self._once()
        self._outcome.fail(error)

    def _once(self) -> None:
        if self._get_hook is not None or self._outcome.is_set:
            raise queue.Full
