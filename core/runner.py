"""The core-only runner: every machine of the system on virtual time, without actors.

It performs effects exactly as the actors do on the virtual clock: one queue of messages for all, one heap of timers, a
child begins when its turn in the queue comes. So both take the same decisions on the same events.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from msgspec import Struct, field

from core.effects import After, Cancel, Effects, Finish, Now, Offer, Route, StartChild, Tell, Write
from core.hearing import Hearing
from core.ledger.books import Books
from core.ledger.fold import apply
from core.messages import Command, FeedBatch, MarketData, Message, Undelivered
from core.records import AnyRecord
from core.settings import Settings
from core.state.market_now import MarketNow

GAP_S = 7_200.0
"""Tokens of a recording lie hours or years apart. After two hours of nothing every position, candidate and memory of a
price has run its course; what lies beyond is passed over in one step."""


class Machine(Protocol):
    """One name's state machine, as `core.effects` describes it."""

    def begin(self, now: Now) -> tuple[Any, Effects]: ...

    def step(self, state: Any, message: Any, now: Now) -> tuple[Any, Effects]: ...


class Live(Struct):
    """A machine that has begun."""

    step: Callable[[Any, Any, Now], tuple[Any, Effects]]
    state: Any
    name: str
    armed: dict[str, int] = field(default_factory=dict)
    """By key, the sequence of the timer that holds."""


FOLLOWERS = ("watcher", "position")
"""Classes of names whose rest is the mint that they follow, in the order in which they are told."""
Nursery = Callable[[str, Message], Machine]
"""Makes the machine of a child from its name and first message."""
Sink = Callable[[AnyRecord], object]
"""Takes the journal's records in order."""


