"""The public door of decoding. It never raises: what cannot be read is counted by reason and offered as a dead letter.

An event counts only in a transaction that succeeded. Slots and receive times are the feed's to add.
"""

import struct
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct, ValidationError, convert

from core.chain import accounts, tokens
from core.chain.accounts import Account
from core.chain.codec.kinds import Undecodable
from core.chain.events import KINDS, READERS, Event
from core.chain.instructions import TradeCall, decode_trade_call
from core.chain.logs import data_lines
from core.chain.programs import CPI_EVENT_PREFIX, NAMES
from core.chain.tokens import Mint, TokenAccount
from core.chain.transaction import Transaction, call_accounts, call_data, read_transaction

Payload = tuple[str, bytes]
"""A program's id and what it said or reported: discriminator and fields."""

T = TypeVar("T")

DEAD_LETTERS_PER_REASON = 100
DEAD_LETTER_BYTES = 64

# What reading hostile input can raise. Anything else would be a fault of this program and must be seen.
_UNREADABLE = (
    ValueError,
    ValidationError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    RecursionError,
    struct.error,
)


class DeadLetter(Struct, frozen=True):
    """The first bytes of what could not be read as it came (base64 in a log), and how many there were."""

    reason: str
    head: bytes
    size: int


class Decoded(Struct, frozen=True):
    """What a transaction says. `failed` is None where its form has no place for an error: whoever passes such a form
    vouches for its success. When `truncated`, events may be missing: read the transaction instead of the log.
    """

    events: tuple[Event, ...] = ()
    calls: tuple[TradeCall, ...] = ()
    failed: bool | None = None
    truncated: bool = False
    slot: int | None = None
    block_time: int | None = None
    signature: str | None = None


