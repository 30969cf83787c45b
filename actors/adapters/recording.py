"""Our own recordings of a feed: what it brought, when, in zstd-compressed files, one per hour.

A file is a chain of frames that any zstd tool unpacks. Before each stands a skippable frame with its length and
checksum, so that a torn or damaged frame costs only itself: the reader goes on at the next and marks a gap. A frame
holds about a second of batches with the time of their receipt, and the version of this format.
"""

import mmap
import os
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from struct import Struct as Packing
from time import gmtime, strftime, time
from typing import Self

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError

from core.errors import Refused
from core.messages import FeedBatch
from core.ports import Feed

VERSION = 1
SUFFIX = ".feed.zst"
FRAME_S = 1.0
FRAME_BATCHES = 64
LARGEST_FRAME = 256 * 1024 * 1024
"""Bytes unpacked: no second of any chain comes near; a damaged length must not eat the memory."""

_MARK = Packing("<IIII")
"""Magic number of a skippable frame, its size (8), length and CRC-32 of the frame that follows."""
_MAGIC = 0x184D2A50
MAGIC_BYTES = Packing("<II").pack(_MAGIC, 8)
"""How every frame, and so every file, begins."""


class Received(Struct, frozen=True, array_like=True):
    """A batch and when it came, epoch seconds of the real clock."""

    received_s: float
    batch: FeedBatch


class _Frame(Struct, frozen=True, array_like=True):
    version: int
    source: str
    received: list[Received]


class Recorder:
    """A `core.ports.Feed` that passes another one on and writes down what it brought."""

    def __init__(self, feed: Feed, directory: Path, *, now: Callable[[], float] = time) -> None:
        self.name = feed.name
        self.files = self.batches = self.bytes = 0
        self.lost = 0
        """Frames that could not be written; `error` says why, and is empty again when the next one could."""
        self.error = ""
        self._feed = feed
        self._directory = directory
        self._now = now
        self._encoder = msgspec.msgpack.Encoder()
        self._compressor = ZstdCompressor(level=6)
        self._waiting: list[Received] = []
        self._file: int | None = None
        self._hour = ""
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(f"the directory {directory} cannot be made: {error.strerror}") from None

    def next(self) -> FeedBatch | None:
        batch = self._feed.next()
        if batch is None:
            self.flush()
            return None
        now_s = self._now()
        if self._waiting and self._is_due(now_s):
            self.flush()
        self._waiting.append(Received(now_s, batch))
        self.batches += 1
        return batch

    def close(self) -> None:
        """Write what waits and put the last file on disk."""
        self.flush()
        self._close_file()
        self._feed.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _is_due(self, now_s: float) -> bool:
        first_s = self._waiting[0].received_s
        other_hour = _hour(now_s) != _hour(first_s)
        return other_hour or len(self._waiting) >= FRAME_BATCHES or not 0 <= now_s - first_s < FRAME_S

    def flush(self) -> None:
        """Write what waits, though its second is not over."""
        if not self._waiting:
            return
        hour = _hour(self._waiting[0].received_s)
        frame = self._compressor.compress(self._encoder.encode(_Frame(VERSION, self.name, self._waiting)))
        self._waiting = []
        self._write(hour, _MARK.pack(_MAGIC, 8, len(frame), zlib.crc32(frame)) + frame)

    def _write(self, hour: str, marked: bytes) -> None:
        """In one call, so that a crash tears nothing but the last frame. A full disk costs frames, never the feed."""
        path = self._directory / (hour + SUFFIX)
        try:
            if hour != self._hour or self._file is None:
                self._close_file()
                self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
                self._hour = hour
                self.files += 1
            self.bytes += os.write(self._file, marked)
            self.error = ""
        except OSError as error:
            self.lost += 1
            self.error = f"{path} cannot be written: {error.strerror}"

    def _close_file(self) -> None:
        if self._file is not None:
            os.fsync(self._file)
            os.close(self._file)
            self._file = None


def _hour(at_s: float) -> str:
    return strftime("%Y-%m-%dT%HZ", gmtime(at_s))


class Recording:
    """A `core.ports.Feed` of one such file, or of all in a directory. `damaged` counts the frames that were lost."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.damaged = 0
        self.received_s = 0.0
        """When the last batch was received."""
        self._files = sorted(path.glob("*" + SUFFIX)) if path.is_dir() else [path]
        if not self._files:
            raise Refused(f"{path} holds no recordings (*{SUFFIX})")
        self._frames = self._read()
        self._batches: Iterator[FeedBatch] = self._play()
        self._first = next(self._batches, None)
        if self._first is None:
            raise Refused(f"{path} holds no recorded batches")

    def next(self) -> FeedBatch | None:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._batches, None)

    def close(self) -> None:
        self._frames.close()
        self._batches = iter(())

    def _play(self) -> Iterator[FeedBatch]:
        seen_damage = 0
        for frame in self._frames:
            for received in frame.received:
                self.received_s = received.received_s
                batch = received.batch
                if self.damaged > seen_damage:
                    seen_damage, batch = self.damaged, replace(batch, gap=True)
                yield batch

    def _read(self) -> "Generator[_Frame, None, None]":
        decoder = msgspec.msgpack.Decoder(_Frame)
        unpacker = ZstdDecompressor()
        for path in self._files:
            for frame in self._raw_frames(path):
                try:
                    unpacked = unpacker.decompress(frame, max_output_size=LARGEST_FRAME)
                    version = msgspec.msgpack.decode(unpacked, type=list)[0]
                    if version != VERSION:
                        raise Refused(f"{path} has format version {version}, this program reads {VERSION}")
                    yield decoder.decode(unpacked)
                except (ZstdError, msgspec.DecodeError, LookupError):
                    self.damaged += 1

    def _raw_frames(self, path: Path) -> Iterator[bytes]:
        """The compressed frames whose checksum holds; each lost one, or run of them, is counted."""
        try:
            if path.stat().st_size == 0:
                return
            with path.open("rb") as file:
                content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise Refused(f"{path} cannot be read: {error.strerror}") from None
        at = 0
        while at < len(content):
            start = content.find(MAGIC_BYTES, at)
            is_torn = start < 0 or len(content) - start < _MARK.size
            self.damaged += start != at or is_torn
            if is_torn:
                return
            _, _, length, check = _MARK.unpack_from(content, start)
            begin = start + _MARK.size
            frame = content[begin : begin + length]
            if len(frame) == length and zlib.crc32(frame) == check:
                yield frame
                at = begin + length
            else:
                # The next mark may stand within what this one claims to be its frame.
                at = start + len(MAGIC_BYTES)
