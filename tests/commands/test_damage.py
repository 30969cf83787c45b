"""Any file of a state directory torn, altered or gone: a start is refused in one line, or goes on with what is left."""

import shutil
from pathlib import Path
from random import Random

import pytest

from actors.adapters.journal_store import JournalStore
from actors.adapters.state_directory import StateDirectory
from commands import sources
from commands.drive import drive
from commands.reconcile import check_pair, opened_journal, warning
from core.errors import NeedsReconcile, Refused
from core.messages import Append
from core.records import Entry, OperatorActed
from core.settings import Settings
from tests.chaos.houses import drive_until_held, house_of

FILES = ("journal.db", "journal.db-wal", "paper.db", "paper.db-wal", "paper.progress")
HARMS = {"cut": 2, "altered": 2, "zeroed": 2, "replaced": 1, "emptied": 1, "gone": 1}
"""Each with the number of draws."""
ACT = OperatorActed(at_s=0.0, who="test", what="nothing", why="so that what came before it is on disk")


class Whole:
    """A state directory with a position in it, as a kill left it and as an ordered stop did, and its journal."""

    def __init__(self, folder: Path) -> None:
        house = house_of(folder / "running")
        drive_until_held(house)
        drive(house, 30)
        house.system.directory.ask("journal", Append(records=(ACT,), durable=True), 10.0)
        self.settings: Settings = house.settings
        self.killed = Path(shutil.copytree(folder / "running", folder / "killed"))
        house.stop()
        self.stopped = Path(shutil.copytree(folder / "running", folder / "stopped"))
        store = JournalStore(folder / "running" / "journal.db")
        self.entries = list(store.entries())
        store.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return Whole(tmp_path_factory.mktemp("whole"))


def harmed(content: bytes, harm: str, dice: Random) -> bytes:
    if harm == "emptied":
        return b""
    if harm == "replaced":
        return dice.randbytes(5_000)
    if harm == "cut":
        return content[: dice.randrange(len(content))]
    altered = bytearray(content)
    for _ in range(dice.choice([1, 5, 50])):
        at = dice.randrange(len(altered))
        length = 1 if harm == "altered" else min(300, len(altered) - at)
        altered[at : at + length] = dice.randbytes(length) if harm == "altered" else bytes(length)
    return bytes(altered)


def started(folder: Path, settings: Settings) -> list[Entry]:
    """What a start does before the tree; the entries that it goes on with. Raises Refused and NeedsReconcile."""
    state = StateDirectory(folder)
    journal = opened_journal(state)
    source = sources.embedded(settings, state, not_before_s=journal.books.at_s)
    check_pair(state.path, journal.books, source.chain)
    warning(journal.books, source.chain, source.backend.status)
    store, _ = journal.take()
    assert source.feed.next() is not None
    store.append([ACT], durable=True).get(timeout=10)
    entries = list(store.entries())
    store.close()
    source.feed.close()
    return entries[:-1]


def is_sound(folder: Path, whole: Whole) -> bool:
    """Whether the start is refused in one line, or goes on with the beginning of the journal."""
    try:
        entries = started(folder, whole.settings)
    except (Refused, NeedsReconcile) as refusal:
        return "\n" not in str(refusal)
    return entries == whole.entries[: len(entries)]


def test_a_whole_directory_goes_on_with_all_of_it(whole: Whole, tmp_path: Path):
    for origin in (whole.killed, whole.stopped):
        folder = Path(shutil.copytree(origin, tmp_path / origin.name))
        assert started(folder, whole.settings) == whole.entries


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("file", FILES)
def test_a_damaged_directory_is_refused_or_goes_on_with_what_is_whole(
    whole: Whole, file: str, harm: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    for draw in range(HARMS[harm]):
        for origin in (whole.killed, whole.stopped):
            folder = Path(shutil.copytree(origin, tmp_path / f"{origin.name}-{draw}"))
            path = folder / file
            if not path.exists() or not path.stat().st_size:
                continue
            content = path.read_bytes()
            path.unlink()
            if harm != "gone":
                path.write_bytes(harmed(content, harm, Random(f"{file}/{harm}/{draw}")))
            assert is_sound(folder, whole)
    assert "Traceback" not in capfd.readouterr().err
