"""The node: one chain, its slots in real time, and the two doors in front of it."""

import socket
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, time

import gevent
from gevent.event import Event

from core.errors import Refused
from localnet.chain import Chain, Pace
from localnet.faults import Faults, Switches
from localnet.http_door import HttpDoor
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
    """A running node. `hooks` are called before each slot, as a market that has transactions for it."""

    def __init__(
        self,
        *,
        pace: Pace | None = None,
        switches: Switches | None = None,
        seed: int = 1,
        usd_per_sol: float = 80.0,
        port: int = 0,
        clock: Callable[[], float] = time,
    ) -> None:
        self.chain = Chain(pace or Pace(), Faults(Switches(), seed), clock, usd_per_sol)
        self.chain.begin()
        self.chain.set_switches(switches or Switches())
        self.dispatch = Dispatch(self.chain)
        self.hooks: list[Callable[[], None]] = []
        http, web_socket = listeners(port)
        self.port: int = http.getsockname()[1]
        self._http = HttpDoor(self.chain, self.dispatch, http)
        self.sockets = SocketDoor(self.chain, self.dispatch, web_socket)
        self._stopped = Event()
        self._ticker: gevent.Greenlet[..., None] | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://{LOOPBACK}:{self.port + 1}"

    def start(self, *, ticking: bool = True) -> None:
        """Open the doors; without `ticking` slots pass only by `localnet_advance`."""
        self._http.start()
        self.sockets.start()
        if ticking:
            self._ticker = gevent.spawn(self._tick)

    def advance(self) -> None:
        """Play one slot."""
        for hook in self.hooks:
            hook()
        self.chain.advance()

    def _tick(self) -> None:
        slot_s = self.chain.pace.slot_s
        due_s = monotonic() + slot_s
        while True:
            gevent.sleep(max(due_s - monotonic(), 0.0))
            self.advance()
            # A machine that was busy does not make up for lost slots: leaders would have skipped them.
            due_s = max(due_s + slot_s, monotonic())

    def wait(self) -> None:
        """Until `stop`."""
        self._stopped.wait()

    def stop(self) -> None:
        if self._ticker is not None:
            self._ticker.kill()
        with suppress(OSError):
            self._http.stop()
        self.sockets.stop()
        self._stopped.set()
