"""`run.py paper` as a person meets it: started, asked, interrupted, started again, with a state that is wrong."""

import json
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.evidence import Follower, faults, journal_of, landings_of
from tests.commands.process import START_S, Product, ran

EARLY = ("MICRO_ENTRY_PROFILE=relaxed",)
SEED = 4
"""With that profile a position opens after 92 s of market time and is held for minutes."""
SHORT_LIFE = "MICRO_LIFE_MAX_S=290"
"""A life limit under which every position has less than five minutes left."""

NOBODY = "So11111111111111111111111111111111111111112"
"""A mint that is not held."""

Make = Callable[..., Product]


def held(product: Product) -> str:
    """Wait until it serves and a position is open; its operation's id."""
    product.ready()
    follower, deadline_s = Follower(product.state / "journal.db"), time.monotonic() + START_S
    try:
        while time.monotonic() < deadline_s:
            books = follower.look()
            operation = next(iter(books.operations.values()), None)
            if operation is not None and operation.tokens:
                return operation.id
            time.sleep(0.01)
    finally:
        follower.close()
    raise AssertionError("nothing was bought")


def without_tracebacks(product: Product) -> bool:
    return "Traceback" not in product.output


def problem(product: Product, answer: tuple[int, object]) -> tuple[int, str]:
    """Status and detail of a refusal, which must be a problem document."""
    status, body = answer
    assert product.content_type.startswith("application/problem+json")
    assert isinstance(body, dict)
    assert body["status"] == status
    return status, body["detail"]


def test_whatever_is_asked_of_a_running_process_that_it_cannot_do_changes_nothing(product: Make):
    running = product().start(speed=60).ready()
    control, token = running.control_port, running.token()
    read_token = (running.state / "api-token-read").read_text().strip()
    body = json.dumps({"why": "test"}).encode()

    def refused(method: str, path: str, **how: object) -> tuple[int, str]:
        return problem(running, running.request(method, path, **how))  # type: ignore[arg-type]  # named arguments

    assert refused("POST", "/pause", body=body, port=control)[0] == 401
    assert refused("POST", "/pause", body=body, port=control, token="wrong")[0] == 401
    assert refused("GET", "/status", port=control)[0] == 401
    assert refused("POST", "/emergency", body=b"{}")[0] == 401
    assert refused("POST", "/pause", body=body, port=control, token=read_token)[0] == 403
    status, detail = refused("POST", "/pause", body=b" " * 70_000, port=control, token=token)
    assert (status, "65536 bytes" in detail) == (413, True)
    assert refused("POST", "/pause", body=b"{", port=control, token=token)[0] == 400
    assert refused("POST", "/pause", body=b'{"wy": "test"}', port=control, token=token)[0] == 400
    assert refused("GET", "/nothing")[0] == 404
    assert refused("DELETE", "/status")[0] == 405
    assert refused("GET", "/operations?limt=3")[0] == 400
    assert refused("GET", "/status", host="evil.example")[0] == 421
    assert refused("POST", f"/positions/{NOBODY}/exit", body=body, port=control, token=token)[0] == 404

    assert running.get("/ledger?kind=operator_acted")[1]["items"] == []
    assert running.get("/ledger?kind=entries_paused")[1]["items"] == []

    status, reread = running.request("POST", "/settings", body=body, port=control, token=token)
    assert (status, reread["applied"], reread["after_restart"]) == (202, [], [])

    pid = running.running.pid
    for second in (
        ran(running.folder, "paper", "--state", str(running.state), MICRO_MONITOR_PORT="0", MICRO_EXECUTOR_PORT="0"),
        ran(running.folder, "audit", "--state", str(running.state)),
    ):
        assert second.returncode == 2
        assert second.stderr == (
            f"micro-lightning: the state directory {running.state} is in use by process {pid}; "
            "stop it, or set another MICRO_STATE_DIR\n"
        )

    running.terminate()
    assert running.ended() == 0
    assert "Nothing is held." in running.output
    again = running.start(speed=60).ready()
    assert len(again.get("/ledger?kind=run_started")[1]["items"]) == 2
    again.interrupt()
    assert again.ended() == 0
    assert without_tracebacks(again)
    audit = ran(running.folder, "audit", "--state", str(running.state))
    assert (audit.returncode, audit.stderr) == (0, "")


