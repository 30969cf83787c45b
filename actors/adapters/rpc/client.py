"""The RPC client: one call to the best of several nodes, within budget, time and a bounded number of attempts."""

from collections.abc import Sequence
from time import monotonic
from typing import TypeVar

import gevent

from actors.adapters.rpc.endpoint import Endpoint, Health, Outcomes, carried
from actors.adapters.rpc.errors import NodeBehind, NoEndpoint, OverBudget, RpcError, RpcRefused
from actors.adapters.rpc.wire import Contextual, Request
from core.errors import Refused
from core.rules.rpc import RpcRule
from core.rules.rpc_budget import RpcBudgetRule

T = TypeVar("T")

SETTING = "SOLANA_RPC_URL"
PAUSE_S = 0.05
"""Before the same endpoint is asked again; doubles with each attempt."""
WITNESSES = 3
"""With so many, the highest slot may be one node's mistake: the second highest is believed."""


class RpcClient:
    """Used by any number of greenlets. `outcomes` counts calls by (method, outcome)."""

    def __init__(
        self, urls: Sequence[str], rule: RpcRule, budget: RpcBudgetRule, *, plain_hosts: tuple[str, ...] = ()
    ) -> None:
        if not urls:
            raise Refused(f"{SETTING} is empty; give it the address of a Solana node, or several with commas")
        self.rule = rule
        self.endpoints = tuple(Endpoint(url, SETTING, rule, budget, plain_hosts) for url in urls)
        self.outcomes = Outcomes()
        self._feed_slot, self._feed_slot_at_s = 0, 0.0

    def ask(
        self,
        request: Request,
        kind: type[T],
        *,
        for_exit: bool = False,
        timeout_s: float | None = None,
        min_slot: int = 0,
    ) -> T:
        """The result, decoded as `kind`. Raises RpcError (after every attempt) or RpcRefused (at once).

        `min_slot`: an answer that shows an older slot is none. `for_exit`: may use the budget that is kept for exits,
        and takes what it can get: no open circuit and no lag keeps it from trying.
        """
        timeout_s = self.rule.timeout_s if timeout_s is None else timeout_s
        until_s = monotonic() + timeout_s * self.rule.attempts
        tried: set[Endpoint] = set()
        last: RpcError | None = None
        for attempt in range(self.rule.attempts):
            try:
                endpoint = self._chosen(tried, until_s, for_exit=for_exit)
            except RpcError as error:
                self.outcomes[request.method, error.outcome] += 1
                raise (last or error) from None
            if endpoint in tried:  # nobody else is there: what ails it may pass
                gevent.sleep(PAUSE_S * 2.0**attempt)
            tried.add(endpoint)
            try:
                return self.ask_at(endpoint, request, kind, for_exit=for_exit, timeout_s=timeout_s, min_slot=min_slot)
            except RpcError as error:
                last = error
            if monotonic() >= until_s:
                break
        raise last if last is not None else NoEndpoint("no attempt was made")

    def ask_at(
        self,
        endpoint: Endpoint,
        request: Request,
        kind: type[T],
        *,
        for_exit: bool = False,
        timeout_s: float | None = None,
        min_slot: int = 0,
    ) -> T:
        """One attempt at one endpoint."""
        outcome = "ok"
        try:
            result = endpoint.call(
                request,
                kind,
                timeout_s=self.rule.timeout_s if timeout_s is None else timeout_s,
                for_exit=for_exit,
                min_slot=min_slot,
            )
            if isinstance(result, Contextual) and request.is_recent:
                self._judge_slot(endpoint, result.context.slot, min_slot, for_exit=for_exit)
        except (RpcError, RpcRefused) as error:
            outcome = error.outcome
            raise
        finally:
            self.outcomes[request.method, outcome] += 1
        return result

    def note_slot(self, slot: int) -> None:
        """What the feed has seen is a witness too."""
        if slot >= self._feed_slot:
            self._feed_slot, self._feed_slot_at_s = slot, monotonic()

    def newest_slot(self) -> int:
        """The slot that the chain has reached, as far as endpoints and feed have shown; 0 when none has."""
        now_s = monotonic()
        slots = [endpoint.carried_slot(now_s) for endpoint in self.endpoints]
        if self._feed_slot:
            slots.append(carried(self._feed_slot, self._feed_slot_at_s, now_s))
        slots = sorted((slot for slot in slots if slot), reverse=True)
        return slots[1 if len(slots) >= WITNESSES else 0] if slots else 0

    def best(self, number: int) -> tuple[Endpoint, ...]:
        """So many endpoints, the best first; fewer where fewer are configured."""
        newest, now_s = self.newest_slot(), monotonic()
        order = sorted(self.endpoints, key=lambda one: (one.is_open(now_s), -one.score(newest, now_s)))
        return tuple(order[:number])

    def health(self) -> tuple[Health, ...]:
        newest, now_s = self.newest_slot(), monotonic()
        return tuple(endpoint.health(newest, now_s) for endpoint in self.endpoints)

    def close(self) -> None:
        for endpoint in self.endpoints:
            endpoint.close()

    def _chosen(self, tried: set[Endpoint], until_s: float, *, for_exit: bool) -> Endpoint:
        """The best endpoint that may be asked now; waits for the budget, not past `until_s`."""
        while True:
            now_s = monotonic()
            order = self.best(len(self.endpoints))
            closed = [one for one in order if not one.is_open(now_s)] or (list(order) if for_exit else [])
            if not closed:
                raise NoEndpoint("every endpoint failed too often or asked for patience; it is tried again soon")
            ready = [one for one in closed if not one.wait_s(now_s, for_exit=for_exit)]
            if ready:
                return next((one for one in ready if one not in tried), ready[0])
            wait_s = min(one.wait_s(now_s, for_exit=for_exit) for one in closed)
            if now_s + wait_s > until_s:
                raise OverBudget(wait_s)
            gevent.sleep(wait_s)

    def _judge_slot(self, endpoint: Endpoint, slot: int, min_slot: int, *, for_exit: bool) -> None:
        endpoint.note_slot(slot)
        behind = self.newest_slot() - slot > self.rule.behind_slots
        if slot < min_slot or (behind and not for_exit):
            raise NodeBehind(slot, max(min_slot, self.newest_slot() - self.rule.behind_slots))
