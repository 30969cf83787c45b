"""The journal of a state directory, opened before the tree: what cannot be used is refused while nothing runs."""

from pathlib import Path

from actors.adapters.emergency_segment import EmergencySegment
from actors.adapters.journal_store import JournalStore
from core.errors import NeedsReconcile, Refused
from core.ledger.books import Books
from core.ledger.fold import fold


class Journal:
    """Opened here, taken over by the journal actor; each later incarnation of that actor opens it anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: tuple[JournalStore, Books] | None = None
        self._last: JournalStore | None = None

    @property
    def books(self) -> Books:
        """What it folds to before anybody has written. Raises Refused when it is no journal or does not fold."""
        if self._opened is None:
            self._opened = self._open()
        return self._opened[1]

    def take(self) -> tuple[JournalStore, Books]:
        """The store and what it folds to, for one writer. What the writer before it still has to commit comes first."""
        if self._last is not None:
            self._last.close()
        opened, self._opened = self._opened or self._open(), None
        self._last = opened[0]
        return opened

    def _open(self) -> tuple[JournalStore, Books]:
        store = JournalStore(self._path, EmergencySegment(self._path.with_name("journal.emergency")))
        try:
            return store, fold(store.entries())
        except (NeedsReconcile, KeyError) as error:
            store.close()
            raise Refused(
                f"{self._path} does not add up: {error}; restore a backup, or choose another MICRO_STATE_DIR"
            ) from None
