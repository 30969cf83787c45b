"""What becomes of an order on its way to a node: when its bytes were written to the socket, and who asked nodes what.

The probes stand around the real client: `sendall` of the connection that carries the order, and every call to an
endpoint with the actor that made it.
"""

import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from socket import socket
from time import perf_counter
from typing import Any

from actors.adapters.rpc.endpoint import Endpoint
from actors.base import Actor
from actors.flow import class_of
from core.messages import Order
from core.ports import Signed
from tests.benchmarks.probes import Orders, TimedVenue

WRITTEN = "written to the socket"
_SENT = re.compile(rb'"method":"sendTransaction".*?"params":\["([A-Za-z0-9+/=]+)"', re.DOTALL)


class SentBytes:
    """Stamps an order when the socket has taken all of its bytes. `Orders` knows them by what was signed."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.ids: dict[bytes, str] = {}
        self._sendall: Any = socket.sendall
        socket.sendall = self._stamping(socket.sendall)  # type: ignore[method-assign]  # of every connection from now on

    def signed(self, order: Order, signed: Signed) -> None:
        self.ids[signed.raw.encode()] = order.id

    def stop(self) -> None:
        socket.sendall = self._sendall  # type: ignore[method-assign]  # as it was

    def _stamping(self, sendall: Any) -> Any:
        def stamping(one: socket, data: bytes, *flags: int) -> Any:
            done = sendall(one, data, *flags)
            found = _SENT.search(data) if len(data) > 1_000 else None
            if found is not None:
                order_id = self.ids.get(found[1])
                if order_id is not None:
                    self.orders.reached(order_id, WRITTEN)
            return done

        return stamping


class Asked:
    """Every call to a node, counted by (class of the actor in whose turn it was made, method).

    Keepers, facts and senders ask in greenlets of their own: those have no actor, or one that no order passes.
    """

    PATH = frozenset({"commandments", "position", "wallet", "executor", "venue", "journal"})
    """Whom an order passes from its decision to its bytes."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        self._call: Any = Endpoint.call
        asked = self

        def counting(endpoint: Endpoint, request: Any, *given: Any, **named: Any) -> Any:
            asked.calls[_actor_here(), request.method] += 1
            return asked._call(endpoint, request, *given, **named)

        Endpoint.call = counting  # type: ignore[assignment,method-assign]  # of every endpoint from now on

    def stop(self) -> None:
        Endpoint.call = self._call  # type: ignore[method-assign]  # as it was

    def on_the_path(self) -> int:
        """Calls in the turns of those whom orders pass."""
        return sum(count for (name, _), count in self.calls.items() if name in self.PATH)


class SigningVenue(TimedVenue):
    """A timed venue that tells what it signed, and counts what was asked for an order of a token that nobody knew.

    `is_known`: its accounts were read before and nothing has failed since; an exit of any other reads them first.
    """

    def __init__(
        self, backend: Any, orders: Orders, sent: SentBytes, asked: Asked, is_known: Callable[[Order], bool]
    ) -> None:
        super().__init__(backend, orders)
        self.sent, self.asked, self.is_known = sent, asked, is_known
        self.excused = 0

    def sign(self, order: Order, slot: int) -> Signed:
        is_known, before = self.is_known(order), self.asked.on_the_path()
        signed: Signed = self.backend.sign(order, slot)
        self.sent.signed(order, signed)
        if not is_known:
            self.excused += self.asked.on_the_path() - before
        return signed


def _actor_here() -> str:
    """The class of the actor whose turn this call is part of; empty in a greenlet of its own."""
    frame = sys._getframe()  # there is no other way to see who called
    while frame.f_back is not None:
        frame = frame.f_back
        holder = frame.f_locals.get("self")
        if isinstance(holder, Actor):
            return class_of(holder.name)
    return ""


def fdatasync_s(folder: Path, times: int = 200) -> list[float]:
    """What the disk itself takes to make 4 KiB durable, each written at the end of a file."""
    took_s: list[float] = []
    path = folder / "fdatasync"
    with path.open("wb", buffering=0) as file:
        for _ in range(times):
            file.write(bytes(4_096))
            began_s = perf_counter()
            os.fdatasync(file.fileno())
            took_s.append(perf_counter() - began_s)
    path.unlink()
    return took_s
