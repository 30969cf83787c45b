"""The embedded market in a process of its own, as a chain is elsewhere: what is measured shares no interpreter with it.

`RemoteMarket` starts it and is feed, accounts and venue to a house. The market keeps its own pace and waits for
nobody, as a chain does: a house that falls behind finds its batches waiting in the socket, each with the moment at
which it was sent. Both processes read the same monotonic clock.
"""

import argparse
import select
import socket
import struct
import subprocess
import sys
from collections import deque
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import gevent
import msgspec
from msgspec import Struct

from actors.adapters.state_directory import StateDirectory
from actors.outcome import Outcome
from commands import sources
from core.market.paper.venue import PaperVenue
from core.messages import FeedBatch, Order, Settlement, SubmitOrder, TokenFacts
from core.ports import Signed
from core.settings import Settings, from_texts
from tests.benchmarks.elsewhere import set_apart

LENGTH = struct.Struct("<I")
SETTLEMENTS_KEPT = 4_096


class Hello(Struct, frozen=True, array_like=True):
    """What a house must know before the first batch."""

    start_at_s: float
    sol_usd: float


class Sent(Struct, frozen=True, array_like=True):
    """A batch, when it was sent, and how long the market took to make it."""

    batch: FeedBatch
    sent_s: float
    took_s: float


class Heard(Struct, frozen=True, array_like=True):
    """An answer, and when its bytes had come."""

    facts: TokenFacts | None
    at_s: float


class AskFacts(Struct, frozen=True, array_like=True, tag="facts"):
    mint: str
    stake_lamports: int


class Submit(Struct, frozen=True, array_like=True, tag="submit"):
    order: Order
    signature: str
    last_valid_slot: int


Wish = AskFacts | Submit


def write(to: socket.socket, message: object) -> None:
    frame = msgspec.msgpack.encode(message)
    to.sendall(LENGTH.pack(len(frame)) + frame)


def read(source: socket.socket) -> bytes:
    """The next frame; empty at the end of the stream. Blocks the greenlet, not the hub, where sockets are patched."""
    head = exactly(source, LENGTH.size)
    return exactly(source, LENGTH.unpack(head)[0]) if head else b""


def exactly(source: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = source.recv(size - len(parts))
        if not part:
            return b""
        parts += part
    return bytes(parts)


class RemoteMarket:
    """A house's side: `core.ports.Feed`, `Accounts` and `VenueBackend` in one."""

    name = "market"

    def __init__(self, settings: Settings, texts: dict[str, str]) -> None:
        ours, theirs = socket.socketpair()
        asking, answering = socket.socketpair()
        self._folder = TemporaryDirectory()
        command = (sys.executable, "-m", __name__, str(theirs.fileno()), str(answering.fileno()), self._folder.name)
        settings_line = msgspec.json.encode(texts).decode()
        self._process = subprocess.Popen(
            (*command, settings_line), pass_fds=(theirs.fileno(), answering.fileno()), start_new_session=True
        )
        set_apart(self._process.pid)
        theirs.close()
        answering.close()
        self._batches, self._asking = ours, asking
        self._decode = msgspec.msgpack.Decoder(Sent).decode
        self._asked: deque[Outcome[Heard]] = deque()
        gevent.spawn(self._hear)
        self._settled: dict[str, Settlement] = {}
        self._signer = PaperVenue(settings.paper, settings.runtime.seed)
        self.hello = msgspec.msgpack.decode(read(self._batches), type=Hello)
        self.sent_s = self.taken_s = 0.0
        self.took_s: list[float] = []
        """What the market took for each batch."""
        self.asked_s: dict[str, list[tuple[float, float]]] = {}
        """By token, when its facts were asked for and when their bytes had come."""

    def next(self) -> FeedBatch | None:
        frame = read(self._batches)
        if not frame:
            return None
        sent = self._decode(frame)
        self.sent_s, self.taken_s = sent.sent_s, perf_counter()
        self.took_s.append(sent.took_s)
        for landing in sent.batch.landings:
            self._settled[landing.signature] = landing
            if len(self._settled) > SETTLEMENTS_KEPT:
                del self._settled[next(iter(self._settled))]
        self._signer.slot = max(self._signer.slot, sent.batch.slot)
        return sent.batch

    def facts(self, mint: str, stake_lamports: int) -> TokenFacts | None:
        began_s, answer = perf_counter(), Outcome[Heard]()
        self._asked.append(answer)
        write(self._asking, AskFacts(mint, stake_lamports))
        heard = answer.get()
        assert heard is not None
        self.asked_s.setdefault(mint, []).append((began_s, heard.at_s))
        return heard.facts

    def _hear(self) -> None:
        """Answers come in the order of the questions; as with a node, the next is asked before the last is answered."""
        while frame := read(self._asking):
            facts = msgspec.msgpack.decode(frame, type=TokenFacts | None)
            self._asked.popleft().set(Heard(facts, perf_counter()))

    def sign(self, order: Order, slot: int) -> Signed:
        return self._signer.sign(order, slot)

    def submit(self, order: Order, signature: str, last_valid_slot: int, raw: str = "") -> None:
        write(self._asking, Submit(order, signature, last_valid_slot))

    def status(self, signature: str) -> Settlement | None:
        return self._settled.get(signature)

    def is_absent(self, submit: SubmitOrder, slot: int) -> bool:
        return slot > submit.last_valid_slot

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()


class Market:
    """The other process: plays one slot after the other in its time, and answers in between."""

    def __init__(self, batches: socket.socket, wishes: socket.socket, folder: Path, settings: Settings) -> None:
        self.batches, self.wishes = batches, wishes
        self.source = sources.embedded(settings, StateDirectory(folder))
        self.slot_s = 0.4 / settings.runtime.clock_speed
        write(batches, Hello(self.source.start_at_s, self.source.sol_usd))

    def play(self) -> None:
        due_s = perf_counter()
        while True:
            began_s = perf_counter()
            batch = self.source.feed.next()
            assert batch is not None
            took_s = perf_counter() - began_s
            due_s = max(due_s + self.slot_s, began_s)
            self.serve(due_s)
            write(self.batches, Sent(batch, perf_counter(), took_s))

    def serve(self, until_s: float) -> None:
        """Answer what is asked until the next batch is due."""
        while (left_s := until_s - perf_counter()) > 0 or self.is_asked(0.0):
            if self.is_asked(max(left_s, 0.0)):
                frame = read(self.wishes)
                if not frame:
                    sys.exit(0)
                self.answer(msgspec.msgpack.decode(frame, type=Wish))
            elif left_s > 0:
                sleep(0)

    def is_asked(self, wait_s: float) -> bool:
        return bool(select.select((self.wishes,), (), (), wait_s)[0])

    def answer(self, wish: Wish) -> None:
        match wish:
            case AskFacts(mint, stake_lamports):
                write(self.wishes, self.source.accounts.facts(mint, stake_lamports))
            case Submit(order, signature, last_valid_slot):
                self.source.backend.submit(order, signature, last_valid_slot)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("batches", type=int)
    parser.add_argument("wishes", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("texts")
    options = parser.parse_args()
    settings = from_texts(msgspec.json.decode(options.texts, type=dict[str, str]))
    batches, wishes = (socket.socket(fileno=number) for number in (options.batches, options.wishes))
    for one in (batches, wishes):
        one.setblocking(True)  # the house's side made them, and gevent's sockets are made not to block
    Market(batches, wishes, options.folder, settings).play()


if __name__ == "__main__":
    main()
