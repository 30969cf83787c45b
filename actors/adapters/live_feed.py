"""The live feed: what the programs log, from a node's WebSocket, for as long as the process lives.

One greenlet keeps a connection: subscribes to each program, answers pings, and begins again (backoff with jitter) when
the connection breaks, stalls, or a busy program has been silent for too long. What was missed meanwhile is marked as a
gap, or fetched by `fill`. Nothing that a server does raises out of `next`.

Notifications carry a slot, no time: a slot's time is when it was first heard of, by a clock that is anchored at the
start and never jumps. That is block time plus the node's delay, some tenths of a second.
"""

from collections import deque
from collections.abc import Callable
from random import Random
from time import monotonic, time

import gevent
from gevent.event import Event
from msgspec import Struct

from actors.adapters.endpoint import checked, shown
from actors.adapters.live_frames import FrameReader, Heard, Subscribed, subscriptions
from actors.adapters.live_socket import Gone, LiveSocket
from core.chain.programs import LAUNCHLAB, PUMP, PUMPSWAP
from core.errors import MicroError
from core.messages import FeedBatch, RawTransaction
from core.rules.live_feed import LiveRule as LiveRule

SIGNATURES_KEPT = 32_768
"""A transaction that touches two programs is told twice; a minute of signatures is enough to see it."""
LARGEST_BATCH = 2_048
STRANGE_SLOTS = 1_000_000
"""A slot so far ahead of the last is damage, not progress: four days of the chain."""


class Filled(Struct, frozen=True):
    """What was fetched of a gap, oldest first. Not `complete`: part of it stays unknown."""

    transactions: tuple[RawTransaction, ...]
    complete: bool


Fill = Callable[[int, int], Filled]
"""Fetches what happened between two slots; may block its greenlet and raise MicroError."""
Polled = tuple[int, tuple[RawTransaction, ...]]
"""The slot that was reached, and transactions of what is held until then."""
Poll = Callable[[int], Polled | None]
"""Asks for what happened after a slot; None: nothing is held, so nobody needs to know. May block, raises MicroError."""
Reread = Callable[[RawTransaction], RawTransaction | None]
"""Reads a transaction whose log the node cut; None when it cannot be had."""

TURN_S = 0.001
"""How long messages that lie ready are read before everybody else gets a turn."""

_GAP = None


