"""One desk on one market, begun with nothing, and what it journaled."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from actors.adapters.journal_store import JournalStore
from actors.adapters.state_directory import StateDirectory
from commands.audit import audited
from commands.orchestrator import MicroLightningOrchestrator
from core.ledger.audit import Audit
from core.market.simulator.settings import MarketSettings
from core.records import AnyRecord

R = TypeVar("R")
SURE = {"MICRO_PAPER_FAILED_SHARE": "0", "MICRO_PAPER_MISSED_SHARE": "0"}
"""Nothing of ours fails by chance, so that a scene shows what it is for."""


class Scene:
    """`desk` runs inside the block that made the scene; the journal can be read after it."""

    def __init__(self, folder: Path, desk: MicroLightningOrchestrator) -> None:
        self.folder = folder
        self.desk = desk

    def records(self) -> list[AnyRecord]:
        """Everything journaled, in order."""
        store = JournalStore(StateDirectory(self.folder).journal)
        try:
            return [entry.record for entry in store.entries()]
        finally:
            store.close()

    def audit(self) -> Audit:
        """The books against the paper chain."""
        return audited(StateDirectory(self.folder))


@contextmanager
def scene(folder: Path, *, seed: int, settings: Mapping[str, str], market: MarketSettings) -> Iterator[Scene]:
    """A desk on this market in a state directory of its own under `folder`."""
    state = Path(tempfile.mkdtemp(dir=folder))
    desk = MicroLightningOrchestrator(state_dir=state, seed=seed, settings=settings, market=market)
    with desk:
        yield Scene(state, desk)


def of(records: list[AnyRecord], kind: type[R]) -> list[R]:
    """Those of one kind, in order."""
    return [record for record in records if isinstance(record, kind)]