def test_a_position_is_held_over_a_stop_and_not_over_one_that_would_break_its_life_limit(product: Make, tmp_path: Path):
    paper = product(SEED, EARLY).start(speed=60)
    operation = held(paper)
    paper.terminate()
    assert paper.ended() == 0
    assert "Held for the next start: " in paper.output

    paper.start("--set", SHORT_LIFE, speed=60).ready()
    assert [one["id"] for one in paper.get("/positions")[1]["items"]] == [operation]
    paper.interrupt()
    paper.wait_for("would pass its life limit while the process is down. Entries are off")
    assert paper.running.poll() is None
    paper.interrupt()
    assert paper.ended() == 0
    assert "Held for the next start: " in paper.output

    paper.start("--set", SHORT_LIFE, speed=60).ready()
    assert [one["id"] for one in paper.get("/positions")[1]["items"]] == [operation]
    paper.interrupt()
    paper.wait_for("it stops when these are flat")
    assert paper.get("/status")[0] == 200
    assert paper.ended() == 0
    assert "Nothing is held." in paper.output
    assert without_tracebacks(paper)

    journal = journal_of(paper.state, tmp_path / "copy")
    assert [op.id for op in journal.books.closed] == [operation]
    assert list(faults(journal, landings_of(paper.state))) == []
    assert ran(paper.folder, "audit", "--state", str(paper.state)).returncode == 0


def test_what_is_wrong_with_a_state_directory_is_said_at_the_start_and_nothing_good_is_lost(
    product: Make, tmp_path: Path
):
    paper = product(SEED, EARLY).start(speed=60)
    held(paper)
    paper.kill()
    whole = tmp_path / "whole"
    shutil.copytree(paper.state, whole)
    entries = journal_of(whole, tmp_path / "copy").rows

    _alter(paper.state / "journal.db", "UPDATE entry SET body = '{}' WHERE seq = (SELECT max(seq) FROM entry)")
    paper.start(speed=0.001).ready()
    assert "The journal was damaged; what could not be trusted was set aside: " in paper.output
    assert "does not match its checksum" in paper.output
    damage = paper.get("/status")[1]["journal_damage"]
    assert f"1 entries from {len(entries)} on are kept in " in damage
    assert Path(damage.partition("are kept in ")[2]).exists()
    assert [one["key"] for one in paper.get("/alerts")[1]["items"]] == ["journal_damaged"]
    paper.kill()
    assert without_tracebacks(paper)
    assert journal_of(paper.state, tmp_path / "copy").rows[: len(entries) - 1] == entries[:-1]

    def refused(words: str) -> None:
        before = _contents(paper.state / "journal.db", tmp_path / "copy")
        paper.start(speed=60)
        assert paper.ended() == 2
        assert words in paper.output
        assert paper.output.startswith("micro-lightning: ")
        assert paper.output.count("\n") == 1
        assert _contents(paper.state / "journal.db", tmp_path / "copy") == before

    _restore(whole, paper.state)
    _alter(paper.state / "journal.db", "UPDATE entry SET version = 99 WHERE seq = 2")
    refused("was written by a newer version (schema 99); start that version")

    _restore(whole, paper.state)
    for path in paper.state.glob("journal*"):
        path.unlink()
    refused("holds a paper chain without its journal; restore it, or choose another MICRO_STATE_DIR")

    _restore(whole, paper.state)
    for path in paper.state.glob("paper*"):
        path.unlink()
    refused("holds a journal without its paper.db; restore it, or choose another MICRO_STATE_DIR")
    assert not list(paper.state.glob("paper*"))

    (paper.state / "journal.db").write_bytes(b"my diary " * 1_000)
    refused("is not a readable journal")


def test_books_that_lost_their_end_are_found_to_differ_from_the_chain_and_nothing_is_entered(product: Make):
    paper = product(SEED, EARLY).start(speed=60)
    held(paper)
    paper.kill()
    _alter(
        paper.state / "journal.db",
        "DELETE FROM entry WHERE seq >= (SELECT min(seq) FROM entry WHERE kind = 'order_intended')",
    )

    paper.start(speed=60).ready()

    assert "The books and the paper chain differ, so entries are paused until you resume: " in paper.output
    assert "wallet:lightning: the books say " in paper.output
    alerts = paper.get("/alerts")[1]["items"]
    assert [(one["key"], one["severity"]) for one in alerts] == [("books_differ", "critical")]
    deadline_s = time.monotonic() + START_S
    while not (entries := paper.get("/status")[1]["entries"])["paused"]:
        assert time.monotonic() < deadline_s
    assert (entries["open"], entries["paused_why"]) == (False, "books and chain differ")
    paper.terminate()
    assert paper.ended() == 0
    audit = ran(paper.folder, "audit", "--state", str(paper.state))
    assert audit.returncode == 1
    assert "WRONG wallet:lightning" in audit.stdout


def _contents(journal: Path, copy: Path) -> object:
    """What the file says, from a copy: its rows, its bytes where it is no database, None where it is not there."""
    if not journal.exists():
        return None
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for path in journal.parent.glob("journal.db*"):
        shutil.copy(path, copy)
    db = sqlite3.connect(copy / "journal.db")
    try:
        return db.execute("SELECT * FROM entry ORDER BY seq").fetchall()
    except sqlite3.DatabaseError:
        return journal.read_bytes()
    finally:
        db.close()


def _alter(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as db:
        assert db.execute(statement).rowcount > 0
    db.close()


def _restore(whole: Path, state: Path) -> None:
    shutil.rmtree(state)
    shutil.copytree(whole, state)
