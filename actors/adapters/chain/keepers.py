"""What must be fresh at all times, each read by a keeper of its own: blockhash, slots, priority fees, the price of SOL.

A keeper has `every_s` (real seconds), `refresh`, which may block its greenlet and raise MicroError, and `view`, which
the monitor shows. Whoever owns it calls `refresh` again and again; a failure only makes the last value older.
"""

from collections.abc import Callable, Sequence
from time import monotonic

import gevent
from msgspec import Struct
from solders.pubkey import Pubkey

from actors.adapters.chain.programs import ProgramSettings
from actors.adapters.chain.tidings import Tidings
from actors.adapters.rpc import requests
from actors.adapters.rpc.answers import Blockhash
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.endpoint import Health
from actors.adapters.rpc.errors import NoEndpoint, RpcError
from actors.adapters.rpc.lanes import Lanes
from actors.adapters.rpc.node import Node
from actors.adapters.rpc.requests import PROCESSED, key
from actors.adapters.sol_price import Source
from core.errors import MicroError, Retryable
from core.messages import RaiseAlert
from core.rules.rpc import RpcRule
from core.rules.sol_price import SolSourceRule
from core.state.market_now import MarketNow

Alerts = Sequence[RaiseAlert]
QUIET: Alerts = ()


class BlockhashKeeper:
    """The newest blockhash, so that signing needs no call."""

    def __init__(self, node: Node, rule: RpcRule) -> None:
        self.every_s = rule.blockhash_every_s
        self._node, self._rule = node, rule
        self._newest: Blockhash | None = None
        self._read_s = 0.0

    def refresh(self, at_s: float, market: MarketNow) -> Alerts:
        asked_s = monotonic()
        read = self._node.latest_blockhash()
        # A node that is behind must not bring an older one back.
        if self._newest is None or read.last_valid_block_height >= self._newest.last_valid_block_height:
            self._newest, self._read_s = read, asked_s
        return QUIET

    def current(self) -> Blockhash | None:
        """None before the first, and when the newest is too old to sign with."""
        return self._newest if monotonic() - self._read_s <= self._rule.blockhash_max_age_s else None

    def view(self) -> dict[str, object]:
        newest = self._newest
        if newest is None:
            return {}
        return {"last_valid_block_height": newest.last_valid_block_height, "age_s": monotonic() - self._read_s}


DOWN_AFTER = 3
"""Turns without any answer after which a person is told."""


def _nodes(severity: str, text: str) -> RaiseAlert:
    return RaiseAlert(key="nodes", severity=severity, text=text, at_s=0.0)


class NodesView(Struct, frozen=True, kw_only=True):
    """`calls` by method and outcome."""

    endpoints: tuple[Health, ...]
    newest_slot: int
    calls: dict[str, dict[str, int]]


class SlotKeeper:
    """The slot of every endpoint, so that one that falls behind is known before it is needed."""

    def __init__(self, client: RpcClient, rule: RpcRule) -> None:
        self.every_s = rule.slots_every_s
        self._client = client
        self._failures = 0
        """Turns in a row in which nobody answered."""

    def refresh(self, at_s: float, market: MarketNow) -> Alerts:
        if market.slot:
            self._client.note_slot(market.slot)
        asked = [gevent.spawn(self._ask, number) for number in range(len(self._client.endpoints))]
        gevent.joinall(asked)
        if any(one.value for one in asked):
            was_down, self._failures = self._failures >= DOWN_AFTER, 0
            return (_nodes("info", "a node answers again"),) if was_down else QUIET
        self._failures += 1
        if self._failures == DOWN_AFTER:
            return (_nodes("critical", f"no node answers ({self._client.health()[0].last_error}); see SOLANA_RPC_URL"),)
        raise NoEndpoint("no endpoint tells its slot")

    def view(self) -> NodesView:
        calls: dict[str, dict[str, int]] = {}
        for (method, outcome), count in self._client.outcomes.items():
            calls.setdefault(method, {})[outcome] = count
        return NodesView(endpoints=self._client.health(), newest_slot=self._client.newest_slot(), calls=calls)

    def _ask(self, number: int) -> bool:
        endpoint = self._client.endpoints[number]
        try:
            slot = self._client.ask_at(endpoint, requests.slot(PROCESSED), int)
        except RpcError:
            return False  # counted by the client, and by the endpoint's health
        endpoint.note_slot(slot)
        return True


