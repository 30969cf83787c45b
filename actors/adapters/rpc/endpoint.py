"""One node: its connections, its budget, its circuit breaker, and how well it has served."""

from collections import Counter, deque
from time import monotonic
from typing import TypeVar

from msgspec import Struct

from actors.adapters.endpoint import checked, shown
from actors.adapters.rpc.connection import Answer, Connection
from actors.adapters.rpc.errors import BadResponse, NodeBehind, OverBudget, RateLimited, RpcError, RpcRefused
from actors.adapters.rpc.wire import Request, read
from core.rules.rpc import RpcRule
from core.rules.rpc_budget import RpcBudgetRule, allowed

T = TypeVar("T")

PATIENCE_S = 1.0
"""Left alone for so long after a 429 that names no time."""
MOST_PATIENCE_S = 60.0
_WEIGHT = 0.2
"""Of the newest call in the averages."""
SLOT_S = 0.4
CARRIED_S = 5.0
"""A slot that was seen longer ago is carried on no further: the chain may have paused."""


class Health(Struct, frozen=True, kw_only=True):
    """What the monitor and `doctor` see. `address` holds no key; `slots_behind` None = not known yet."""

    address: str
    is_open: bool
    """The circuit breaker is open: nobody is sent there."""
    success: float
    """Share of the newest calls that were answered, 0…1."""
    latency_s: float
    slot: int
    slots_behind: int | None
    calls: int
    last_error: str


class Endpoint:
    """A node under one address. Counts by outcome, never by address."""

    def __init__(
        self, url: str, setting: str, rule: RpcRule, budget: RpcBudgetRule, plain_hosts: tuple[str, ...] = ()
    ) -> None:
        checked(url, setting, {"https", "http"}, plain_hosts)
        self.address = shown(url)
        self.rule, self.budget = rule, budget
        self.slot, self.slot_at_s = 0, 0.0
        self.success, self.latency_s = 1.0, 0.0
        self.calls = 0
        self.last_error = ""
        self._connection = Connection(url, connections=rule.connections, timeout_s=rule.timeout_s)
        self._made_s: deque[float] = deque()
        self._failures = 0
        self._trials = 0
        self._open_until_s = 0.0
        self._patient_until_s = 0.0

    def call(
        self,
        request: Request,
        kind: type[T],
        *,
        timeout_s: float,
        for_exit: bool,
        min_slot: int = 0,
        headers: dict[str, str] | None = None,
        is_send: bool = False,
    ) -> T:
        """One attempt within the budget: the result as `kind`. Raises RpcError or RpcRefused.

        Exits and sends (`is_send`) wait for no other call's connection.
        """
        began_s = monotonic()
        self._spend(began_s, for_exit=for_exit)
        self.calls += 1
        try:
            answer = self._connection.post(request.body, timeout_s, headers, is_urgent=for_exit or is_send)
            self._judge(answer)
            result = read(answer.body, kind, wanted_slot=min_slot)
        except RpcRefused:
            self._served(monotonic() - began_s)  # it works, the call is wrong
            raise
        except RpcError as error:
            self._failed(error)
            raise
        self._served(monotonic() - began_s)
        return result

    def _served(self, took_s: float) -> None:
        """The answer was one: the breaker closes."""
        self.latency_s += _WEIGHT * (took_s - self.latency_s) if self.latency_s else took_s
        self.success += _WEIGHT * (1.0 - self.success)
        self._failures = self._trials = 0
        self._open_until_s = 0.0

    def _failed(self, error: RpcError) -> None:
        """Count a failure; several in a row open the circuit, for longer each time."""
        self.last_error = str(error)
        if isinstance(error, NodeBehind):
            return  # its slot says it all, and it will catch up
        if isinstance(error, RateLimited):
            # It serves, only not so often: patience, no open circuit.
            self._patient_until_s = monotonic() + error.retry_after_s
            return
        self.success -= _WEIGHT * self.success
        self._failures += 1
        if self._failures >= self.rule.breaker_failures:
            open_s = min(self.rule.breaker_most_s, self.rule.breaker_first_s * 2.0 ** min(self._trials, 30))
            self._open_until_s = monotonic() + open_s
            self._trials += 1
            self._connection.renew()

    def note_slot(self, slot: int) -> None:
        """The newest slot it has shown."""
        if slot >= self.slot:
            self.slot, self.slot_at_s = slot, monotonic()

    def carried_slot(self, now_s: float) -> int:
        """The slot that it should have reached by now; 0 while it has shown none."""
        return carried(self.slot, self.slot_at_s, now_s) if self.slot else 0

    def slots_behind(self, newest: int, now_s: float) -> int | None:
        """How far it is behind the slot that the chain has reached by now; None when either is unknown."""
        return max(newest - self.carried_slot(now_s), 0) if self.slot and newest else None

    def is_open(self, now_s: float) -> bool:
        """The breaker is open, or the endpoint asked for patience. After that the next call is the trial."""
        return now_s < max(self._open_until_s, self._patient_until_s)

    def wait_s(self, now_s: float, *, for_exit: bool) -> float:
        """How long until the budget allows a call; 0 when it does now."""
        self._forget(now_s)
        over = len(self._made_s) - allowed(self.budget, for_exit=for_exit)
        return self._made_s[over] + self.budget.within_s - now_s if over >= 0 else 0.0

    def score(self, newest: int, now_s: float) -> float:
        """How good it is to ask; higher is better. A node that is behind counts for less than a slow one."""
        behind = self.slots_behind(newest, now_s) or 0
        return self.success - self.latency_s - behind / self.rule.behind_slots

    def health(self, newest: int, now_s: float) -> Health:
        return Health(
            address=self.address,
            is_open=self.is_open(now_s),
            success=round(self.success, 3),
            latency_s=round(self.latency_s, 4),
            slot=self.slot,
            slots_behind=self.slots_behind(newest, now_s),
            calls=self.calls,
            last_error=self.last_error,
        )

    def close(self) -> None:
        self._connection.close()

    def _spend(self, now_s: float, *, for_exit: bool) -> None:
        wait_s = self.wait_s(now_s, for_exit=for_exit)
        if wait_s > 0:
            raise OverBudget(wait_s)
        self._made_s.append(now_s)

    def _forget(self, now_s: float) -> None:
        while self._made_s and now_s - self._made_s[0] >= self.budget.within_s:
            self._made_s.popleft()

    def _judge(self, answer: Answer) -> None:
        if answer.status == 429:
            asked_s = answer.retry_after_s if answer.retry_after_s is not None else PATIENCE_S
            raise RateLimited(min(asked_s, MOST_PATIENCE_S))
        # Some nodes answer an error of JSON-RPC with a status of its own: then the body says what is wrong.
        if answer.status != 200 and not answer.body.lstrip().startswith(b"{"):
            raise BadResponse(f"status {answer.status}")


def carried(slot: int, seen_s: float, now_s: float) -> int:
    """The slot that a chain at `slot` has reached since."""
    return slot + round(min(now_s - seen_s, CARRIED_S) / SLOT_S)


Outcomes = Counter[tuple[str, str]]
"""Calls by (method, outcome): `ok`, or the word of the error."""
