"""Starts its children in order, restarts them by its rule, stops them in reverse, gives up to its parent.

It never waits for a child to begin, so that it stays able to restart the others and to stop. What to do after an exit
is decided in `core.supervision`.
"""

import logging
from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from typing_extensions import override

from actors.base import Actor, Context
from actors.control import Began, Due, Exited, Overdue, Stop, Wanted
from actors.flow import class_of
from actors.life import as_crash, await_end, kill_all
from actors.tree import Branch, Child, kill_s
from actors.ward import Phase, SupervisorView, Ward
from core.errors import Refused
from core.supervision import Restart, Strategy, Supervision, after_exit

log = logging.getLogger(__name__)


class IntensityReached(Exception):
    """Too many restarts within the period: this supervisor gives up, and its parent decides."""


class Supervisor(Actor[object]):
    """Its `args` are its Branch."""

    supervises: ClassVar[bool] = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._branch: Branch = context.args
        self._templates = {template.name: template for template in self._branch.templates}
        self._supervision = Supervision()
        self._wards: dict[str, Ward] = {}
        self._begun = False
        self._failed_starts = self._attempts = 0
        self._last_crash = ""

    @override
    def view(self) -> SupervisorView:
        return SupervisorView(
            strategy=self._branch.rule.strategy.value,
            children=len(self._wards),
            restarts_within_period=len(self._supervision.restarts_at_s),
            intensity=self._branch.rule.intensity,
            last_crash=self._last_crash,
        )

    def children(self) -> tuple[str, ...]:
        """Names under this supervisor that are not gone for good, in start order; ended static ones included."""
        return tuple(self._wards)

    @override
    def handle(self, message: object) -> object:
        return Refused(f"{self.name} is a supervisor: it takes control messages only, not {type(message).__name__}")

    @override
    def on_begin(self) -> None:
        for spec in self._branch.children:
            args = None if isinstance(spec, Branch) else spec.args
            self._wards[spec.name] = Ward(spec.name, spec, args, dynamic=False)
        rebuilt = self._branch.rebuild(self.system) if self._branch.rebuild is not None else ()
        for child in rebuilt:
            self._adopt(child)
        self._take_over()
        self._advance()

    @override
    def handle_control(self, message: object) -> None:
        match message:
            case Began(name, urn):
                self._child_began(name, urn)
            case Exited(name, urn, reason):
                self._child_exited(name, urn, reason)
            case Due(names, attempt):
                self._children_due(names, attempt)
            case Overdue(name, urn):
                self._child_overdue(name, urn)
            case Wanted(name):
                self._child_wanted(name)
            case _:
                super().handle_control(message)

    @override
    def end_children(self) -> None:
        try:
            if not self.killed:
                self._end_wards(self._wards)
        finally:
            self._kill_rest()

    # Which children there are

    def _take_over(self) -> None:
        """Names under this supervisor from an earlier incarnation: those asked for but never started are still wanted,
        the others end here if they were not rebuilt."""
        for entry in self.directory.entries():
            if entry.parent != self.name or entry.name in self._wards:
                continue
            if entry.dynamic and (entry.incarnation == 0 or entry.again):
                self._adopt(Child(entry.name, entry.request))
            else:
                self.directory.release(entry.name)

    def _adopt(self, child: Child) -> Ward | None:
        template = self._templates.get(class_of(child.name))
        if template is None:
            log.error("%s has no template for %s", self.name, child.name)
            self.directory.release(child.name)
            return None
        ward = self._wards[child.name] = Ward(child.name, template, child.args, dynamic=True)
        return ward

    def _child_wanted(self, name: str) -> None:
        entry = self.directory.entry(name)
        if name not in self._wards and entry is not None and entry.parent == self.name:
            ward = self._adopt(Child(name, entry.request))
            if ward is not None:
                self._start_due(ward)

    def _forget(self, name: str) -> None:
        ward, entry = self._wards[name], self.directory.entry(name)
        if ward.dynamic and entry is not None and entry.again:
            successor = self._adopt(Child(name, entry.request))
            if successor is not None:
                self._start_due(successor)
            return
        if ward.dynamic or ward.spec.restart is Restart.TEMPORARY:
            del self._wards[name]
        else:
            ward.phase = Phase.STOPPED
        self.directory.release(name)

    # Starting

    def _start_due(self, ward: Ward) -> None:
        """Start this one now if nobody has to be before it, otherwise when its turn comes."""
        if self._alone() or (self._begun and ward.dynamic):
            self._start(ward)
        else:
            self._advance()

    def _advance(self) -> None:
        """Start what is due, in order: nobody before the static children ahead of it have begun."""
        begun = True
        for ward in list(self._wards.values()):
            if ward.phase is Phase.DUE:
                self._start(ward)
            if ward.phase not in (Phase.ALIVE, Phase.STOPPED):
                # Dynamic children are independent. On the virtual clock they begin one by one all the same, because
                # native calls of two that begin at once would race.
                if not ward.dynamic or (self.directory.ordered and not self._begun):
                    return
                begun = False
        if begun and not self._begun:
            self._begun = True
            self.ready()

    def _start(self, ward: Ward) -> None:
        ward.phase = Phase.STARTING
        try:
            ward.actor = ward.start(self.system, self.name, Supervisor)
        except BaseException as error:
            if self.killed:
                raise
            # The constructor ran here, but the crash is the child's: it counts, and comes back as its exit.
            self._failed_starts += 1
            ward.urn = f"never started {self._failed_starts}"
            self.inbox.control(Exited(ward.name, ward.urn, as_crash(error)))
            return
        ward.urn = ward.actor.actor_urn
        ward.start_timer(self.inbox)

    def _child_began(self, name: str, urn: str) -> None:
        ward = self._wards.get(name)
        if ward is not None and ward.urn == urn:
            ward.end_timer()
            ward.phase = Phase.ALIVE
            if not self._alone():
                self._advance()

    def _child_overdue(self, name: str, urn: str) -> None:
        ward = self._wards.get(name)
        if ward is not None and ward.urn == urn and ward.phase is Phase.STARTING and ward.actor is not None:
            # Its end comes back as an exit like any other.
            kill_all([ward.actor], kill_s(ward.spec))

    def _children_due(self, names: Iterable[str], attempt: int) -> None:
        for name in names:
            ward = self._wards.get(name)
            if ward is not None and ward.phase is Phase.DOWN and ward.attempt == attempt:
                ward.phase = Phase.DUE
                self._start_due(ward)

    # Ends

    def _child_exited(self, name: str, urn: str, reason: BaseException | None) -> None:
        ward = self._wards.get(name)
        if ward is None or ward.urn != urn:
            return  # an earlier incarnation, or one that this supervisor stopped itself
        ward.end_timer()
        ward.actor, ward.urn, ward.phase = None, "", Phase.DOWN
        rule = self._branch.rule
        self._supervision, decision = after_exit(
            rule,
            self._supervision,
            self._running(name),
            name,
            crashed=reason is not None,
            now_s=self.system.supervision_now_s(),
            rng=self.system.rng,
        )
        if reason is not None:
            self._last_crash = f"{name}: {reason!r}"[:500]
        if decision.give_up:
            raise IntensityReached(
                f"{self.name}: more than {rule.intensity} restarts within {rule.period_s} s; last {name}: {reason!r}"
            ) from reason
        self._end_wards([n for n in self._wards if n in decision.stop])
        for gone in decision.forget:
            self._forget(gone)
        self._restart_later(decision.start, decision.delay_s)
        if not self._alone():
            self._advance()

    def _running(self, child: str) -> dict[str, Restart]:
        if self._branch.rule.strategy is Strategy.ONE_FOR_ONE:
            return {child: self._wards[child].spec.restart}
        return {name: ward.spec.restart for name, ward in self._wards.items() if ward.phase is not Phase.STOPPED}

    def _alone(self) -> bool:
        """Whether each child starts by itself: not in the first start, and not where the order matters."""
        return self._begun and self._branch.rule.strategy is Strategy.ONE_FOR_ONE

    def _restart_later(self, names: tuple[str, ...], delay_s: float) -> None:
        if not names:
            return
        self._attempts += 1
        for name in names:
            self._wards[name].phase, self._wards[name].attempt = Phase.DOWN, self._attempts
        self.system.supervision_timer(delay_s, partial(self.inbox.control, Due(names, self._attempts)))

    def _end_wards(self, names: Iterable[str]) -> None:
        """In reverse of the start order; dynamic neighbours have no order among them and stop together."""
        together: list[Ward] = []
        for name in reversed(list(names)):
            ward = self._wards[name]
            if not ward.dynamic:
                self._end_together(together)
                self._end_together([ward])
                together = []
            else:
                together.append(ward)
        self._end_together(together)

    def _end_together(self, wards: list[Ward]) -> None:
        actors = [ward.actor for ward in wards if ward.actor is not None]
        for ward in wards:
            ward.end_timer()
            ward.urn = ""
        for actor in actors:
            actor.inbox.control(Stop())
        if actors:
            await_end(actors, max(ward.spec.shutdown_s for ward in wards))
            kill_all(actors, max(kill_s(ward.spec) for ward in wards))
        for ward in wards:
            ward.actor = None

    def _kill_rest(self) -> None:
        """Those that were not stopped because this supervisor was itself killed while it stopped them."""
        wards = [ward for ward in self._wards.values() if ward.actor is not None]
        for ward in wards:
            ward.end_timer()
            ward.urn = ""
        kill_all(
            [ward.actor for ward in wards if ward.actor is not None],
            max(map(kill_s, (w.spec for w in wards)), default=0.0),
        )
