"""Names of actors. Senders address names, which outlive incarnations; nobody holds a ref.

Two ways to deliver. Direct (live, paper): a message goes into its receiver's mailbox at once. Ordered (virtual clock):
every tell joins one queue, and `drain` delivers one message at a time, the next only when nothing is under way any
more, so a run with a seed is the same every time. Asks are direct in both, because their senders wait.
"""

from collections import Counter, deque
from collections.abc import Collection
from typing import Any

import gevent
import pykka

from actors.base import Actor
from actors.control import Probe, Wanted
from actors.dump import unanswered
from actors.entry import DEAD, STARTING, Entry
from actors.flow import class_of
from actors.life import current_actor, rank_of
from actors.mailbox import TIMER, Letter, kind_of
from actors.names import Names
from actors.reply import Reply
from actors.turns import Rank
from core.errors import AskTimeout, Fatal, Refused, Unavailable
from core.snapshots import ActorSnapshot, Crowd, TrafficCounts

AT_ONCE = 250
"""Actors that a walk over all of them looks at before it lets others run."""
LOOKED_AT = 50
"""Snapshots taken before others go first."""


class Directory(Names):
    """Used from the hub's thread only."""

    def __init__(self, *, ordered: bool = False) -> None:
        super().__init__()
        self.ordered = ordered
        self._queue: deque[tuple[str, Letter | Wanted]] = deque()
        self._delivered, self._last = 0, "the start"

    # What everybody may do. `urgent` is what it is to `Mailbox.tell`; ordered dispatch has one order for all

    def tell(self, name: str, message: object, *, urgent: bool = False) -> bool:
        """Send. False, and a dead letter, when the name is unknown or dead. Raises Refused when its mailbox is full."""
        entry = self._entries.get(name)
        if entry is None or entry.state is DEAD:
            counts = self.flow.counts(name) if entry is None else entry.counts
            counts.sent += 1
            self._bury(name, counts, message, None)
            return False
        if self.ordered:
            entry.counts.sent += 1
            self._queue.append((name, Letter(kind_of(type(message)), message)))
            return True
        if entry.open is not None:
            entry.open.tell(message, urgent=urgent)
            return True
        entry.counts.sent += 1
        return self._keep(entry, Letter(kind_of(type(message)), message))

    def offer(self, name: str, message: object, *, urgent: bool = False) -> bool:
        """Send if the name is not dead. False, and nothing counted, when it is. Raises Refused when it is full."""
        entry = self._entries.get(name)
        return entry is not None and entry.state is not DEAD and self.tell(name, message, urgent=urgent)

    def request(self, name: str, message: object) -> Reply:
        """Send, and be told later: the answer, or the error, comes into the reply. Waits for nothing."""
        reply = Reply()
        self._send_ask(name, message, reply)
        return reply

    def ask(self, name: str, message: object, timeout_s: float) -> object:
        """Send and wait for the answer, which may be an error of the actor's own. What trading asks goes first.

        Raises Unavailable when the name is unknown, dead or restarting, or its actor ends before it answers; AskTimeout
        when the answer is late; Refused when its mailbox is full, or when the asked waits for the asker.
        """
        asker = current_actor()
        if asker is not None:
            self._refuse_circle(asker.name, name)
        reply = Reply()
        self._send_ask(name, message, reply)
        if asker is not None:
            asker.asking = name
        try:
            if not reply.wait(timeout_s, self.flow.turns, rank_of(asker)):
                raise AskTimeout(f"{name} did not answer {type(message).__name__} within {timeout_s} s")
        finally:
            if asker is not None:
                asker.asking = ""
        return reply.answer()

    def start_child(self, supervisor: str, name: str, args: object = None) -> bool:
        """Ask `supervisor` for the child `name`, made by its template for the class of the name.

        Messages told to `name` from now on wait for it. False when there is such an actor already; one that is just
        ending is followed by the new one. Raises Unavailable when the supervisor is unknown or dead. In ordered
        dispatch the child begins in its turn: whoever wants it cannot ask it something in the same step.
        """
        above = self._entries.get(supervisor)
        if above is None or above.state is DEAD:
            raise Unavailable(f"{supervisor} is not there to start {name}")
        entry = self._entries.get(name)
        if entry is not None and entry.state is not DEAD:
            if not entry.ending() or entry.parent != supervisor:
                return False
            entry.again, entry.request = True, args
            return True
        entry = self._entries[name] = Entry(name, supervisor, self.flow.counts(name))
        entry.dynamic, entry.request = True, args
        if self.ordered:
            entry.state, entry.queued = STARTING, True
            self._queue.append((supervisor, Wanted(name)))
        else:
            self._change(entry, STARTING)
            self.control(supervisor, Wanted(name))
        return True

    def whereis(self, name: str) -> "pykka.ActorRef[Actor[Any]] | None":
        """The ref of the living incarnation, for looking only."""
        entry = self._entries.get(name)
        return None if entry is None or entry.actor is None or entry.open is None else entry.actor.actor_ref

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """Names that are alive, starting or restarting, sorted."""
        return tuple(
            sorted(name for name, entry in self._entries.items() if entry.state is not DEAD and name.startswith(prefix))
        )

    def counts(self) -> dict[str, TrafficCounts]:
        """Traffic by class of names."""
        return self.flow.snapshot()

    def idle(self) -> bool:
        """Whether nothing is under way: no message, no restart, no native call."""
        return self.flow.busy == 0 and not self._queue

    def settle(self, timeout_s: float) -> bool:
        """Wait until idle: back-pressure for a source that can outrun its consumers. False when it took too long."""
        if self.ordered:
            self.drain(timeout_s)
            return True
        return self.flow.rest(timeout_s)

    def drain(self, timeout_s: float = 60.0) -> None:
        """Ordered: deliver everything queued, and what follows from it, one message at a time.

        Called by whoever drives the clock, never by an actor. Raises Fatal when one message takes twice
        `timeout_s` of real time: on a virtual clock that is a hang.
        """
        if current_actor() is not None:
            raise Refused("an actor cannot wait until every actor is at rest")
        timer = gevent.Timeout.start_new(timeout_s)
        try:
            while True:
                before = self._delivered
                try:
                    self._deliver_all()
                except gevent.Timeout as late:
                    if late is not timer:
                        raise
                    # One timer for many messages, because it costs as much as a delivery.
                    if self._delivered == before:
                        raise Fatal(f"nothing moves for {timeout_s} s after {self._last}") from None
                    timer = gevent.Timeout.start_new(timeout_s)
                else:
                    return
        finally:
            timer.close()

    def _deliver_all(self) -> None:
        flow, queue = self.flow, self._queue
        while True:
            if flow.busy:
                flow.wait()
            if not queue:
                return
            self._last, item = queue.popleft()
            self._delivered += 1
            if isinstance(item, Wanted):
                self._want(self._last, item)
            else:
                self._deliver(self._last, item)

    def _want(self, supervisor: str, wanted: Wanted) -> None:
        """The turn of a dynamic child has come: from here on its start is under way."""
        entry = self._entries.get(wanted.name)
        if entry is not None and entry.queued:
            entry.queued = False
            self.flow.busy += 1
            self.control(supervisor, wanted)

    # For the clock, the supervisors and the base of actors

    def timer(self, name: str, message: object) -> None:
        """Deliver a timer of the actor's own. Never refused: there is at most one of a kind."""
        entry = self._entries.get(name)
        counts = self.flow.counts(name) if entry is None else entry.counts
        counts.sent += 1
        letter = Letter(TIMER, message)
        if self.ordered:
            self._queue.append((name, letter))
        else:
            self._deliver(name, letter)

    def bury_all(self) -> None:
        """At the end of a system: what still waits to be delivered is a dead letter."""
        while self._queue:
            name, item = self._queue.popleft()
            if isinstance(item, Letter):
                self._bury(name, self.flow.counts(name), item.message, item.reply_to)

    def snapshots(
        self, *, live: bool = False, timeout_s: float = 0.5, besides: Collection[str] = ()
    ) -> dict[str, ActorSnapshot]:
        """Every name as it is now, but for those of the classes `besides`.

        `live` asks all at once; one that does not answer in time shows as late.
        """
        silent = unanswered(self.entries(), timeout_s) if live else frozenset[str]()
        wanted = [entry for name, entry in self._entries.items() if class_of(name) not in besides]
        shown: dict[str, ActorSnapshot] = {}
        for start in range(0, len(wanted), LOOKED_AT):
            if start:
                self.flow.give_way()
            shown |= {one.name: one.snapshot(late=one.name in silent) for one in wanted[start : start + LOOKED_AT]}
        return shown

    def crowds(self) -> dict[str, Crowd]:
        """What waits and who is late, by class of names. The hub runs others between parts of the walk."""
        waiting: Counter[str] = Counter()
        late: Counter[str] = Counter()
        actors: Counter[str] = Counter()
        entries = list(self._entries.values())
        for start in range(0, len(entries), AT_ONCE):
            for entry in entries[start : start + AT_ONCE]:
                name_class = class_of(entry.name)
                waiting[name_class] += entry.waiting()
                late[name_class] += entry.hung()
                actors[name_class] += 1
            self.flow.give_way()
        return {name_class: Crowd(waiting[name_class], late[name_class], actors[name_class]) for name_class in waiting}

    def snapshot(self, name: str, *, live: bool = False, timeout_s: float = 0.5) -> ActorSnapshot | None:
        """One name, None when unknown. `live` waits until the actor itself answers; one that does not shows as late."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        if not live:
            return entry.snapshot()
        reply = Reply()
        answered = self.control(name, Probe(), reply) and reply.wait(timeout_s)
        return entry.snapshot(late=not answered)

    def _send_ask(self, name: str, message: object, reply: Reply) -> None:
        entry = self._entries.get(name)
        if entry is not None and entry.open is not None:
            entry.open.tell(message, reply, urgent=rank_of(current_actor()) is not Rank.CROWD)
            return
        counts = self.flow.counts(name)
        counts.sent += 1
        if entry is not None and entry.state is STARTING:
            self._keep(entry, Letter(kind_of(type(message)), message, reply))
        else:
            self._bury(name, counts, message, reply)

    def _deliver(self, name: str, letter: Letter) -> None:
        """Hand over what is counted as sent, past all bounds: it was accepted when it was sent."""
        entry = self._entries.get(name)
        if entry is not None and entry.open is not None:
            entry.open.accept(letter)
        elif entry is None or entry.state is DEAD:
            self._bury(name, self.flow.counts(name), letter.message, letter.reply_to)
        else:
            entry.hold((letter,))
            self.flow.busy += 1

    def _keep(self, entry: Entry, letter: Letter) -> bool:
        if entry.keep == 0:
            self._bury(entry.name, entry.counts, letter.message, letter.reply_to)
            return False
        if entry.held() >= entry.keep:
            entry.counts.refused += 1
            raise Refused(f"{entry.name} is {entry.state.value} and {entry.keep} messages wait for it already")
        entry.hold((letter,))
        self.flow.busy += 1
        return True

    def _refuse_circle(self, asker: str, name: str) -> None:
        asked = name
        while asked:
            if asked == asker:
                raise Refused(f"{asker} would wait for itself: {name} is waiting for it")
            entry = self._entries.get(asked)
            asked = "" if entry is None or entry.actor is None else entry.actor.asking
