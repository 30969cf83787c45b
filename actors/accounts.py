"""The accounts actor: answers what the port `Accounts` knows about a token.

A chain is asked over a network: several questions are under way at once, so that a candidate keeps no position waiting.
What answers from memory (embedded market, recording) answers in turn.
"""

from gevent.lock import BoundedSemaphore
from msgspec import Struct
from msgspec.structs import replace
from typing_extensions import override

from actors.base import Context
from actors.machine import MachineActor
from actors.services import services_of
from core.effects import Effects, Now
from core.errors import Refused
from core.messages import FactsSeen, GetFacts
from core.state import accounts

AT_ONCE = 8
"""Questions under way; a further one waits, until it is too late for it."""


class AccountsView(Struct, frozen=True, kw_only=True):
    """`late`: given up because their deadline passed before their turn came. `repeated`: the same was being asked."""

    asking: int
    answered: int
    late: int
    repeated: int
    counts: dict[str, int]
    """What could not be had, by reason."""


class AccountsActor(MachineActor[GetFacts, accounts.State]):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.services = services_of(context.system)
        self.turns = BoundedSemaphore(AT_ONCE)
        self.under_way: set[tuple[str, str]] = set()
        self.answered = self.late = self.repeated = 0

    @override
    def begin(self, now: Now) -> tuple[accounts.State, Effects]:
        return accounts.begin(self.services.accounts, now)

    @override
    def step(self, state: accounts.State, message: GetFacts, now: Now) -> tuple[accounts.State, Effects]:
        if self.services.source_waits:
            return accounts.step(state, message, now)
        question = (message.mint, message.reply_to)
        if question in self.under_way:
            self.repeated += 1
            return state, ()
        self.under_way.add(question)
        self.spawn(self._ask, state, message, question)
        return state, ()

    @override
    def view(self) -> AccountsView:
        return AccountsView(
            asking=len(self.under_way),
            answered=self.answered,
            late=self.late,
            repeated=self.repeated,
            counts=dict(getattr(self.services.accounts, "counts", {})),
        )

    def _ask(self, port: accounts.State, message: GetFacts, question: tuple[str, str]) -> None:
        try:
            with self.turns:
                # As old as the question: what was read is at least as new.
                at_s = self.clock.now_s
                if message.deadline_s and at_s > message.deadline_s:
                    self.late += 1
                    return
                facts = port.facts(message.mint, message.stake_lamports)
        finally:
            self.under_way.discard(question)
        if facts is None:
            return
        self.answered += 1
        try:
            # The asker may have ended while the question was on its way. What it asked for is all it waits for.
            self.directory.offer(message.reply_to, FactsSeen(facts=replace(facts, at_s=at_s)), urgent=True)
        except Refused:
            return  # its mailbox is full, which is counted; it asks again
