"""The inbox of one actor: control ahead of the rest, then what the trading path asks; bounds that refuse, market data
that conflates.

It stands where Pykka expects its inbox (`put`, `get`, `empty`). One greenlet reads; every greenlet of the hub's thread
may write. A native thread must go through `System.tell_from_thread`.
"""

from collections import deque
from typing import Any, cast

from gevent.hub import get_hub, getcurrent
from greenlet import greenlet
from msgspec import Struct
from pykka._envelope import Envelope
from pykka.messages import _ActorStop

from actors.control import Control
from actors.flow import Counts, Flow
from actors.reply import Reply
from actors.turns import Rank
from core.errors import Refused, Unavailable
from core.messages import Command, MarketData, Query

CONTROL, COMMAND, EVENT, MARKET, TIMER = range(1, 6)
SLICE_S = 0.002
"""How long an actor with a full mailbox may go on before everybody else gets a turn."""


class Bounds(Struct, frozen=True, kw_only=True):
    """How much may wait in one mailbox."""

    commands: int = 1_000
    """Commands and queries; one more is refused to its sender."""
    events: int = 100_000
    """Everything else; one more is refused as well."""
    market: int = 256
    """Market messages that may wait before they conflate per token."""


class Letter(Envelope[Any]):
    """A message on its way, with the future that waits for the answer, if one does."""

    __slots__ = ("kind",)

    reply_to: Reply | None

    def __init__(self, kind: int, message: object, reply_to: Reply | None = None) -> None:
        # No super call: half the cost of a tell is in making its envelope.
        self.kind = kind
        self.message = message
        self.reply_to = reply_to


_kinds: dict[type, int] = {}


def kind_of(message_type: type) -> int:
    """The lane of a message type; remembered, because four subclass checks cost more than the queue."""
    kind = _kinds.get(message_type)
    if kind is None:
        kind = _kinds[message_type] = _classify(message_type)
    return kind


def _classify(message_type: type) -> int:
    if issubclass(message_type, Control | _ActorStop):
        return CONTROL
    if issubclass(message_type, Command | Query):
        return COMMAND
    return MARKET if issubclass(message_type, MarketData) else EVENT