class Runner:
    """Owns the names, the queue, the timers and the books of one run.

    Every record goes to `sink`; without one they are kept in `records`.
    """

    def __init__(  # noqa: PLR0917  # what it needs of the world, in the order of the world
        self,
        settings: Settings,
        books: Books,
        nursery: Nursery,
        market: MarketNow,
        sink: Sink | None = None,
        strategy: Hearing | None = None,
    ) -> None:
        self.now = Now(books.at_s, books, settings, market, strategy)
        self.records: list[AnyRecord] = []
        self._sink: Sink = sink if sink is not None else self.records.append
        self._nursery = nursery
        self._live: dict[str, Live] = {}
        self._starting: set[str] = set()
        self._followers: dict[str, tuple[Live, ...]] = {}
        """By mint, its watcher and its position, those that are there."""
        self._queue: deque[tuple[str, Message] | Route | StartChild] = deque()
        self._timers: list[tuple[float, int, str, str, Message]] = []
        self._sequence = itertools.count()
        self.handled = 0
        self.dead_letters = 0

    def start(self, name: str, machine: Machine) -> None:
        """Begin a machine now and perform its first effects."""
        state, effects = machine.begin(self.now)
        self._live[name] = Live(machine.step, state, name)
        self._note_follower(name)
        self._perform(name, effects)

    def state_of(self, name: str) -> Any:
        return self._live[name].state

    def names(self) -> tuple[str, ...]:
        return tuple(self._live)

    def run(self, batches: Iterable[FeedBatch]) -> None:
        """Everything that these batches cause, in order."""
        for batch in batches:
            self.move(batch.at_s)
            self.tell("feed", batch)
            self.drain()

    def tell(self, name: str, message: Message) -> None:
        self._queue.append((name, message))

    def move(self, to_s: float) -> None:
        """Advance; of a gap longer than `GAP_S` the rest is passed over, as `MarketClock.move` does."""
        if to_s - self.now.at_s > GAP_S:
            self.advance(self.now.at_s + GAP_S)
            self.now.at_s = to_s
        self.advance(to_s)

    def advance(self, to_s: float) -> None:
        """Fire the timers that are due by then, each with all it causes, and move the time on."""
        while self._timers and self._timers[0][0] <= to_s:
            due_s, sequence, name, key, message = heapq.heappop(self._timers)
            one = self._live.get(name)
            if one is None or one.armed.get(key) != sequence:
                continue
            del one.armed[key]
            self.now.at_s = max(self.now.at_s, due_s)
            self.tell(name, message)
            self.drain()
        self.now.at_s = max(self.now.at_s, to_s)

    def drain(self) -> None:
        """Deliver until nothing is queued."""
        queue, live, now = self._queue, self._live, self.now
        while queue:
            item = queue.popleft()
            if isinstance(item, Route):
                self._deliver(item.messages)
            elif isinstance(item, StartChild):
                self._begin_child(item)
            else:
                name, message = item
                one = live.get(name)
                if one is None:
                    self.dead_letters += 1
                    continue
                self.handled += 1
                one.state, effects = one.step(one.state, message, now)
                if effects:
                    self._perform(name, effects)

    def _deliver(self, messages: tuple[MarketData, ...]) -> None:
        """Each message to its token's followers. One that starts stands before these messages in the queue."""
        followers, now = self._followers, self.now
        handled = 0
        for message in messages:
            for one in followers.get(message.mint, ()):
                handled += 1
                one.state, effects = one.step(one.state, message, now)
                if effects:
                    self._perform(one.name, effects)
        self.handled += handled

    def append(self, record: AnyRecord) -> None:
        """Journal a record: the books have it from here on."""
        self.now.books = apply(self.now.books, record)
        self._sink(record)

    def _begin_child(self, child: StartChild) -> None:
        self._starting.discard(child.name)
        if child.name not in self._live:
            self.start(child.name, self._nursery(child.name, child.first))

    def _perform(self, name: str, effects: Effects) -> None:
        """Perform the effects, then let the machine answer for each command that found nobody, and so on."""
        returned = self._do(name, effects)
        while returned and name in self._live:
            one = self._live[name]
            one.state, more = one.step(one.state, returned.pop(0), self.now)
            returned += self._do(name, more)

    def _there(self, name: str) -> bool:
        return name in self._live or name in self._starting

    def _do(self, name: str, effects: Effects) -> list[Undelivered]:
        returned: list[Undelivered] = []
        live, queue = self._live, self._queue
        for effect in effects:
            match effect:
                case Tell():
                    if self._there(effect.to):
                        queue.append((effect.to, effect.message))
                        continue
                    self.dead_letters += 1
                    if isinstance(effect.message, Command):
                        returned.append(Undelivered(to=effect.to, command=effect.message, full=False))
                case Offer():
                    if self._there(effect.to):
                        queue.append((effect.to, effect.message))
                case After():
                    self._arm(name, effect)
                case Cancel():
                    if name in live:
                        live[name].armed.pop(effect.key, None)
                case Write():
                    self.append(effect.record)  # type: ignore[arg-type]  # every record struct is one of the union
                case StartChild():
                    self._starting.add(effect.name)
                    queue.append(effect)
                case Route():
                    queue.append(effect)
                case Finish():
                    self._end(name)
        return returned

    def _note_follower(self, name: str) -> None:
        """Look anew who follows the token of this name, if it is a token's."""
        kind, _, mint = name.partition(".")
        if kind not in FOLLOWERS:
            return
        there = (self._live.get(f"{kind}.{mint}") for kind in FOLLOWERS)
        followers = tuple(one for one in there if one is not None)
        if followers:
            self._followers[mint] = followers
        else:
            self._followers.pop(mint, None)

    def _arm(self, name: str, timer: After) -> None:
        one = self._live.get(name)
        if one is None:
            return  # its work is done: nobody is left to be told
        sequence = one.armed[timer.key] = next(self._sequence)
        heapq.heappush(self._timers, (self.now.at_s + timer.delay_s, sequence, name, timer.key, timer.message))

    def _end(self, name: str) -> None:
        if self._live.pop(name, None) is not None:
            self._note_follower(name)
