"""Keeps what simulated episodes did: each in a state directory of its own, which `audit` reads like any other."""

from pathlib import Path

from actors.adapters.journal_store import JournalStore
from actors.adapters.paper_store import PaperStore, Saved
from actors.adapters.state_directory import StateDirectory
from core.errors import Refused
from core.market.paper.venue import PaperVenue
from core.records import AnyRecord
from core.runner import Sink
from core.simulation import Running

TOGETHER = 500
"""Records handed to the journal at a time."""


class Journals:
    """One journal at a time: call it for the next episode's sink, `end` it when the episode is over."""

    def __init__(self, path: Path) -> None:
        if path.exists() and any(path.iterdir()):
            raise Refused(f"{path} is not empty; a simulation begins anew: choose an empty directory")
        self.path = path
        self._episodes = 0
        self._waiting: list[AnyRecord] = []
        self._store: JournalStore | None = None
        self._state = StateDirectory(path)

    def __call__(self, _number: int) -> Sink:
        self._episodes += 1
        self._state = StateDirectory(self.path / f"episode-{self._episodes:04}")
        self._store = JournalStore(self._state.journal)
        return self._take

    def end(self, running: Running) -> None:
        """Write what waits, and the paper chain as the episode left it."""
        if self._store is None:
            return
        self._flush(self._store)
        self._store.close()
        self._store = None
        backend = running.world.ports.backend
        if isinstance(backend, PaperVenue):
            paper = PaperStore(self._state.path)
            paper.commit(Saved(chain=backend.chain))
            paper.close()

    def _take(self, record: AnyRecord) -> None:
        self._waiting.append(record)
        if len(self._waiting) >= TOGETHER and self._store is not None:
            self._flush(self._store)

    def _flush(self, store: JournalStore) -> None:
        if self._waiting:
            # Waited for, so that the writer's queue never holds more than this.
            store.append(self._waiting, durable=True).get()
            self._waiting = []
