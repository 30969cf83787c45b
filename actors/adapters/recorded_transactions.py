"""Recorded transactions: JSON files in any of the shapes that nodes and archives give them, played in order of time.

A file holds one transaction or a list of them; a directory holds such files (`*.json`). They are single moments, not a
stream: every batch is marked as standing after a gap. Where all of them tell their slot, slots are theirs; otherwise
they are made up from the time, which for a transaction without block time is that of its first event.
"""

import json
from itertools import groupby
from pathlib import Path

from msgspec import Struct

from core.chain.decode import Decoded, Decoder
from core.errors import Refused
from core.market.tape import Tape
from core.messages import AnyMarketData, FeedBatch

SLOT_S = 0.4
MEGABYTES = 256
"""A larger file is no handful of transactions; reading it whole would cost gigabytes."""


class _Moment(Struct, frozen=True):
    time_s: float
    slot: int
    decoded: Decoded


class RecordedTransactions:
    """A `core.ports.Feed`. `failed` counts transactions that failed on the chain: their events say nothing."""

    def __init__(self, path: Path, decoder: Decoder, tape: Tape) -> None:
        self.name = path.name
        self.transactions = self.failed = 0
        self._tape = tape
        decoded: list[Decoded] = []
        for file in _files(path):
            for number, source in enumerate(_sources(file), 1):
                one = _decode(decoder, source)
                if one is None:
                    raise Refused(f"{file}: item {number} is no transaction")
                decoded.append(one)
        if not decoded:
            raise Refused(f"{path} holds no transactions")
        self.transactions = len(decoded)
        self.failed = sum(one.failed is True for one in decoded)
        moments = _in_order(decoded)
        self._slots = [(slot, list(group)) for slot, group in groupby(moments, key=lambda moment: moment.slot)]

    def next(self) -> FeedBatch | None:
        if not self._slots:
            return None
        slot, moments = self._slots.pop(0)
        at_s = moments[0].time_s
        market: list[AnyMarketData] = []
        for moment in moments:
            signature = moment.decoded.signature or ""
            market += self._tape.take(moment.decoded.events, slot=slot, at_s=at_s, signature=signature)
        return FeedBatch(slot=slot, at_s=at_s, market=tuple(market), gap=True)

    def close(self) -> None:
        self._slots = []


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(path.glob("*.json"))
    if not files:
        raise Refused(f"{path} holds no JSON files")
    return files


def _sources(file: Path) -> list[object]:
    try:
        if file.stat().st_size > MEGABYTES * 1_000_000:
            raise Refused(f"{file} is larger than {MEGABYTES} MB")
        content = json.loads(file.read_bytes())
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise Refused(f"{file} is no JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError):
        raise Refused(f"{file} is no JSON text") from None
    return content if isinstance(content, list) else [content]


def _decode(decoder: Decoder, source: object) -> Decoded | None:
    """None where the decoder found nothing that has the shape of a transaction."""
    before = _misshapen(decoder)
    decoded = decoder.decode_transaction(source)
    return None if _misshapen(decoder) > before else decoded


def _misshapen(decoder: Decoder) -> int:
    return sum(count for reason, count in decoder.undecodable.items() if reason.startswith("transaction:"))


def _in_order(decoded: list[Decoded]) -> list[_Moment]:
    """By time, then slot, then as they came. What has neither block time nor a dated event follows the others."""
    timed = sorted(decoded, key=lambda one: (_time_s(one) is None, _time_s(one) or 0.0, one.slot or 0))
    last = max((time_s for one in timed if (time_s := _time_s(one)) is not None), default=0.0)
    times = [last if (time_s := _time_s(one)) is None else time_s for one in timed]
    own = [one.slot for one in timed if one.slot is not None]
    if len(own) == len(timed) and own == sorted(own):
        return [_Moment(time_s, slot, one) for time_s, slot, one in zip(times, own, timed, strict=True)]
    slots = [1 + round((time_s - times[0]) / SLOT_S) for time_s in times]
    return [_Moment(time_s, slot, one) for time_s, slot, one in zip(times, slots, timed, strict=True)]


def _time_s(decoded: Decoded) -> float | None:
    if decoded.block_time is not None:
        return float(decoded.block_time)
    for event in decoded.events:
        timestamp = getattr(event, "timestamp", None)
        if isinstance(timestamp, int) and timestamp > 0:
            return float(timestamp)
    return None
