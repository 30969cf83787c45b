"""A small theatre for the kernel's tests: actors that do what they are told, and a system around them.

A `Puppet` obeys each message. What it did is in `Stage.log`, which is also the system's `services`.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import pykka
from gevent.event import Event
from gevent.hub import GreenletExit
from msgspec import Struct
from typing_extensions import override

from actors.base import Actor, Context
from actors.control import Exited
from actors.outcome import Outcome
from actors.system import System
from actors.tree import Branch, Worker
from core.messages import Command, MarketData, Query
from core.supervision import Backoff, Restart, RestartRule, Strategy

WAIT_S = 10.0
"""How long a test waits for what must come; it fails then, it never measures."""
NO_WAIT = Backoff(first_s=0.0)
PATIENT = RestartRule(intensity=1_000_000, backoff=NO_WAIT)


class Do(Command, frozen=True, kw_only=True):
    """Note `what`; then raise it, if it is one of CAUSES, or do it, if it is one of the others that Puppet knows."""

    what: str
    to: str = ""


class See(Query, frozen=True, kw_only=True):
    """Answered with how many messages this incarnation has handled before."""


class Seen(MarketData, frozen=True, kw_only=True):
    """Market data that merges with older ones of its token, unless either is `apart`."""

    number: int = 0
    apart: bool = False

    @override
    def after(self, older: MarketData) -> "Seen | None":
        if not isinstance(older, Seen) or self.apart or older.apart:
            return None
        return Seen(mint=self.mint, at_s=self.at_s, slot=self.slot, number=self.number, skipped=older.skipped + 1)


def seen(mint: str, number: int = 0, *, apart: bool = False) -> Seen:
    return Seen(mint=mint, at_s=0.0, slot=0, number=number, apart=apart)


CAUSES = {
    "error": lambda: ValueError("boom"),
    "timeout": lambda: gevent.Timeout(1),
    "greenlet exit": GreenletExit,
    "system exit": lambda: SystemExit(3),
    "keyboard": KeyboardInterrupt,
    "pykka dead": lambda: pykka.ActorDeadError("somebody"),
}


def crash_of(cause: str) -> BaseException:
    return CAUSES[cause]()


class Stage(Struct):
    """What a test shares with its puppets."""

    log: list[tuple[str, str]] = []
    failing: dict[str, str] = {}
    """name → where that actor fails: constructor, begin, end, view."""
    gate: Any = None
    """What `wait` waits for."""
    system: System | None = None
    exits: list[Exited] = []
    """Every exit notice that any supervisor was told."""

    def did(self, name: str) -> list[str]:
        return [what for who, what in self.log if who == name]


class Puppet(Actor[Any]):
    """Handles Do, See, Seen; hangs, waits, crashes and ends on command."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.stage: Stage = context.system.services  # type: ignore[assignment]
        self.count = 0
        self.promise: Outcome[object] = Outcome()
        self._fail("constructor")

    @override
    def on_begin(self) -> None:
        self._fail("begin")
        self.stage.log.append((self.name, "began"))

    @override
    def on_end(self, reason: Exception | None) -> None:
        self.stage.log.append((self.name, "ended" if reason is None else "crashed"))
        self._fail("end")

    @override
    def view(self) -> object:
        self._fail("view")
        return {"count": self.count}

    @override
    def handle(self, message: object) -> object:
        self.count += 1
        match message:
            case Do(what=what, to=to):
                self.stage.log.append((self.name, what))
                return self.obey(what, to)
            case See():
                return self.count - 1
            case Seen(mint=mint, number=number, skipped=skipped):
                self.stage.log.append((self.name, f"{mint} {number} after {skipped}"))
            case _:
                self.stage.log.append((self.name, str(message)))
        return None

    def obey(self, what: str, to: str) -> object:
        if what in CAUSES:
            raise crash_of(what)
        match what:
            case "finish":
                self.finish()
            case "wait":
                self.stage.gate.wait()
            case "hang":
                gevent.sleep(3_600)
            case "hang for ever":
                self._cling()
            case "ask":
                return self.ask(to, See(), 1.0)
            case "ask to ask back":
                return self.ask(to, Do(what="ask", to=self.name), 1.0)
            case "promise":
                return self.promise
            case "helper crashes":
                self.spawn(self._crash_as_helper)
            case "helper hangs":
                self.spawn(gevent.sleep, 3_600)
            case _:
                pass
        return what

    def _crash_as_helper(self) -> None:
        raise ValueError("helper")

    def _cling(self) -> None:
        while not self.stage.gate.is_set():
            try:
                gevent.sleep(3_600)
            except GreenletExit:
                self.stage.log.append((self.name, "survived a kill"))

    def _fail(self, where: str) -> None:
        how = self.stage.failing.get(self.name, "")
        if how.startswith(where):
            raise crash_of(how.removeprefix(where).strip() or "error")


