"""The life of names: expected, attached, begun, closing, ended, released. For the kernel; others use Directory."""

from collections import deque
from typing import Any

from actors.base import Actor
from actors.entry import ALIVE, CHANGING, DEAD, KEEP, RESTARTING, STARTING, DeadLetter, Entry
from actors.flow import Counts, Flow
from actors.mailbox import TIMER, Letter
from actors.reply import Reply
from core.errors import Refused, Unavailable
from core.snapshots import ActorState

DEAD_LETTERS = 1_000


class Names:
    """Used from the hub's thread only."""

    def __init__(self) -> None:
        self.flow = Flow()
        self.dead_letters: deque[DeadLetter] = deque(maxlen=DEAD_LETTERS)
        """The newest ones; their number is in the counts."""
        self.disowned = 0
        """Actors that even a kill could not end."""
        self._entries: dict[str, Entry] = {}

    def control(self, name: str, message: object, reply_to: Reply | None = None) -> bool:
        """Send ahead of every ordinary message, to an actor that may still be starting. False when there is none."""
        entry = self._entries.get(name)
        return entry is not None and entry.actor is not None and entry.actor.inbox.control(message, reply_to)

    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries.values())

    def entry(self, name: str) -> Entry | None:
        return self._entries.get(name)

    def present(self, name: str) -> "Actor[Any]":
        """The incarnation that was attached last. Raises Unavailable without one."""
        entry = self._entries.get(name)
        if entry is None or entry.actor is None:
            raise Unavailable(f"{name} has no actor")
        return entry.actor

    def expect(self, name: str, parent: str, *, keep: int = KEEP, dynamic: bool = False) -> None:
        """A supervisor is about to start this child. Raises Refused when the name belongs to somebody else."""
        entry = self._entries.get(name)
        if entry is None:
            entry = self._entries[name] = Entry(name, parent, self.flow.counts(name))
        elif entry.state is ALIVE or (entry.state is not DEAD and entry.parent != parent):
            raise Refused(f"{name} is {entry.state.value} under {entry.parent or 'nobody'}; names are unique")
        entry.parent, entry.keep, entry.dynamic = parent, keep, dynamic
        if entry.state is DEAD:
            self._change(entry, STARTING)

    def attach(self, actor: "Actor[Any]") -> None:
        """A new incarnation exists. It takes control messages now and ordinary ones when it has begun."""
        entry = self._entries[actor.name]
        entry.actor, entry.again = actor, False
        entry.incarnation += 1
        if entry.incarnation > 1:
            entry.counts.restarts += 1
        entry.supervises, entry.class_name = actor.supervises, type(actor).__name__

    def begun(self, actor: "Actor[Any]") -> None:
        """The incarnation takes messages: hand over what waited for it, in order."""
        entry = self._entries[actor.name]
        if entry.actor is actor:
            entry.open = actor.inbox
            for letter in entry.let_go():
                actor.inbox.accept(letter)
                self.flow.done()
            self._change(entry, ALIVE)

    def closing(self, actor: "Actor[Any]") -> None:
        """The incarnation takes no message any more. Whether the name comes back, its supervisor decides."""
        entry = self._entries.get(actor.name)
        if entry is not None and entry.actor is actor:
            entry.open = None
            self._change(entry, RESTARTING)

    def ended(self, actor: "Actor[Any]", letters: list[Letter]) -> None:
        """The incarnation is gone. Tells it had not begun wait for the next; asks are answered, timers forgotten."""
        entry = self._entries.get(actor.name)
        keep = entry.keep if entry is not None and entry.actor is actor else 0
        kept: list[Letter] = []
        for letter in letters:
            if letter.reply_to is None and letter.kind != TIMER and len(kept) < keep:
                kept.append(letter)
            else:
                self._bury(actor.name, self.flow.counts(actor.name), letter.message, letter.reply_to)
                self.flow.done()
        if entry is not None and entry.actor is actor:
            entry.actor = None
            entry.handled_before += actor.handled
            entry.hold(kept, first=True)

    def release(self, name: str) -> None:
        """The name does not come back: what waits for it, and for everybody under it, becomes dead letters."""
        entry = self._entries.get(name)
        if entry is None:
            return
        for letter in entry.let_go():
            self._bury(name, entry.counts, letter.message, letter.reply_to)
            self.flow.done()
        self._change(entry, DEAD)
        if entry.dynamic:
            del self._entries[name]
        if entry.supervises:
            for below in self.entries():
                if below.parent == name:
                    self.release(below.name)

    def _bury(self, name: str, counts: Counts, message: object, reply: Reply | None) -> None:
        counts.dead += 1
        self.dead_letters.append(DeadLetter(name, message))
        if reply is not None:
            entry = self._entries.get(name)
            reply.fail(Unavailable(f"{name} is {'unknown' if entry is None else entry.state.value}"))

    def _change(self, entry: Entry, state: ActorState) -> None:
        was = DEAD if entry.queued else entry.state
        entry.state, entry.queued = state, False
        if state in CHANGING and was not in CHANGING:
            self.flow.busy += 1
        elif was in CHANGING and state not in CHANGING:
            self.flow.done()
