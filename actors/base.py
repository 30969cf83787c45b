"""The base of every actor: owns its life cycle, so that each exit is seen exactly once, whatever its cause.

Pykka's own loop lets a crash in `on_start` or on `ask` pass unseen, and an escaping `BaseException` stop every actor.
Here any error that leaves the actor's code ends this actor alone, and its supervisor is told.
"""

import logging
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any, ClassVar, Generic, TypeVar, cast

import gevent
import pykka
from gevent import Greenlet
from gevent.hub import GreenletExit
from pykka.messages import _ActorStop
from typing_extensions import override

from actors.control import Began, Exited, Failed, Probe, Stop
from actors.life import KILL_S, ActorGreenlet, Crash, as_crash
from actors.life import Context as Context
from actors.mailbox import CONTROL, Letter, Mailbox
from actors.outcome import Outcome
from actors.reply import Reply
from core.errors import MicroError, Unavailable

log = logging.getLogger(__name__)

M = TypeVar("M")


class Actor(pykka.ThreadingActor, Generic[M]):
    """One greenlet, one mailbox, one message at a time. Subclasses bring `handle`, and the hooks they need."""

    supervises: ClassVar[bool] = False
    """A supervisor is ready when its children are, every other actor when it has begun."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.name = context.name
        self.system = context.system
        self.directory = context.system.directory
        self.clock = context.system.clock
        self.inbox = cast(Mailbox, self.actor_inbox)
        self._flow = self.directory.flow
        self._counts = self._flow.counts(self.name)
        self.inbox.open(self.name, context.bounds, self._flow, self._counts, context.rank)
        self.greenlet: ActorGreenlet | None = None
        self.asking = ""
        """Name of the actor this one waits for, if it does."""
        self.handled = 0
        self.since_s: float | None = None
        """When the last message was begun, on the monotonic clock."""
        self.handling = False
        self.killed = False
        self.finishing = self._left = False
        self._helpers: set[Greenlet[..., Any]] = set()
        self._promised: set[Reply] = set()
        self._stop_replies: list[Reply] = []

    @abstractmethod
    def handle(self, message: M) -> object:
        """Do what the message asks. What is returned answers an ask; an `Outcome` answers when it is set, a
        returned (not raised) MicroError is raised in the asker. Whatever is raised ends this actor."""

    def on_begin(self) -> None:
        """Runs before the first message; may ask actors started earlier. A failure counts as a crash."""

    def on_end(self, reason: Exception | None) -> None:
        """Runs once after the last message, after any crash too (then with its reason), for `shutdown_s` at most."""

    def view(self) -> object:
        """A cheap frozen picture of the state, taken at any moment without this actor's cooperation."""
        return getattr(self, "state", None)

    def handle_control(self, message: object) -> None:
        """Control messages that only supervisors understand."""
        raise TypeError(f"{self.name} does not understand {message!r}")

    def end_children(self) -> None:
        """A supervisor takes its children along when it ends, whatever ends it."""

    def finish(self) -> None:
        """End normally after the present message."""
        self.finishing = True

    def tell(self, name: str, message: object) -> bool:
        """See `Directory.tell`."""
        return self.directory.tell(name, message)

    def ask(self, name: str, message: object, timeout_s: float) -> object:
        """See `Directory.ask`."""
        return self.directory.ask(name, message, timeout_s)

    def after(self, key: str, delay_s: float, message: object) -> None:
        """Be told `message` in `delay_s` of market time; the same key again replaces the earlier timer."""
        self.clock.after(self.name, key, delay_s, message)

    def cancel(self, key: str) -> None:
        """Forget the timer with this key, if there is one."""
        self.clock.cancel(self.name, key)

    def spawn(self, function: Callable[..., object], *args: object) -> "Greenlet[..., Any]":
        """Run a helper greenlet that ends with this actor, and whose crash is this actor's crash."""
        helper = gevent.spawn(self._help, function, *args)
        self._helpers.add(helper)
        helper.rawlink(self._helpers.discard)
        return helper

    def ready(self) -> None:
        """This actor takes messages from now on."""
        self.directory.begun(self)
        if self.context.parent:
            self.directory.control(self.context.parent, Began(self.name, self.actor_urn))
        else:
            self.system.root_began()

    def live(self) -> None:
        """The whole life of this actor, run in its greenlet."""
        reason: Exception | None = None
        try:
            self.on_begin()
            if not self.supervises:
                self.ready()
            self._serve()
        except BaseException as error:  # noqa: BLE001 - the one place where everything an actor can die of is caught
            reason = as_crash(error)
        self._end(reason)

    def disown(self) -> None:
        """Go on without an actor that even a kill cannot end: its name is free, its end will not be seen again."""
        if not self._left:
            log.error("%s cannot be killed; its name goes on without it", self.name)
            self.directory.disowned += 1
            if self.handling:
                # It may never end, and nobody may wait for it: it is over as far as the counts go.
                self._count_handled()
            self._leave(Crash(f"{self.name} could not be killed"))

    def _serve(self) -> None:
        inbox, flow = self.inbox, self._flow
        while not self.finishing:
            letter = inbox.get()
            if letter.kind == CONTROL:
                try:
                    self._control(letter)
                finally:
                    flow.done()
                continue
            self.since_s = monotonic()
            self.handling = True
            try:
                answer = self.handle(letter.message)
            except BaseException as error:
                if letter.reply_to is not None:
                    letter.reply_to.fail(as_crash(error))
                raise
            finally:
                if not self._left:
                    self._count_handled()
            if answer is not None or letter.reply_to is not None:
                self._answer(letter, answer)
            inbox.breathe(self.since_s)

    def _count_handled(self) -> None:
        self.handling = False
        self.handled += 1
        self._counts.handled += 1
        self._flow.done()

    def _control(self, letter: Letter) -> None:
        match letter.message:
            case Stop() | _ActorStop():
                self.finishing = True
                if letter.reply_to is not None:
                    self._stop_replies.append(letter.reply_to)
            case Probe():
                if letter.reply_to is not None:
                    letter.reply_to.set(True)
            case Failed(error):
                raise error
            case message:
                self.handle_control(message)

    def _answer(self, letter: Letter, answer: object) -> None:
        reply = letter.reply_to
        if isinstance(answer, MicroError):
            if reply is None:
                log.warning("%s: %s was told and came to nothing: %s", self.name, type(letter.message).__name__, answer)
            else:
                reply.fail(answer)
        elif reply is not None and isinstance(answer, Outcome):
            self._promised.add(reply)
            answer.rawlink(partial(self._keep_promise, reply))
        elif reply is not None:
            reply.set(answer)

    def _keep_promise(self, reply: Reply, answer: Outcome[Any]) -> None:
        if reply in self._promised:
            self._promised.discard(reply)
            if answer.error is None:
                reply.set(answer.get())
            else:
                reply.fail(as_crash(answer.error))

    def _help(self, function: Callable[..., object], *args: object) -> None:
        try:
            function(*args)
        except GreenletExit:
            raise
        except BaseException as error:  # noqa: BLE001 - handed to the actor, which dies of it
            self.inbox.control(Failed(as_crash(error)))

    def _end(self, reason: Exception | None) -> None:
        self.actor_stopped.set()
        self.directory.closing(self)
        if reason is not None:
            log.error("%s crashed: %r", self.name, reason, exc_info=reason)
        if not self.context.parent:
            reason = self._guarded(partial(self.system.root_ends, reason), reason)
        for step in (self.end_children, self._end_helpers):
            reason = self._guarded(step, reason)
        reason = self._guarded(partial(self._on_end_in_time, reason), reason)
        self._leave(reason)

    def _guarded(self, step: Callable[[], None], reason: Exception | None) -> Exception | None:
        """Each step of an end happens, whatever became of the one before; its failure makes the end a crash."""
        try:
            step()
        except BaseException as error:
            log.exception("%s failed while ending", self.name)
            return reason or as_crash(error)
        return reason

    def _end_helpers(self) -> None:
        if self._helpers:
            gevent.killall(list(self._helpers), block=True, timeout=KILL_S)

    def _on_end_in_time(self, reason: Exception | None) -> None:
        with gevent.Timeout(self.context.shutdown_s):
            self.on_end(reason)

    def _leave(self, reason: Exception | None) -> None:
        """The last, unblocking part of every end. A disowned actor that ends later leaves no second time."""
        if self._left:
            return
        self._left = self.finishing = True
        self.actor_stopped.set()
        pykka.ActorRegistry.unregister(self.actor_ref)
        gone = Unavailable(f"{self.name} ended before it answered")
        control, letters = self.inbox.close()
        for letter in control:
            if letter.reply_to is not None:
                letter.reply_to.fail(gone)
            self._flow.done()
        for reply in self._promised:
            reply.fail(gone)
        self._promised.clear()
        for reply in self._stop_replies:
            reply.set(True)
        self.clock.cancel_all(self.name)
        self.directory.ended(self, letters)
        if self.context.parent:
            self.directory.control(self.context.parent, Exited(self.name, self.actor_urn, reason))
        else:
            self.system.root_ended(reason)

    def _died(self, greenlet: ActorGreenlet) -> None:
        greenlet.actor = None  # a circle: the collector would have to find every watcher that ever lived
        if not self._left:
            self.actor_stopped.set()
            self.directory.closing(self)
            self._leave(Crash(f"{self.name} was killed before it began"))

    @staticmethod
    @override
    def _create_actor_inbox() -> Mailbox:
        return Mailbox()

    @staticmethod
    @override
    def _create_future() -> Reply:
        return Reply()

    @override
    def _start_actor_loop(self) -> None:
        self.greenlet = ActorGreenlet(self)
        self.greenlet.rawlink(self._died)
        self.directory.attach(self)
        self.greenlet.start()
