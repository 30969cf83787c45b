"""Where the journal goes on when its own file takes nothing more: a second file whose room was taken in advance.

A full disk does not touch it, and an error of the journal's file is not one of this. Frames follow one another from the
beginning, each with its length and checksum; the first that does not fit its checksum ends them. The next start folds
what it holds into the journal and empties it.
"""

import os
import struct
import zlib
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

Row: TypeAlias = tuple[int, int, str, float, str, int]
"""seq, version, kind, at_s, body, checksum."""

BYTES = 1 << 20
"""Room for some two hundred orders from intent to settlement."""
DISPENSABLE = frozenset({"candidate_judged", "candidate_followed", "equity_marked"})
"""Kinds that no later decision rests on: they leave their room to what must not be lost."""
_HEAD = struct.Struct("<II")


class EmergencySegment:
    """One per state directory; used by one thread at a time. `fault` says why there is none, empty where there is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fault = ""
        self._used = 0
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            self._handle, self.fault = -1, f"{path}: {error.strerror}"
            return
        try:
            os.posix_fallocate(self._handle, 0, BYTES)
        except OSError as error:
            self.fault = f"{path}: {error.strerror}"

    def append(self, rows: list[Any]) -> None:
        """On disk when this returns. Raises OSError where it cannot be: no room, or a fault of the disk."""
        kept = [row for row in rows if row[2] not in DISPENSABLE]
        if not kept:
            return
        body = msgspec.json.encode(kept)
        frame = _HEAD.pack(len(body), zlib.crc32(body)) + body
        if self.fault or self._used + len(frame) + _HEAD.size > BYTES:
            raise OSError(self.fault or f"{self.path}: it is full")
        os.pwrite(self._handle, frame, self._used)
        os.fdatasync(self._handle)
        self._used += len(frame)

    def rows(self) -> list[Row]:
        """What it holds, in order, up to the first frame that is not whole."""
        if self._handle < 0:
            return []
        content, at, found = os.pread(self._handle, BYTES, 0), 0, list[Row]()
        while at + _HEAD.size <= len(content):
            length, check = _HEAD.unpack_from(content, at)
            body = content[at + _HEAD.size : at + _HEAD.size + length]
            if not length or len(body) != length or zlib.crc32(body) != check:
                break
            found += msgspec.json.decode(body, type=list[Row])
            at += _HEAD.size + length
        self._used = at
        return found

    def clear(self) -> None:
        """Forget everything: it is in the journal."""
        if self._used:
            os.pwrite(self._handle, bytes(self._used), 0)
            os.fdatasync(self._handle)
            self._used = 0

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
            self.fault = "closed"
