"""The node: one chain, its slots in real time, and the two doors in front of it."""

import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, time
from typing import Any

import gevent
from gevent.event import Event
from msgspec.structs import asdict

from core.errors import Fatal, Refused
from core.market.simulator.settings import MarketSettings
from localnet import state_file
from localnet.chain import Chain, Pace
from localnet.faults import Faults, Switches
from localnet.http_door import HttpDoor
from localnet.market.driver import Driver
from localnet.market.saved import restored
from localnet.market.saved import saved as saved_market
from localnet.rpc.dispatch import Dispatch
from localnet.socket_door import SocketDoor

LOOPBACK = "127.0.0.1"
_TRIES = 50


def listeners(port: int) -> tuple[socket.socket, socket.socket]:
    """Sockets on `port` and the one above it, where clients look for the WebSocket; 0 takes any free pair.

    Refused when a port is taken.
    """
    for _ in range(_TRIES if port == 0 else 1):
        first = _bound(port)
        number = first.getsockname()[1]
        try:
            return first, _bound(number + 1)
        except Refused:
            first.close()
            if port:
                raise
    raise Refused("there is no free pair of neighbouring ports")


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((LOOPBACK, port))
        made.listen(256)
    except (OSError, OverflowError):
        made.close()
        raise Refused(f"port {port} of {LOOPBACK} is taken: choose another --port") from None
    return made


class Node:
    """A running node."""

    def __init__(
        self,
        *,
        pace: Pace | None = None,
        switches: Switches | None = None,
        seed: int = 1,
        usd_per_sol: float = 80.0,
        port: int = 0,
        clock: Callable[[], float] = time,
        state: Path | None = None,
    ) -> None:
        self.chain = Chain(pace or Pace(), Faults(Switches(), seed), clock, usd_per_sol)
        self.market: Driver | None = None
        self._state = state
        saved = None if state is None else state_file.load(state)
        if saved is None:
            self.chain.begin()
        else:
            state_file.restore(saved, self.chain)
            self.market = None if saved.market is None else restored(saved.market, self.chain)
        if saved is None or switches is not None:
            self.chain.set_switches(switches or Switches())
        self.dispatch = Dispatch(self.chain)
        self.dispatch.methods |= {"localnet_save": self._saved, "localnet_market": self._market}
        http, web_socket = listeners(port)
        self.port: int = http.getsockname()[1]
        self._http = HttpDoor(self.chain, self.dispatch, http)
        self.sockets = SocketDoor(self.chain, self.dispatch, web_socket)
        self._stopped = Event()
        self.failure: BaseException | None = None
        self._ticker: gevent.Greenlet[..., None] | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://{LOOPBACK}:{self.port + 1}"

    def open_market(self, settings: MarketSettings, seed: int) -> None:
        """Let the embedded market trade here; one that was restored goes on as it is."""
        if self.market is None:
            self.market = Driver.begin(self.chain, settings, seed)

    def save(self) -> None:
        """Write the chain to its state file, where it has one. OSError when the disk refuses."""
        if self._state is not None:
            state_file.save(self._state, self.chain, None if self.market is None else saved_market(self.market))

    def _saved(self, _: Chain, params: list[Any]) -> bool:
        """`localnet_save`: whether there is a file to save to."""
        self.save()
        return self._state is not None

    def _market(self, _: Chain, params: list[Any]) -> Any:
        """`localnet_market`: what the market did, and its coins, newest first."""
        if self.market is None:
            return None
        coins = [
            {
                "mint": str(coin.mint),
                "creator": str(coin.facts.creator),
                "pool": None if coin.pool is None else str(coin.pool.address),
                "trap": coin.trap,
                "shut": coin.is_shut,
            }
            for coin in reversed(self.market.coins.values())
        ]
        return {"tally": asdict(self.market.tally), "agents": len(self.market.agents.addresses), "coins": coins}

    def start(self, *, ticking: bool = True) -> None:
        """Open the doors; without `ticking` slots pass only by `localnet_advance`."""
        self._http.start()
        self.sockets.start()
        if ticking:
            self._ticker = gevent.spawn(self._tick)
            self._ticker.link_exception(self._broke)

    def advance(self) -> None:
        """Play one slot now."""
        self.chain.advance()

    def _tick(self) -> None:
        slot_s = self.chain.pace.slot_s
        due_s = monotonic() + slot_s
        while True:
            gevent.sleep(max(due_s - monotonic(), 0.0))
            self.advance()
            # A machine that was busy does not make up for lost slots: leaders would have skipped them.
            due_s = max(due_s + slot_s, monotonic())

    def _broke(self, ticker: "gevent.Greenlet[..., None]") -> None:
        """A chain that cannot go on must not look like a quiet one: the node ends."""
        self.failure = ticker.exception
        self._stopped.set()

    def wait(self) -> None:
        """Until `stop`. Fatal when a slot could not be played."""
        self._stopped.wait()
        if self.failure is not None:
            raise Fatal(f"the chain stopped at slot {self.chain.slot}: {self.failure!r}")

    def stop(self) -> None:
        """Close the doors, save, and let `wait` return."""
        if self._ticker is not None:
            self._ticker.kill()
        with suppress(OSError):
            self._http.stop()
        self.sockets.stop()
        self.save()
        self._stopped.set()