class Decoder:
    """Reads logs, transactions and accounts, and keeps count of what it read and of what it could not read.

    `kinds` counts events by program and kind (`pump.trade`), `undecodable` counts by reason; `grown` counts events by
    name that carried bytes beyond the known layout, the first sign of a program upgrade; `truncated` counts logs that
    the node cut. `dead_letter` is called for the first hundred of each reason and must not raise.
    """

    def __init__(self, dead_letter: Callable[[DeadLetter], None] | None = None) -> None:
        self.kinds: dict[str, int] = {}
        self.undecodable: dict[str, int] = {}
        self.grown: dict[str, int] = {}
        self.truncated = 0
        self._dead_letter = dead_letter

    def decode_logs(self, logs: Sequence[str], err: object) -> list[Event]:
        """The events in a transaction's log, in order, up to where the node cut it; empty when `err` is not null."""
        return [] if err is not None else self._logged(logs)[0]

    def read_logs(self, logs: Sequence[str], err: object) -> Decoded:
        """As `decode_logs`, and whether the log is truncated."""
        if err is not None:
            return Decoded(failed=True)
        events, truncated = self._logged(logs)
        return Decoded(events=tuple(events), failed=False, truncated=truncated)

    def decode_transaction(self, source: object) -> Decoded:
        """Events and trade instructions of a transaction's JSON in any known shape; empty when it failed."""
        try:
            if not isinstance(source, Mapping):
                raise Undecodable("shape")
            transaction = read_transaction(source)
            said, truncated = data_lines(() if transaction.failed else transaction.logs)
        except _UNREADABLE as error:
            self._refuse("transaction", error, source)
            return Decoded()
        events: list[Event] = []
        trades: list[TradeCall] = []
        if not transaction.failed:
            reported, trades = self._calls(transaction)
            events = self._events(_merged(said, reported))
        self.truncated += truncated
        return Decoded(
            tuple(events),
            tuple(trades),
            transaction.failed,
            truncated,
            transaction.slot,
            transaction.block_time,
            transaction.signature,
        )

    def decode_account(self, data: bytes) -> Account | None:
        """An account of the curve, pool or fee program; None, and counted, when it is none."""
        return self._read("account", accounts.decode_account, data)

    def decode_mint(self, data: bytes) -> Mint | None:
        """An SPL or Token-2022 mint; None, and counted, when it is none."""
        return self._read("mint", tokens.decode_mint, data)

    def decode_token_account(self, data: bytes) -> TokenAccount | None:
        """An SPL or Token-2022 token account; None, and counted, when it is none."""
        return self._read("token", tokens.decode_token_account, data)

    def _logged(self, logs: Sequence[str]) -> tuple[list[Event], bool]:
        try:
            said, truncated = data_lines(logs)
        except _UNREADABLE as error:
            self._refuse("log", error, logs)
            return [], False
        self.truncated += truncated
        return self._events(said), truncated

    def _events(self, payloads: Iterable[tuple[str, str | bytes]]) -> list[Event]:
        """Events of payloads in bytes, or in base64 as they stand in a log; those of other programs are left out."""
        events: list[Event] = []
        kinds = self.kinds
        for program, payload in payloads:
            readers = READERS.get(program)
            if readers is None:
                if not program:
                    self._refuse("log", Undecodable("stack"), payload)
                continue
            try:
                # `convert` reads strict base64 in half the time of the standard library.
                data = convert(payload, bytes) if isinstance(payload, str) else payload
                head = data[:8]
                event = readers.get(head, _unknown)(data)
            except _UNREADABLE as error:
                self._refuse(NAMES[program], error, payload)
                continue
            if event.extra:
                name = type(event).__name__
                self.grown[name] = self.grown.get(name, 0) + 1
            kind = KINDS[program][head]
            kinds[kind] = kinds.get(kind, 0) + 1
            events.append(event)
        return events

    def _calls(self, transaction: Transaction) -> tuple[list[Payload], list[TradeCall]]:
        """What programs reported by calling themselves, and the trades asked of them."""
        reported: list[Payload] = []
        trades: list[TradeCall] = []
        for call in transaction.calls:
            if call.program not in READERS:
                continue
            try:
                data = call_data(call)
                if call.is_inner and data.startswith(CPI_EVENT_PREFIX):
                    reported.append((call.program, data[len(CPI_EVENT_PREFIX) :]))
                    continue
                trade = decode_trade_call(call.program, call_accounts(transaction, call), data)
            except _UNREADABLE as error:
                self._refuse(NAMES[call.program], error, call.data)
                continue
            if trade is not None:
                trades.append(trade)
        return reported, trades

    def _read(self, place: str, reader: Callable[[bytes], T], data: bytes) -> T | None:
        try:
            return reader(data)
        except _UNREADABLE as error:
            self._refuse(place, error, data)
            return None

    def _refuse(self, place: str, error: Exception, source: object) -> None:
        reason = f"{place}: {_reason(error)}"
        count = self.undecodable.get(reason, 0)
        self.undecodable[reason] = count + 1
        if self._dead_letter is not None and count < DEAD_LETTERS_PER_REASON:
            self._dead_letter(DeadLetter(reason, *_head(source)))


def _unknown(_: bytes) -> Event:
    raise Undecodable("discriminator")


def _reason(error: Exception) -> str:
    if isinstance(error, Undecodable):
        return error.reason
    if isinstance(error, ValidationError):
        return "base64"
    if isinstance(error, UnicodeDecodeError):
        return "text"
    return "cut" if isinstance(error, struct.error) else "shape"


def _head(source: object) -> tuple[bytes, int]:
    if isinstance(source, bytes):
        return source[:DEAD_LETTER_BYTES], len(source)
    if isinstance(source, str):
        return source[:DEAD_LETTER_BYTES].encode(errors="replace")[:DEAD_LETTER_BYTES], len(source)
    # The text of a structure from outside may be of any size and depth: its type is all that is safe to ask for.
    return type(source).__name__.encode(), 0


def _merged(said: Iterable[tuple[str, str]], reported: Sequence[Payload]) -> list[tuple[str, str | bytes]]:
    """Both sources in order of execution.

    Most programs say an event in the log and report it by a call: that is one event. The same bytes twice in one
    source are two.
    """
    called = [(program, b64encode(data).decode()) for program, data in reported]
    waiting = Counter(called)
    merged: list[tuple[str, str | bytes]] = []
    at = 0
    for line in said:
        if waiting[line] == 0:
            merged.append(line)
            continue
        until = called.index(line, at) + 1
        waiting.subtract(called[at:until])
        merged += reported[at:until]
        at = until
    return [*merged, *reported[at:]]