class LiveFeed:
    """A `core.ports.Feed`. `counts` holds errors by reason, and `reconnects`, `dropped`, `received`, `repeated`."""

    name = "live"

    def __init__(
        self,
        url: str,
        rule: LiveRule,
        seed: int,
        *,
        plain_hosts: tuple[str, ...] = (),
        programs: tuple[str, ...] = (PUMP, PUMPSWAP, LAUNCHLAB),
        busy: tuple[str, ...] = (PUMP, PUMPSWAP),
        fill: Fill | None = None,
        reread: Reread | None = None,
        poll: Poll | None = None,
    ) -> None:
        self._url = checked(url, "SOLANA_WS_URL", {"wss", "ws"}, plain_hosts)
        self.address = shown(url)
        self.rule = rule
        self.counts: dict[str, int] = {}
        self.is_connected = False
        self._programs, self._busy = programs, frozenset(busy)
        self._fill, self._reread, self._poll = fill, reread, poll
        self._random = Random(seed)  # noqa: S311 - jitter, nothing secret
        self._began_s, self._anchor_s = monotonic(), time()
        self._heard_s = self._began_s
        self._reader = FrameReader(self._count)
        self._queue: deque[tuple[int, float, RawTransaction | None] | None] = deque([_GAP])
        self._arrived = Event()
        self._closed = False
        self._recent: dict[str, None] = {}
        self._newest_slot = 0
        self._newest_at_s = 0.0
        self._emitted_slot = 0
        self._greenlet = gevent.spawn(self._keep_connected)
        self._greenlet.link(lambda _: self._arrived.set())

    def next(self) -> FeedBatch | None:
        """What has come since the last call; blocks while there is nothing. None after `close`."""
        gap = False
        while True:
            while not self._queue:
                if self._closed:
                    return None
                if self._greenlet.dead:
                    self._greenlet.get()  # a fault of this program: its error is the caller's
                self._arrived.clear()
                if not self._arrived.wait(self._patience_s()) and (batch := self._polled()) is not None:
                    return batch
            if self._queue[0] is not _GAP:
                return self._batch(gap)
            self._queue.popleft()
            gap = True

    def close(self) -> None:
        self._closed = True
        self._greenlet.kill()
        self._queue.clear()
        self._arrived.set()

    def _batch(self, gap: bool) -> FeedBatch:
        transactions: list[RawTransaction] = []
        slot, at_s = self._emitted_slot, 0.0
        while self._queue and len(transactions) < LARGEST_BATCH and (item := self._queue[0]) is not _GAP:
            self._queue.popleft()
            slot, at_s = max(slot, item[0]), item[1]
            if item[2] is not None:
                transactions.append(item[2])
        since, self._emitted_slot = self._emitted_slot, slot
        if gap and since and self._fill is not None:
            missed = self._fetch(since, slot)
            transactions[:0] = [raw for raw in missed.transactions if self._is_new(raw.signature)]
            gap = not missed.complete
        return FeedBatch(slot=slot, at_s=at_s, transactions=tuple(transactions), gap=gap)

    def _patience_s(self) -> float | None:
        """How long to wait for the socket; after that what is held is asked for. None: as long as it takes."""
        if self._poll is None:
            return None
        silent_s = monotonic() - self._heard_s
        return max(self.rule.poll_after_s - silent_s, self.rule.poll_every_s)

    def _polled(self) -> FeedBatch | None:
        """What a node tells of what is held while the socket is silent; marked as a gap, for the rest is missed."""
        try:
            found = self._poll(self._emitted_slot) if self._poll is not None else None
        except MicroError as error:
            self._count(f"poll: {type(error).__name__}")
            return None
        if found is None or found[0] <= self._emitted_slot or self._queue:
            return None
        self._count("polled")
        self._emitted_slot = self._newest_slot = max(found[0], self._newest_slot)
        self._newest_at_s = self._anchor_s + monotonic() - self._began_s
        new = tuple(raw for raw in found[1] if self._is_new(raw.signature))
        return FeedBatch(slot=found[0], at_s=self._newest_at_s, transactions=new, gap=True)

    def _fetch(self, since: int, to: int) -> Filled:
        try:
            return self._fill(since, to) if self._fill is not None else Filled((), False)
        except MicroError as error:
            self._count(f"fill: {type(error).__name__}")
            return Filled((), False)

    def _keep_connected(self) -> None:
        failures = 0
        while not self._closed:
            began_s = monotonic()
            try:
                self._session()
            except Gone as gone:
                self._count(str(gone))
            self.is_connected = False
            self._mark_gap()
            failures = 0 if monotonic() - began_s >= self.rule.steady_s else failures + 1
            self._count("reconnects")
            wait_s = min(self.rule.backoff_most_s, self.rule.backoff_first_s * 2.0 ** max(failures - 1, 0))
            gevent.sleep(wait_s * self._random.uniform(0.5, 1.5))

    def _session(self) -> None:
        """One connection, from its opening until it is Gone."""
        socket = LiveSocket(self._url, connect_s=self.rule.connect_s)
        try:
            waiting = dict(enumerate((*self._programs, "slot"), 1))
            for request in subscriptions(waiting, self.rule.commitment):
                socket.send(request)
            heard_s = dict.fromkeys(self._busy, monotonic())
            programs: dict[int, str] = {}
            pinged_s = turn_s = monotonic()
            while True:
                message = socket.receive()
                if message is not None:
                    self._take(message, waiting, programs, heard_s)
                now_s = monotonic()
                if now_s - turn_s >= TURN_S:
                    # A node tells a slot's transactions all at once: an order must not wait until they are all read.
                    gevent.sleep(0)
                    turn_s = monotonic()
                if now_s - pinged_s >= self.rule.ping_s:
                    pinged_s = now_s
                    socket.ping()
                if now_s - socket.heard_s > 2 * self.rule.ping_s + 1.0:
                    raise Gone("stalled")
                if any(now_s - at_s > self.rule.silence_s for at_s in heard_s.values()):
                    raise Gone("silent")
        finally:
            socket.close()

    def _take(
        self, message: bytes, waiting: dict[int, str], programs: dict[int, str], heard_s: dict[str, float]
    ) -> None:
        what = self._reader.read(message)
        if isinstance(what, Heard):
            program = programs.get(what.subscription, "")
            if program in heard_s:
                heard_s[program] = monotonic()
            self._hear(what.slot, what.transaction)
        elif isinstance(what, Subscribed) and what.request in waiting:
            program = waiting.pop(what.request)
            if what.subscription is not None:
                programs[what.subscription] = program
            elif program != "slot":  # a node may not tell slots; logs we cannot do without
                raise Gone("subscription refused")
            self.is_connected = not set(waiting.values()) - {"slot"}

    def _hear(self, slot: int, transaction: RawTransaction | None) -> None:
        if self._newest_slot and slot > self._newest_slot + STRANGE_SLOTS:
            return self._count("slot")
        if slot > self._newest_slot:
            self._newest_slot = slot
            self._newest_at_s = self._anchor_s + monotonic() - self._began_s
        elif transaction is None:
            return None
        if transaction is not None:
            if not self._is_new(transaction.signature):
                return self._count("repeated")
            self._count("received")
            if self._reread is not None and is_cut(transaction):
                gevent.spawn(self._read_again, transaction, self._reread)
                return None
        return self._put(transaction)

    def _put(self, transaction: RawTransaction | None) -> None:
        if len(self._queue) >= self.rule.queue_transactions:
            self._count("dropped", len(self._queue))
            self._queue.clear()
            self._queue.append(_GAP)
        self._queue.append((self._newest_slot, self._newest_at_s, transaction))
        self._heard_s = monotonic()
        self._arrived.set()

    def _read_again(self, transaction: RawTransaction, reread: Reread) -> None:
        try:
            whole = reread(transaction)
        except MicroError as error:
            self._count(f"reread: {type(error).__name__}")
            whole = None
        self._put(transaction if whole is None else whole)

    def _is_new(self, signature: str) -> bool:
        if signature in self._recent:
            return False
        if len(self._recent) >= SIGNATURES_KEPT:
            for oldest in list(self._recent)[: SIGNATURES_KEPT // 8]:
                del self._recent[oldest]
        self._recent[signature] = None
        return True

    def _mark_gap(self) -> None:
        if not self._queue or self._queue[-1] is not _GAP:
            self._queue.append(_GAP)

    def _count(self, reason: str, number: int = 1) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + number


def is_cut(transaction: RawTransaction) -> bool:
    """True where the node kept only the beginning of the log."""
    return "Log truncated" in transaction.logs
