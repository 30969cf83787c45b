"""The journal on disk: what was acknowledged is there again, what is damaged is set aside, the rest is kept."""

import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import gevent
import pytest
from msgspec.structs import replace

from actors.adapters.journal_store import JournalStore
from core.errors import Fatal, Refused
from core.records import EntriesPaused, Entry

ROOT = Path(__file__).parents[3]


def paused(number: int) -> EntriesPaused:
    return EntriesPaused(at_s=float(number), by="test", why=f"because {number}")


def written(path: Path, count: int) -> list[Entry]:
    store = JournalStore(path)
    for number in range(count):
        store.append([paused(number)], durable=False)
    store.close()
    return list(store.entries())


def reopened(path: Path) -> tuple[JournalStore, list[Entry]]:
    store = JournalStore(path)
    entries = list(store.entries())
    store.close()
    return store, entries


def test_what_was_appended_is_read_again_in_order(tmp_path: Path) -> None:
    entries = written(tmp_path / "journal.db", 100)

    assert [entry.seq for entry in entries] == list(range(1, 101))
    assert [entry.record for entry in entries] == [paused(number) for number in range(100)]
    store, again = reopened(tmp_path / "journal.db")
    assert again == entries
    assert store.set_aside is None


def test_a_durable_append_answers_with_the_last_sequence_number_after_the_commit(tmp_path: Path) -> None:
    store = JournalStore(tmp_path / "journal.db")
    assert store.append([paused(1), paused(2)], durable=True).get(timeout=5) == 2
    with sqlite3.connect(tmp_path / "journal.db") as other:
        assert other.execute("SELECT count(*) FROM entry").fetchone() == (2,)
    store.close()


def test_writers_share_commits_and_keep_their_order(tmp_path: Path) -> None:
    store = JournalStore(tmp_path / "journal.db")

    seqs: list[int | None] = []

    def writer(first: int) -> None:
        seqs.extend(store.append([paused(first + n)], durable=True).get(timeout=10) for n in range(20))

    writers = [gevent.spawn(writer, 1000 * n) for n in range(10)]
    gevent.joinall(writers, raise_error=True)
    store.close()

    assert set(seqs) == set(range(1, 201))
    assert len(seqs) == 200
    seen = [int(entry.record.at_s) for entry in store.entries()]
    for n in range(10):
        assert [at for at in seen if at // 1000 == n] == [1000 * n + k for k in range(20)]


@pytest.mark.parametrize("column", ["body", "checksum"])
def test_an_altered_row_and_all_behind_it_are_set_aside(tmp_path: Path, column: str) -> None:
    path = tmp_path / "journal.db"
    entries = written(path, 50)
    with sqlite3.connect(path) as db:
        value = "'{}'" if column == "body" else "7"
        db.execute(f"UPDATE entry SET {column} = {value} WHERE seq = 31")  # noqa: S608  # the test's own column

    store, kept = reopened(path)

    assert kept == entries[:30]
    assert store.set_aside is not None
    assert (store.set_aside.seq, store.set_aside.rows) == (31, 20)
    assert len(Path(store.set_aside.path).read_text().splitlines()) == 20


def test_a_missing_row_is_found(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    entries = written(path, 20)
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM entry WHERE seq = 11")

    store, kept = reopened(path)

    assert kept == entries[:10]
    assert store.set_aside is not None
    assert "entry 11 is missing" in store.set_aside.reason


def test_after_a_tail_was_set_aside_the_journal_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    written(path, 20)
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM entry WHERE seq = 11")
    store = JournalStore(path)
    store.append([paused(99)], durable=True).get(timeout=5)
    store.close()

    again, entries = reopened(path)

    assert again.set_aside is None
    assert [entry.seq for entry in entries] == list(range(1, 12))
    assert entries[-1].record == paused(99)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_cut_file_gives_back_everything_before_the_cut(tmp_path: Path, share: float) -> None:
    path = tmp_path / "journal.db"
    entries = written(path, 3_000)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])

    store, kept = reopened(path)

    assert kept == entries[: len(kept)]
    assert len(kept) > 3_000 * share * 0.8
    assert store.set_aside is not None
    assert Path(store.set_aside.path).stat().st_size == int(len(content) * share)


@pytest.mark.parametrize("content", [b"hello" * 1_000, b"SQLite format 3\0" + bytes(5_000)])
def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(content)

    with pytest.raises(Refused, match="not a readable journal"):
        JournalStore(path)

    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["journal.db"]


def test_text_that_is_no_text_is_damage_and_what_stands_before_it_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    entries = written(path, 20)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE entry SET body = CAST(x'ff' AS TEXT) WHERE seq = 11")

    store, kept = reopened(path)

    assert kept == entries[:10]
    assert "journal.damaged" in store.damage


@pytest.mark.parametrize(
    "table", ["CREATE TABLE notes (text TEXT)", "CREATE TABLE entry (seq INTEGER PRIMARY KEY, words TEXT)"]
)
def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path: Path, table: str) -> None:
    path = tmp_path / "journal.db"
    with sqlite3.connect(path) as db:
        db.execute(table)
    db.close()
    content = path.read_bytes()

    with pytest.raises(Refused, match="another program"):
        JournalStore(path)

    assert path.read_bytes() == content


def test_what_cannot_be_opened_is_refused_and_not_taken_for_damaged(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.mkdir()

    with pytest.raises(Refused, match="cannot be opened now"):
        JournalStore(path)

    assert [file.name for file in tmp_path.iterdir()] == ["journal.db"]


def test_a_journal_of_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    written(path, 3)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE entry SET version = 99 WHERE seq = 2")

    with pytest.raises(Refused, match="newer version"):
        JournalStore(path)

    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM entry").fetchone() == (3,)


def test_after_a_failed_commit_nothing_is_accepted_any_more(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    store = JournalStore(path)
    store.append([paused(1)], durable=True).get(timeout=5)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("DROP TABLE entry")

    with pytest.raises(Fatal, match="cannot write"):
        store.append([paused(2)], durable=True).get(timeout=10)
    with pytest.raises(Fatal, match="cannot write"):
        store.append([paused(3)], durable=True)
    store.close()


def test_everything_acknowledged_before_kill_9_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    program = textwrap.dedent(
        """
        from gevent import monkey; monkey.patch_all()
        import sys
        from pathlib import Path
        from actors.adapters.journal_store import JournalStore
        from core.records import EntriesPaused
        store = JournalStore(Path(sys.argv[1]))
        while True:
            print(store.append([EntriesPaused(at_s=1.0, by="x", why="y")], durable=True).get(), flush=True)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(200)]
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().splitlines()
    process.wait()
    last = max(acknowledged + [int(line) for line in rest[:-1]])

    store, entries = reopened(path)

    assert store.set_aside is None
    assert len(entries) >= last
    assert entries[-1].record == replace(entries[0].record)