class FeeKeeper:
    """What priority costs: the 75th percentile of what landed lately with locks on the accounts that we write to.

    `written`: those accounts, the same for every trade or of tokens held. `floor_lamports`: we never pay less, so
    less is told as that; below it a doubling is no congestion.
    """

    def __init__(
        self,
        node: Node,
        tidings: Tidings,
        rule: RpcRule,
        written: Callable[[], Sequence[str]],
        *,
        units: int,
        floor_lamports: int,
    ) -> None:
        self.every_s = rule.fees_every_s
        self.lamports = 0
        self._node, self._tidings, self._written = node, tidings, written
        self._units, self._floor_lamports = units, floor_lamports

    def refresh(self, at_s: float, market: MarketNow) -> Alerts:
        written = self._written()
        if not written:
            raise Retryable("it is not known yet which accounts trades write to")
        fees = [price for _, price in self._node.priority_fees(written[:MOST_WRITTEN])]
        if fees:
            self.lamports = max(self._units * percentile(fees, 0.75) // 1_000_000, self._floor_lamports)
            self._tidings.priority(self.lamports)
        return QUIET

    def view(self) -> dict[str, object]:
        return {"priority_lamports": self.lamports}


MOST_WRITTEN = 128
"""Accounts that a node takes in one question about fees."""


def percentile(values: Sequence[int], share: float) -> int:
    """The least value that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * round(share * 100) // 100) - 1, 0)]


class PriceKeeper:
    """SOL/USD from its two sources, asked side by side."""

    def __init__(self, pool: Source, http: Source, tidings: Tidings, rule: SolSourceRule) -> None:
        self.every_s = rule.every_s
        self.failures: dict[str, int] = {}
        self.readings: dict[str, float] = {}
        self._sources = {"pool": pool, "http": http}
        self._tidings, self._rule = tidings, rule

    def refresh(self, at_s: float, market: MarketNow) -> Alerts:
        gevent.joinall(
            [gevent.spawn(self._ask, name, source) for name, source in self._sources.items()], raise_error=True
        )
        return QUIET

    def view(self) -> dict[str, object]:
        return {"usd": dict(self.readings), "failures": dict(self.failures)}

    def _ask(self, name: str, source: Source) -> None:
        with gevent.Timeout(2 * self._rule.timeout_s) as limit:
            try:
                usd = source()
            except MicroError as error:
                self._failed(f"{name}: {type(error).__name__}")
                return
            except gevent.Timeout as timeout:
                if timeout is not limit:
                    raise
                self._failed(f"{name}: timeout")
                return
        self.readings[name] = usd
        self._tidings.price(name, usd)

    def _failed(self, reason: str) -> None:
        self.failures[reason] = self.failures.get(reason, 0) + 1


class ProgramsKeeper:
    """The programs' settings: they change rarely, but a fee recipient that is no more costs a trade."""

    def __init__(self, programs: ProgramSettings) -> None:
        self.every_s = programs.every_s
        self._programs = programs

    def refresh(self, at_s: float, market: MarketNow) -> Alerts:
        self._programs.refresh()
        return QUIET

    def view(self) -> dict[str, object]:
        return self._programs.view()


class TipKeeper:
    """Who takes tips for block engines. `accounts` is changed in place: whoever builds transactions holds it."""

    every_s = 600.0

    def __init__(self, lanes: Lanes) -> None:
        self.accounts: list[Pubkey] = []
        self._lanes = lanes

    def refresh(self, at_s: float, market: MarketNow) -> Alerts:
        self.accounts[:] = [key(one) for one in self._lanes.tip_accounts()]
        return QUIET

    def view(self) -> dict[str, object]:
        return {
            "accounts": len(self.accounts),
            "sends": {" ".join(name): n for name, n in self._lanes.outcomes.items()},
        }