def puppet(name: str, **kwargs: Any) -> Worker:
    return Worker(name=name, actor=Puppet, **kwargs)


def puppets(names: Iterable[str], **kwargs: Any) -> tuple[Worker, ...]:
    return tuple(puppet(name, **kwargs) for name in names)


TEMPLATES = (puppet("position", restart=Restart.TRANSIENT), puppet("watcher", restart=Restart.TEMPORARY))
"""Of children that come back after a crash, and of those that never do."""


def branch(name: str, *children: Worker | Branch, strategy: Strategy = Strategy.ONE_FOR_ONE, **kwargs: Any) -> Branch:
    rule = kwargs.pop("rule", RestartRule(strategy=strategy, intensity=1_000_000, backoff=NO_WAIT))
    return Branch(name=name, children=children, rule=rule, **kwargs)


@contextmanager
def running(tree: Branch, **kwargs: Any) -> Iterator[tuple[Any, Any]]:
    """The started System and its Stage, loosely typed, because tests look inside.

    At the end it is stopped, and every message must be accounted for.
    """
    stage = kwargs.pop("services", None) or Stage()
    stage.failing, stage.gate = kwargs.pop("failing", {}), Event()
    system = System(services=stage, **kwargs)
    stage.system = system
    watch_exits(system, stage)
    try:
        system.start(tree, timeout_s=WAIT_S)
        yield system, stage
    finally:
        stage.gate.set()
        system.stop(timeout_s=WAIT_S)
    assert_accounted(system)
    assert system.directory.flow.busy == 0


def watch_exits(system: System, stage: Stage) -> None:
    """Note every exit notice on its way to a supervisor."""
    send = system.directory.control

    def control(name: str, message: object, reply_to: Any = None) -> bool:
        if isinstance(message, Exited):
            stage.exits.append(message)
        return send(name, message, reply_to)

    system.directory.control = control  # type: ignore[method-assign]


class Waits:
    """In place of a system's real timer: notes each backoff; it is over at once, or when `over` is called."""

    def __init__(self, system: System, *, held: bool = False) -> None:
        self.delays_s: list[float] = []
        self.now_s, self.held = 0.0, held
        self.calls: list[Callable[[], object]] = []
        system.supervision_timer = self.later  # type: ignore[method-assign]
        system.supervision_now_s = lambda: self.now_s  # type: ignore[method-assign]

    def later(self, delay_s: float, call: Callable[[], object]) -> None:
        self.delays_s.append(delay_s)
        if self.held:
            self.calls.append(call)
        else:
            call()

    def over(self) -> None:
        """Every backoff that was held is over."""
        calls, self.calls = self.calls, []
        for call in calls:
            call()


def until(condition: Callable[[], object]) -> None:
    """Let the others run until it holds. A test fails here when it never does."""
    with gevent.Timeout(WAIT_S, AssertionError("what was waited for never came")):
        while not condition():
            gevent.sleep(0)


def assert_accounted(system: System) -> None:
    """sent = handled + refused + dead + conflated, in every class of names. Only at rest."""
    for name_class, counts in system.directory.counts().items():
        ended = counts.handled + counts.refused + counts.dead + counts.conflated
        assert counts.sent == ended, (name_class, counts)


def urns(system: System) -> dict[str, str]:
    """Which incarnation each living name has."""
    refs = {name: system.directory.whereis(name) for name in system.directory.names()}
    return {name: ref.actor_urn for name, ref in refs.items() if ref is not None}


def settled(system: System) -> None:
    assert system.directory.settle(WAIT_S)


def crash(system: System, name: str, cause: str = "error") -> None:
    system.directory.tell(name, Do(what=cause))
    settled(system)
