"""Accounts of what we hold, and signatures of what we sent, as a node tells them the moment they change.

One WebSocket beside the feed's. What is wanted may change at any time; after a break everything is subscribed to again,
and whatever may have changed meanwhile is told as changed. Only news: who needs a first state reads it by RPC.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from time import monotonic

from gevent.event import AsyncResult
from msgspec import Struct

from actors.adapters.chain.watch_frames import AccountTold, Answered, SignatureTold, read, subscribe, unsubscribe
from actors.adapters.endpoint import checked
from actors.adapters.live_socket import Gone, LiveSocket
from core.messages import RaiseAlert
from core.rules.live_feed import LiveRule
from core.state.market_now import MarketNow

ACCOUNT, SIGNATURE = "account", "signature"
MOST_SUBJECTS = 512
"""Nodes bound subscriptions on a connection; a few positions and orders need far fewer."""

Subject = tuple[str, str]
"""account or signature, and its base58."""


class WatchView(Struct, frozen=True, kw_only=True):
    is_connected: bool
    subjects: int
    told: int
    reconnects: int
    refused: int
    unread: int


class Watch:
    """A keeper whose `refresh` is one connection, from its opening until it is Gone.

    `wanted`: addresses by what they belong to (a mint); `changed` is called with (address, mint, what was told), and
    with None after a break for everything wanted. It must not block.
    """

    every_s = 0.5

    def __init__(
        self,
        url: str,
        rule: LiveRule,
        *,
        wanted: Callable[[], Mapping[str, str]],
        changed: Callable[[str, str, AccountTold | None], None],
        plain_hosts: tuple[str, ...] = (),
    ) -> None:
        self._url = checked(url, "SOLANA_WS_URL", {"wss", "ws"}, plain_hosts)
        self.rule = rule
        self._wanted, self._changed = wanted, changed
        self._signatures: dict[str, AsyncResult[SignatureTold]] = {}
        self._sessions = 0
        self._told = self._refused = self._unread = 0
        self._requests: dict[int, Subject] = {}
        self._subjects: dict[Subject, int | None] = {}
        """What is subscribed to; None while the node has not answered."""
        self._by_number: dict[int, Subject] = {}
        self._numbers = count(1)
        self._connected = False
        self._socket: LiveSocket | None = None

    def follow(self, signature: str) -> "AsyncResult[SignatureTold]":
        """Set once the transaction is confirmed, or failed on the chain. Silence proves nothing."""
        result = self._signatures.setdefault(signature, AsyncResult())
        if self._socket is not None:
            # At once: a transaction may land before the session's next look. When the socket is gone the session finds
            # that too, and the next one subscribes to everything.
            with suppress(Gone):
                self._ask(self._socket)
        return result

    def forget(self, signature: str) -> None:
        self._signatures.pop(signature, None)

    def refresh(self, at_s: float, market: MarketNow) -> Sequence[RaiseAlert]:
        if not self._subjects_now():
            return ()  # no connection for nothing
        socket = LiveSocket(self._url, connect_s=self.rule.connect_s)
        self._requests, self._subjects, self._by_number = {}, {}, {}
        self._sessions += 1
        try:
            if self._sessions > 1:
                for address, mint in self._wanted().items():
                    self._changed(address, mint, None)
            self._socket = socket
            self._serve(socket)
        finally:
            self._connected, self._socket = False, None
            socket.close()
        return ()

    def view(self) -> WatchView:
        return WatchView(
            is_connected=self._connected,
            subjects=len(self._by_number),
            told=self._told,
            reconnects=max(self._sessions - 1, 0),
            refused=self._refused,
            unread=self._unread,
        )

    def _serve(self, socket: LiveSocket) -> None:
        pinged_s = monotonic()
        while True:
            self._ask(socket)
            message = socket.receive()
            if message is not None:
                self._take(message)
            now_s = monotonic()
            if now_s - pinged_s >= self.rule.ping_s:
                pinged_s = now_s
                socket.ping()
            if now_s - socket.heard_s > 2 * self.rule.ping_s + 1.0:
                raise Gone("stalled")

    def _subjects_now(self) -> set[Subject]:
        subjects = [(ACCOUNT, address) for address in self._wanted()]
        subjects += [(SIGNATURE, one) for one, result in self._signatures.items() if not result.ready()]
        return set(subjects[:MOST_SUBJECTS])

    def _ask(self, socket: LiveSocket) -> None:
        """Subscribe to what is new, unsubscribe from what nobody wants any more."""
        wanted = self._subjects_now()
        for subject in wanted - self._subjects.keys():
            number = next(self._numbers)
            self._requests[number], self._subjects[subject] = subject, None
            socket.send(subscribe(number, *subject))
        for subject in self._subjects.keys() - wanted:
            subscription = self._subjects[subject]
            if subscription is not None:
                del self._subjects[subject]
                self._by_number.pop(subscription, None)
                if subject[0] == ACCOUNT:  # a signature's ends by itself
                    socket.send(unsubscribe(next(self._numbers), ACCOUNT, subscription))

    def _take(self, message: bytes) -> None:
        told = read(message)
        match told:
            case Answered():
                self._answered(told)
            case AccountTold():
                subject = self._by_number.get(told.subscription)
                mint = self._wanted().get(subject[1]) if subject is not None else None
                if subject is not None and mint is not None:
                    self._told += 1
                    self._changed(subject[1], mint, told)
            case SignatureTold():
                subject = self._by_number.get(told.subscription)
                result = self._signatures.get(subject[1]) if subject is not None else None
                if result is not None and not result.ready():
                    self._told += 1
                    result.set(told)
            case None:
                self._unread += 1

    def _answered(self, told: Answered) -> None:
        subject = self._requests.pop(told.request, None)
        if subject is None:
            return  # of an unsubscription
        self._connected = True
        if told.subscription is None:
            self._refused += 1
            return  # stays asked for, so that it is not asked again and again; the next connection tries anew
        self._subjects[subject] = told.subscription
        self._by_number[told.subscription] = subject
