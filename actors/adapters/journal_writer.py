"""The journal's writer: one native thread that commits what has gathered, and tells the hub what came of it."""

import sqlite3
from _queue import Empty, SimpleQueue  # the native ones: the writer thread must not wait on the hub
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

import gevent
from gevent.monkey import get_original

from actors.adapters.emergency_segment import EmergencySegment
from actors.adapters.write_ahead import WriteAhead
from actors.outcome import Outcome
from core.errors import Fatal

_start_native_thread: Callable[..., object] = get_original("_thread", "start_new_thread")

LINGER_S = 0.02
"""Rows nobody waits for gather at most this long, so that they share a commit."""
PATIENCE_S = 0.004
"""How long the hub itself waits for a commit that somebody waits for. A disk takes some 0.5 ms; told by the loop, the
answer would come after whatever the hub has begun meanwhile, and the writer would contend with that for the
interpreter: 5 ms in one order of twenty."""
GATHERED = 256
"""Appends that may gather: a hub that is too busy for its timers hands them over all the same."""

Rows: TypeAlias = list[tuple[Any, ...]]
Item: TypeAlias = "tuple[Rows, Outcome[int] | None]"
"""Rows that belong together, the first column their number, and who waits until the last of them is on disk."""


class JournalClosed(Exception):
    """A commit failed before: nothing more goes into the database."""


class JournalWriter:
    """Its rows go into the database at `path` by `statement`, in the order in which they were put.

    They gather on the hub's side: a thread that is woken takes the interpreter from the hub, and it shall not for rows
    that nobody waits for.
    """

    def __init__(
        self, path: Path, statement: str, segment: EmergencySegment | None = None, failure: Exception | None = None
    ) -> None:
        """`segment`: where rows go once a commit has failed. `failure`: why nothing can be committed from the start."""
        self.failure: Exception | None = failure
        """Why a commit failed. A half-written order of events is worse than none: nothing is committed after that."""
        self.lost = ""
        """Why the segment took nothing either: what is put from then on is in memory alone."""
        self._segment = segment
        self._path, self._statement = path, statement
        self._gathered: list[Item] = []
        self._lingers = False
        """The timer runs, at whose end what has gathered is handed over."""
        self._inbox: SimpleQueue[list[Item] | None] = SimpleQueue()
        self._ended: Outcome[bool] = Outcome()
        self._reports: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._waiting = 0
        """Commits that somebody waits for and that have not been told of."""
        # A started watcher keeps the hub alive while greenlets wait for the writer, and its send() may be called by it.
        loop = gevent.get_hub().loop
        self._linger = loop.timer(LINGER_S)
        self._wake = loop.async_()
        self._wake.start(self._tell)
        _start_native_thread(self._run, ())

    def put(self, rows: Rows, done: "Outcome[int] | None") -> None:
        """Commit these soon; `done` is set with the last number when they are on disk, or fails with Fatal.

        Without rows it is set, with 0, when all that was put before has been committed. On a disk that is as fast as
        disks are it is set when this returns: the hub waits for it, `PATIENCE_S` at most.
        """
        self._gathered.append((rows, done))
        if done is not None:
            self._hand_over()
            self._wait(done)
        elif len(self._gathered) >= GATHERED:
            self._hand_over()
        elif not self._lingers:
            self._lingers = True
            self._linger.start(self._lingered)

    def end(self) -> None:
        """Commit what is queued, and end the thread. May be called again, by whoever must know that it has ended."""
        self._hand_over()
        self._inbox.put(None)
        self._ended.get()
        for watcher in (self._linger, self._wake):
            watcher.stop()
            watcher.close()

    def _lingered(self) -> None:
        self._lingers = False
        self._hand_over()

    def _hand_over(self) -> None:
        if self._gathered:
            gathered, self._gathered = self._gathered, []
            self._inbox.put(gathered)

    def _wait(self, done: Outcome[int]) -> None:
        """On the hub: until it is on disk, for a moment. Where others wait already, they share a commit instead."""
        self._waiting += 1
        done.rawlink(self._waited)
        if self._waiting > 1:
            return
        end_s = perf_counter() + PATIENCE_S
        while not done.is_set and (left_s := end_s - perf_counter()) > 0:
            try:
                report = self._reports.get(timeout=left_s)
            except Empty:
                return
            report()

    def _waited(self, _: Outcome[int]) -> None:
        self._waiting -= 1

    def _tell(self) -> None:
        """On the hub: what was not waited for, and has come."""
        while True:
            try:
                report = self._reports.get_nowait()
            except Empty:
                return
            report()

    def _report(self, report: Callable[[], None]) -> None:
        """By the thread."""
        self._reports.put(report)
        self._wake.send()

    def _run(self) -> None:
        """The thread."""
        try:
            log = self._opened()
            while (batch := self._gather()) is not None:
                self._commit(log, batch)
                if log is not None and self._inbox.empty() and self.failure is None:
                    self._rest(log)
            if log is not None:
                log.close()
        finally:
            self._report(partial(self._ended.set, True))

    def _opened(self) -> WriteAhead | None:
        """None, and a failure for whoever appends, when there can be none."""
        try:
            return WriteAhead(self._path)
        except sqlite3.Error as error:
            self.failure = error
            return None

    def _gather(self) -> list[Item] | None:
        """What has been handed over, as soon as there is anything; None at the end."""
        batch = self._inbox.get()
        while batch is not None:
            try:
                more = self._inbox.get_nowait()
            except Empty:
                break
            if more is None:
                self._inbox.put(None)
                break
            batch += more
        return batch

    def _commit(self, log: WriteAhead | None, batch: list[Item]) -> None:
        waiting = [(rows[-1][0] if rows else 0, done) for rows, done in batch if done is not None]
        every = [row for rows, _ in batch for row in rows]
        try:
            if log is None or self.failure is not None:
                raise JournalClosed(str(self.failure or "not opened"))
            if every:
                log.insert(self._statement, every, durable=bool(waiting))
        except (sqlite3.Error, JournalClosed) as error:
            self.failure = error
            if self._segment is None:
                fatal = Fatal(f"the journal cannot write {self._path}: {error}")
                for _, done in waiting:
                    self._report(partial(done.fail, fatal))
                return
            self._set_apart(self._segment, every)
        for seq, done in waiting:
            self._report(partial(done.set, seq))

    def _set_apart(self, segment: EmergencySegment, rows: Rows) -> None:
        """In the segment or, where that takes nothing either, nowhere: exits go out all the same (architecture.md)."""
        try:
            segment.append(rows)
        except OSError as error:
            self.lost = str(error)

    def _rest(self, log: WriteAhead) -> None:
        try:
            log.rest()
        except sqlite3.Error as error:
            self.failure = error
