"""The programmatic door: a whole paper desk behind four methods, on the embedded market.

Errors, all of `core.errors`: Refused (wrong input, not started, or no operation may begin, with the reasons),
AskTimeout (none ended within the time given), Fatal (the desk gave up; its state directory says why).
"""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import gevent
from gevent import monkey
from gevent.event import Event
from msgspec.structs import replace

from actors.adapters.environment import load
from actors.adapters.state_directory import StateDirectory
from commands import sources, strategies
from commands.drain import LEAST_LEFT_S, drained, left_s
from commands.drive import drive
from commands.house import House
from commands.outcomes import MicroOperation, Status, gate_of, operation_of, status_of
from commands.reconcile import check_pair, hold_entries, opened_journal, warning
from core.errors import AskTimeout, Fatal, Refused
from core.hearing import Hearing
from core.ledger.books import ClosedOperation
from core.market.simulator.settings import MarketSettings
from core.messages import Message
from core.settings import Settings
from core.strategy import MemcoinStrategy

BATCHES = 1
"""Slots of market between two looks, on the virtual clock."""
LOOK_S = 0.02
"""Real time between two looks, where time is real."""
PATIENCE_S = 6 * 3_600.0


class MicroLightningOrchestrator:
    """Paper trading on the embedded market, driven by the caller.

    gevent has to be patched in before anything else: import this from `micro_lightning`, and that first.
    """

    def __init__(
        self,
        *,
        state_dir: str | Path | None = None,
        seed: int | None = None,
        clock_speed: float | None = None,
        strategy: str | MemcoinStrategy | None = None,
        settings: Mapping[str, str] | None = None,
        market: MarketSettings | None = None,
    ) -> None:
        """Raises Refused for wrong settings or a faulty strategy; nothing is begun.

        `state_dir`: kept, and gone on with at the next start; none: a temporary one, gone after the stop.
        `clock_speed`: times real time; none: the virtual clock, on which time passes only inside calls, as fast as it
        goes, and the same seed gives the same operations. `strategy`: `package.module:Class`, or the object itself.
        `settings`: names and texts as in `.env.micro-lightning`, above all others.
        """
        texts = dict(settings or {})
        given = {"MICRO_SEED": seed, "MICRO_CLOCK_SPEED": clock_speed, "MICRO_STATE_DIR": state_dir}
        texts |= {name: str(value) for name, value in given.items() if value is not None}
        if isinstance(strategy, str):
            texts["MICRO_STRATEGY"] = strategy
        self.settings: Settings = load(texts)
        self._temporary = state_dir is None and "MICRO_STATE_DIR" not in texts
        self._paced = clock_speed is not None
        self._hearing = self._heard(strategy)
        self._market = market
        self._house: House | None = None
        self._last = Status()

    def start(self) -> None:
        """Start the whole desk: recovers what the state directory holds. Raises Refused, or Fatal when it gives up."""
        if self._house is not None:
            raise Refused("this orchestrator is started already")
        if not monkey.is_module_patched("threading"):
            raise Refused("gevent is not patched in: import micro_lightning before anything else")
        path = Path(tempfile.mkdtemp(prefix="micro-")) if self._temporary else Path(self.settings.runtime.state_dir)
        state = StateDirectory(path)
        state.lock()
        try:
            self._house = self._opened(state)
        except BaseException:
            self._clean(state)
            raise

    def execute_micro_operation(self, *, within_s: float = PATIENCE_S) -> MicroOperation:
        """Run the operation that is open, or the next that begins, to its end: flat, closed, taxed, restored.

        `within_s` is market time. Raises AskTimeout when none ended in it, Refused as soon as none can begin.
        """
        house = self._running()
        over = {op.id for op in house.services.books().closed if _is_over(op)}
        until_s = house.system.clock.now_s + within_s
        while True:
            done = [op for op in house.services.books().closed if op.id not in over and _is_over(op)]
            if done:
                return operation_of(done[0])
            self._refuse_if_barred(house)
            if house.system.clock.now_s >= until_s:
                against = ", ".join(self.get_status().against) or "nothing; no token passed long enough"
                raise AskTimeout(f"no operation ended within {within_s:g} s of market; against entries now: {against}")
            self._go_on(house)

    def let_pass(self, for_s: float) -> None:
        """Let so much market time pass; it trades as it goes. Raises Refused when it does not run, and Fatal."""
        house = self._running()
        until_s = house.system.clock.now_s + for_s
        while house.system.clock.now_s < until_s:
            self._go_on(house)

    def tell(self, name: str, message: Message) -> None:
        """Tell an actor, as control does. Raises Refused when nobody of that name is there."""
        if not self._running().system.directory.tell(name, message):
            raise Refused(f"there is no {name} now")

    def get_status(self) -> Status:
        """The desk as it stands; reads only."""
        if self._house is not None:
            self._last = status_of(self._house)
        return self._last

    def stop(self) -> bool:
        """Stop in order: no new entries, orders under way end, short-lived positions are sold, others held.

        True when nothing had to be killed, and when nothing runs.
        """
        house = self._house
        if house is None:
            return True
        house.services.market.stopping = True
        try:
            if self._paced:
                drained(house, Event())
            else:
                self._play_out(house)
            self._last = replace(status_of(house), running=False)
        finally:
            self._house = None
            in_time = house.stop()
            self._clean(house.state)
        return in_time

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _heard(self, strategy: str | MemcoinStrategy | None) -> Hearing:
        if strategy is None or isinstance(strategy, str):
            return strategies.hearing_of(self.settings, paced=self._paced)
        return strategies.hearing_with(
            strategies.checked(strategy, type(strategy).__name__), self.settings, paced=self._paced
        )

    def _opened(self, state: StateDirectory) -> House:
        journal = opened_journal(state)
        source = sources.embedded(self.settings, state, self._market, not_before_s=journal.books.at_s)
        check_pair(state.path, journal.books, source.chain)
        differs = warning(journal.books, source.chain, source.backend.status)
        house = House(
            self.settings,
            state,
            source,
            mode="paper",
            paced=self._paced,
            journal=journal,
            strategy=self._hearing,
        )
        house.start()
        if differs:
            hold_entries(house, differs)
        return house

    def _clean(self, state: StateDirectory) -> None:
        state.unlock()
        if self._temporary:
            shutil.rmtree(state.path, ignore_errors=True)

    def _running(self) -> House:
        if self._house is None:
            raise Refused("this orchestrator is not started: call start(), or use it in a with statement")
        return self._house

    def _go_on(self, house: House) -> None:
        """Let some market time pass."""
        if self._paced:
            gevent.sleep(LOOK_S)
        else:
            drive(house, BATCHES)
        if house.system.gave_up.is_set():
            raise Fatal(f"the desk gave up: {house.system.reason}; its state is in {house.state.path}")

    def _refuse_if_barred(self, house: House) -> None:
        """What no time mends stands against every entry, and nothing is open."""
        books = house.services.books()
        if books.operations or books.orders or books.unsettled():
            return
        gate = gate_of(house)
        reasons = {
            "entries are paused": books.paused,
            "the drawdown limit is reached": books.drawdown_halted,
            "the capital is too small for a stake": gate is not None and gate.undercapitalised,
        }
        barred = [reason for reason, holds in reasons.items() if holds]
        if barred:
            raise Refused(f"no operation can begin: {', '.join(barred)}")

    def _play_out(self, house: House) -> None:
        while house.services.books().orders or any(left < LEAST_LEFT_S for left in left_s(house).values()):
            self._go_on(house)


def _is_over(op: ClosedOperation) -> bool:
    return op.settled or op.outside_statistics