class Mailbox:
    """Made by Pykka without arguments; `open` says whose it is before the first message."""

    __slots__ = (
        "_bounds",
        "_closed",
        "_commands",
        "_control",
        "_counts",
        "_events",
        "_express",
        "_flow",
        "_hub",
        "_market",
        "_name",
        "_newest",
        "_queue",
        "_rank",
        "_turn_s",
        "_waiting",
        "_woken",
    )

    _name: str
    _bounds: Bounds
    _flow: Flow
    _counts: Counts
    _rank: Rank

    def __init__(self) -> None:
        self._control: deque[Letter] | None = None  # made when it is needed: few actors ever get a control message
        self._express: deque[Letter] | None = None  # so is this: only what the trading path asks lies in it
        self._queue: deque[Letter] = deque()
        self._commands = self._events = self._market = 0
        self._newest: dict[str, Letter] | None = None
        self._hub = get_hub()
        self._waiting: greenlet | None = None
        self._woken = self._closed = False
        self._turn_s = 0.0

    def open(self, name: str, bounds: Bounds, flow: Flow, counts: Counts, rank: Rank = Rank.CROWD) -> None:
        self._name, self._bounds, self._flow, self._counts, self._rank = name, bounds, flow, counts, rank

    def put(self, envelope: Envelope[Any], /) -> None:
        """Pykka's door, for whoever holds a ref. Names are the better address."""
        reply_to = cast("Reply | None", envelope.reply_to)
        if kind_of(type(envelope.message)) == CONTROL:
            self.control(envelope.message, reply_to)
        else:
            self.tell(envelope.message, reply_to)

    def tell(self, message: object, reply_to: Reply | None = None, *, urgent: bool = False) -> None:
        """Count and queue a message. Raises Refused when its lane is full.

        `urgent`: ahead of ordinary ones, and its reader's turn comes before the crowd's.
        """
        kind = kind_of(type(message))
        counts = self._counts
        counts.sent += 1
        if self._closed:
            counts.dead += 1
            if reply_to is not None:
                reply_to.fail(Unavailable(f"{self._name} has ended"))
            return
        if kind == COMMAND:
            if self._commands >= self._bounds.commands:
                self._refuse("commands", self._bounds.commands)
        else:
            if kind == MARKET and self._market >= self._bounds.market and self._conflated(message, reply_to):
                return
            if self._events >= self._bounds.events:
                self._refuse("events", self._bounds.events)
        self.accept(Letter(kind, message, reply_to), urgent=urgent)

    def accept(self, letter: Letter, *, urgent: bool = False) -> None:
        """Queue what is counted already, whatever the bounds say."""
        kind = letter.kind
        if kind == COMMAND:
            self._commands += 1
        else:
            self._events += 1
            if kind == MARKET:
                self._market += 1
                if self._newest is not None:
                    self._newest[letter.message.mint] = letter
        if urgent:
            if self._express is None:
                self._express = deque()
            self._express.append(letter)
        else:
            self._queue.append(letter)
        self._flow.busy += 1
        if self._waiting is None:
            return
        if self._rank is Rank.CROWD and (urgent or kind == COMMAND):
            # A turn may be given already, behind a thousand others: that one then finds nothing to do. What came before
            # a command is read before it all the same.
            self._woken = True
            self._flow.turns.give(self._wake, Rank.WANTED)
        elif not self._woken:
            self._woken = True
            self._flow.turns.give(self._wake, self._rank)

    def control(self, message: object, reply_to: Reply | None = None) -> bool:
        """Queue ahead of every ordinary message. False when the owner has ended."""
        if self._closed:
            return False
        if self._control is None:
            self._control = deque()
        self._control.append(Letter(CONTROL, message, reply_to))
        self._flow.busy += 1
        if self._waiting is not None and not self._woken:
            self._woken = True
            self._flow.turns.give(self._wake, self._rank)
        return True

    def get(self) -> Letter:
        """The next letter; waits for one."""
        while True:
            if self._control:
                return self._control.popleft()
            if self._express:
                return self._taken(self._express.popleft())
            if self._queue:
                return self._taken(self._queue.popleft())
            self._waiting = getcurrent()
            try:
                self._hub.switch()
            finally:
                self._waiting = None

    def breathe(self, now_s: float) -> None:
        """Between two messages, the last begun at `now_s`: when the turn was long enough, others with mail go first."""
        if not self._queue:
            self._turn_s = 0.0
            return
        if self._turn_s == 0.0:
            self._turn_s = now_s
        if now_s - self._turn_s < SLICE_S:
            return
        self._turn_s = 0.0
        self._waiting, self._woken = getcurrent(), True
        self._flow.turns.give(self._wake, self._rank)
        try:
            self._hub.switch()
        finally:
            self._waiting = None

    def empty(self) -> bool:
        return not self._control and not self._express and not self._queue

    def __len__(self) -> int:
        """Ordinary messages that wait."""
        return len(self._queue) + len(self._express or ())

    def close(self) -> tuple[list[Letter], list[Letter]]:
        """End of the owner: control letters and ordinary letters that nobody took. Control is refused from here on."""
        self._closed = True
        control, ordinary = list(self._control or ()), [*(self._express or ()), *self._queue]
        self._control = self._express = None
        self._queue.clear()
        self._newest = None
        self._commands = self._events = self._market = 0
        return control, ordinary

    def _wake(self) -> None:
        self._woken = False
        # None: the reader was killed or found its letter by itself, and what it waits for now is not ours to end.
        if self._waiting is not None:
            self._waiting.switch()

    def _taken(self, letter: Letter) -> Letter:
        kind = letter.kind
        if kind == COMMAND:
            self._commands -= 1
            return letter
        self._events -= 1
        if kind == MARKET:
            self._market -= 1
            if self._newest is not None:
                mint = letter.message.mint
                if self._newest.get(mint) is letter:
                    del self._newest[mint]
                # Half, not the bound: at the bound itself every second message would build the index anew.
                if self._market <= self._bounds.market // 2:
                    self._newest = None
        return letter

    def _conflated(self, message: object, reply_to: Reply | None) -> bool:
        """Whether the message took the place of the newest one of its token; that one is then counted as conflated."""
        if reply_to is not None or not isinstance(message, MarketData):
            return False
        if self._newest is None:
            self._newest = {letter.message.mint: letter for letter in self._queue if letter.kind == MARKET}
        letter = self._newest.get(message.mint)
        if letter is None or letter.reply_to is not None:
            return False
        merged = message.after(letter.message)
        if merged is None:
            return False
        letter.message = merged
        self._counts.conflated += 1
        return True

    def _refuse(self, lane: str, bound: int) -> None:
        self._counts.refused += 1
        raise Refused(f"{self._name}: {bound} {lane} wait already; send fewer or slow down")
