"""An actor that owns a pure state machine: it brings messages, performs the effects in order, and decides nothing.

What a machine tells and cannot be delivered is never silent: a command comes back to the machine as `Undelivered`
(after the effects of its step), an event is counted as refused or dead by the directory.
"""

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar, assert_never

from typing_extensions import override

from actors.base import Actor, Context
from core.effects import After, Cancel, Effects, Finish, Now, Offer, Route, StartChild, Tell, Write
from core.errors import Refused
from core.messages import Append, Command, Message, Query, Undelivered

if TYPE_CHECKING:
    from core.ledger.books import Books
    from core.settings import Settings

M = TypeVar("M", bound=Message)
S = TypeVar("S")

JOURNAL = "journal"


class MachineServices(Protocol):
    """What a machine's owner needs of `System.services`."""

    settings: "Settings"
    moment: Now
    """One for all machines of a system: a step ends before the next begins."""

    def books(self) -> "Books":
        """The books as the journal's answers so far made them."""
        ...


class MachineActor(Actor[M], Generic[M, S]):
    """Subclasses bring the two functions of a machine in `core.state`, and `answer` if they are queried."""

    journal_timeout_s: ClassVar[float] = 10.0
    """Real time that an append may take; past it the actor crashes, and begins again from the books."""

    state: S

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        services: MachineServices = context.system.services  # type: ignore[assignment]  # run.py wires it, the kernel looks not inside
        self._services = services
        self.begun = False
        """Whether there is a state to look at."""

    @abstractmethod
    def begin(self, now: Now) -> tuple[S, Effects]:
        """State and first effects, from the books and `self.context.args`."""

    @abstractmethod
    def step(self, state: S, message: M, now: Now) -> tuple[S, Effects]:
        """The machine's own step. A machine that sends commands also takes `Undelivered`."""

    def answer(self, query: Query) -> object:
        """What a query is answered with; changes nothing."""
        return Refused(f"{self.name} answers no {type(query).__name__}")

    @override
    def on_begin(self) -> None:
        self.state, effects = self.begin(self.fresh())
        self.begun = True
        self._perform_all(effects)

    @override
    def handle(self, message: M) -> object:
        if isinstance(message, Query):
            return self.answer(message)
        self.state, effects = self.step(self.state, message, self.fresh())
        if effects:
            self._perform_all(effects)
        return None

    def fresh(self) -> Now:
        """What a step or a view may read, as it is at this moment."""
        services = self._services
        now = services.moment
        now.at_s, now.books, now.settings = self.clock.now_s, services.books(), services.settings
        return now

    def _perform_all(self, effects: Effects) -> None:
        """Perform the effects, then let the machine answer for each command that came back, and so on."""
        returned = self._perform(effects)
        while returned:
            undelivered = returned.pop(0)
            self.state, more = self.step(self.state, undelivered, self.fresh())  # type: ignore[arg-type]  # every machine's M includes it
            returned += self._perform(more)

    def _perform(self, effects: Effects) -> list[Undelivered]:
        returned: list[Undelivered] = []
        writes: list[Write] = []
        for effect in effects:
            if isinstance(effect, Write):
                writes.append(effect)
                continue
            if writes:
                self._append(writes)
                writes = []
            undelivered = self._do(effect)
            if undelivered is not None:
                returned.append(undelivered)
        if writes:
            self._append(writes)
        return returned

    def _do(self, effect: "Tell | Offer | Route | After | Cancel | StartChild | Finish") -> Undelivered | None:
        match effect:
            case Tell(to, message):
                return self._told(to, message)
            case Route(messages):
                for message in messages:
                    self._offered(f"watcher.{message.mint}", message)
                    self._offered(f"position.{message.mint}", message)
            case Offer(to, message):
                return self._offered(to, message)
            case After(key, delay_s, message):
                self.after(key, delay_s, message)
            case Cancel(key):
                self.cancel(key)
            case StartChild(supervisor, name, first):
                self.directory.start_child(supervisor, name, first)
            case Finish():
                self.finish()
            case _:
                assert_never(effect)
        return None

    def _told(self, to: str, message: Message) -> Undelivered | None:
        full = False
        try:
            if self.directory.tell(to, message):
                return None
        except Refused:
            full = True
        return Undelivered(to=to, command=message, full=full) if isinstance(message, Command) else None

    def _offered(self, to: str, message: Message) -> Undelivered | None:
        try:
            self.directory.offer(to, message)
        except Refused:
            if isinstance(message, Command):
                return Undelivered(to=to, command=message, full=True)
        return None

    def _append(self, writes: Iterable[Write]) -> None:
        """One append for neighbouring writes, on disk if any of them must be."""
        writes = list(writes)
        message = Append(
            records=tuple(write.record for write in writes), durable=any(write.durable for write in writes)
        )
        self.ask(JOURNAL, message, self.journal_timeout_s)
