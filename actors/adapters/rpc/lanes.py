"""The ways by which signed bytes reach the chain: every node, other `sendTransaction` endpoints, block engines.

The same bytes go to all of them at once; a signature executes once however often it arrives. A block engine takes only
what pays it a tip.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

import gevent
import msgspec
from gevent.queue import SimpleQueue
from msgspec import Struct

from actors.adapters.rpc import requests
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.endpoint import Endpoint, Outcomes
from actors.adapters.rpc.errors import RpcError, RpcRefused
from actors.adapters.rpc.wire import Request
from core.rules.rpc import RpcRule
from core.rules.rpc_budget import RpcBudgetRule

SEND_SETTING = "SOLANA_SEND_URL"
ENGINE_SETTING = "JITO_URL"
TRANSACTIONS_PATH = "/api/v1/transactions"
BUNDLES_PATH = "/api/v1/bundles"
TIPS_PATH = "/api/v1/getTipAccounts"
LARGEST_BUNDLE = 5
Start: TypeAlias = Callable[[Callable[[], None]], object]
"""Runs what it is given in a greenlet of its own, soon."""


class LaneAnswer(Struct, frozen=True):
    """What one lane said. `lane` is rpc, send or engine and its number, never an address; no `error`: it took it."""

    lane: str
    error: str = ""


class _Lane(Struct, frozen=True):
    name: str
    endpoint: Endpoint
    is_engine: bool = False


class Lanes:
    """Used by any number of greenlets. `outcomes` counts sends by (lane, outcome)."""

    def __init__(
        self,
        client: RpcClient,
        rule: RpcRule,
        budget: RpcBudgetRule,
        *,
        send_urls: Sequence[str] = (),
        engine_urls: Sequence[str] = (),
        plain_hosts: tuple[str, ...] = (),
    ) -> None:
        """`engine_urls`: of block engines; without a path they get the usual ones."""
        self.rule = rule
        self.outcomes = Outcomes()
        self._lanes = (
            *(_Lane(f"rpc{at}", endpoint) for at, endpoint in enumerate(client.endpoints)),
            *(
                _Lane(f"send{at}", Endpoint(url, SEND_SETTING, rule, budget, plain_hosts))
                for at, url in enumerate(send_urls)
            ),
            *(
                _Lane(f"engine{at}", _engine(url, TRANSACTIONS_PATH, rule, budget, plain_hosts), True)
                for at, url in enumerate(engine_urls)
            ),
        )
        self._bundles = tuple(
            _Lane(f"engine{at}", _engine(url, BUNDLES_PATH, rule, budget, plain_hosts), True)
            for at, url in enumerate(engine_urls)
        )

        self._tips = tuple(
            _Lane(f"engine{at}", _engine(url, TIPS_PATH, rule, budget, plain_hosts), True)
            for at, url in enumerate(engine_urls)
        )

    @property
    def has_engine(self) -> bool:
        """A block engine is configured, so a tip may be worth paying."""
        return bool(self._bundles)

    def send(self, raw: bytes, *, tipped: bool = False, for_exit: bool = False) -> tuple[LaneAnswer, ...]:
        """Send to every lane at once and wait for the first that takes it, or for all to refuse or time out.

        What the lanes said until then, the taker last. The others are not given up: they go on in the background.
        """
        return self._first(self._sends(raw, tipped=tipped), for_exit=for_exit)

    def post(
        self,
        raw: bytes,
        told: Callable[[LaneAnswer], None],
        start: Start = gevent.spawn,
        *,
        tipped: bool = False,
        for_exit: bool = False,
    ) -> int:
        """Send to every lane at once and wait for none: `told` hears what each said. The number of lanes."""
        sends = self._sends(raw, tipped=tipped)
        self._spread(sends, told, start, for_exit=for_exit)
        return len(sends)

    def send_bundle(self, raws: Sequence[bytes], *, for_exit: bool = False) -> tuple[LaneAnswer, ...]:
        """All or nothing, in this order, in one block; by block engines only. Empty when none is configured."""
        if not 1 <= len(raws) <= LARGEST_BUNDLE:
            raise RpcRefused(0, f"a bundle holds 1 to {LARGEST_BUNDLE} transactions, not {len(raws)}")
        request = _engine_request("sendBundle", [b64encode(raw).decode() for raw in raws])
        return self._first([(lane, request) for lane in self._bundles], for_exit=for_exit)

    def tip_accounts(self) -> tuple[str, ...]:
        """Who takes tips for block engines, as the first of them tells; empty where none is configured.

        Raises RpcError when none tells.
        """
        last: RpcError | None = None
        for lane in self._tips:
            try:
                request = _engine_request("getTipAccounts")
                return tuple(lane.endpoint.call(request, list[str], timeout_s=self.rule.timeout_s, for_exit=False))
            except RpcError as error:
                last = error
        if last is not None:
            raise last
        return ()

    def _sends(self, raw: bytes, *, tipped: bool) -> list[tuple[_Lane, Request]]:
        plain = requests.send(raw, skip_preflight=True)
        sends = [(lane, plain) for lane in self._lanes if not lane.is_engine]
        engines = [lane for lane in self._lanes if tipped and lane.is_engine]
        if engines:
            to_engine = _engine_request("sendTransaction", b64encode(raw).decode())
            sends += [(lane, to_engine) for lane in engines]
        return sends

    def _first(self, sends: Sequence[tuple[_Lane, Request]], *, for_exit: bool) -> tuple[LaneAnswer, ...]:
        answers: SimpleQueue[LaneAnswer] = SimpleQueue()
        self._spread(sends, answers.put, gevent.spawn, for_exit=for_exit)
        said: list[LaneAnswer] = []
        while len(said) < len(sends):
            answer = answers.get()
            said.append(answer)
            if not answer.error:
                break
        return tuple(said)

    def _spread(
        self,
        sends: Sequence[tuple[_Lane, Request]],
        told: Callable[[LaneAnswer], None],
        start: Start,
        *,
        for_exit: bool,
    ) -> None:
        for lane, request in sends:
            start(partial(self._to_one, lane, request, told, for_exit=for_exit))

    def _to_one(self, lane: _Lane, request: Request, told: Callable[[LaneAnswer], None], *, for_exit: bool) -> None:
        outcome, error = "fault", "a fault of this program; see the log"
        try:
            lane.endpoint.call(request, str, timeout_s=self.rule.timeout_s, for_exit=for_exit, is_send=True)
            outcome, error = "ok", ""
        except (RpcError, RpcRefused) as refusal:
            outcome, error = refusal.outcome, str(refusal)
        finally:  # whoever waits for the answers must get one from each
            self.outcomes[lane.name, outcome] += 1
            told(LaneAnswer(lane.name, error))


def _engine(url: str, path: str, rule: RpcRule, budget: RpcBudgetRule, plain_hosts: tuple[str, ...]) -> Endpoint:
    parts = urlsplit(url)
    whole = urlunsplit(parts._replace(path=path)) if parts.path in {"", "/"} else url
    return Endpoint(whole, ENGINE_SETTING, rule, budget, plain_hosts)


def _engine_request(method: str, what: str | list[str] | None = None) -> Request:
    params = [] if what is None else [what, {"encoding": "base64"}]
    body = {"jsonrpc": "2.0", "id": 0, "method": method, "params": params}
    return Request(method, msgspec.json.encode(body))
