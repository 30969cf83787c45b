"""Each check fails for what it looks for, in one line that says how to mend it, and changes nothing."""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import time
from typing import Any

import gevent
import pytest

from actors.adapters.journal_store import JournalStore, checksum
from actors.adapters.keys import private_file
from actors.adapters.state_directory import StateDirectory
from commands.doctor import machine
from core.chain.programs import PUMP, PUMPSWAP
from core.ledger.postings import of_capital
from core.records import CapitalOpened, RunStopped
from core.rules.doctor import DoctorRule
from tests.actors.adapters.node import Node
from tests.actors.adapters.rpc.server import Failure, NodeServer
from tests.commands.here import Here
from tests.ledger.journal import PARTS

CHEAP = {"MICRO_PASSPHRASE": "a long enough one", "MICRO_KEYSTORE_COST": "cheap"}


def rows(here: Here, *arguments: str, **given: str) -> dict[str, tuple[str, str]]:
    """The answer of `doctor --json`: outcome and text by check."""
    done = here("doctor", "--json", *arguments, **given)
    answer = json.loads(done.stdout)
    assert done.returncode == (0 if answer["healthy"] else 1)
    assert all(row["text"] and "\n" not in row["text"] for row in answer["checks"])
    return {row["check"]: (row["outcome"], row["text"]) for row in answer["checks"]}


def healthy_node() -> NodeServer:
    server = NodeServer(slot=5_000)
    account = {"lamports": 1, "owner": PUMP, "data": ["", "base64"], "executable": True, "rentEpoch": 0, "space": 0}
    server.replies |= {
        "getSlot": lambda _: server.slot,
        "getBlockTime": lambda _: int(time()),
        "getMultipleAccounts": lambda asked: server.at_slot([account] * len(asked[0])),
    }
    return server


@pytest.fixture
def serve() -> Iterator[Callable[[], NodeServer]]:
    made = list[NodeServer]()

    def make() -> NodeServer:
        made.append(healthy_node())
        return made[-1]

    with gevent.Timeout(60):
        yield make
    for server in made:
        server.stop()


def test_a_fresh_machine_is_healthy_for_paper_and_not_for_live_and_nothing_is_made(here: Here, tmp_path: Path) -> None:
    before = rows(here)
    assert {outcome for outcome, _ in before.values()} == {"pass", "unknown"}
    assert [name for name, (outcome, _) in before.items() if outcome == "unknown"] == [
        "keystore",
        "nodes",
        "clock",
        "programs",
        "socket",
        "canary",
    ]
    assert here("doctor").returncode == 0
    live = here("doctor", "--live")
    assert live.returncode == 1
    assert live.stdout.endswith("Not healthy.\n")
    assert list(tmp_path.iterdir()) == []


def test_everything_in_order_is_healthy_for_live_too(here: Here, serve: Callable[[], NodeServer]) -> None:
    first, second, feed = serve(), serve(), Node()
    second.slot = first.slot - 3
    here("wallets", "init", "--print-words", **CHEAP)
    found = rows(here, "--live", SOLANA_RPC_URL=f"{first.url}, {second.url}", SOLANA_WS_URL=feed.url)
    feed.stop()
    assert found.pop("canary")[0] == "unknown"  # this node knows no program: the gate goes on asking
    assert {outcome for outcome, _ in found.values()} == {"pass"}, found
    assert "2 answer" in found["nodes"][1]
    assert "3 slots apart" in found["nodes"][1]
    assert "sesame" not in str(found)


def test_settings_that_cannot_be_are_a_finding(here: Here) -> None:
    assert rows(here, MICRO_SEDE="1") == {
        "settings": ("fail", "unknown setting MICRO_SEDE; did you mean MICRO_SEED? (in the environment)")
    }
    outcome, text = rows(here, MICRO_SEED="3")["settings"]
    assert (outcome, text) == ("pass", "1 differ from their defaults: MICRO_SEED")


@pytest.mark.parametrize("name", ["keystore.json", "wallets.json", "api-token", "api-token-read"])
def test_a_secret_file_that_others_may_read(here: Here, tmp_path: Path, name: str) -> None:
    here("wallets", "init", "--print-words", **CHEAP)
    path = tmp_path / "state" / name
    path.touch(mode=0o600)
    assert rows(here)["modes"][0] == "pass"
    path.chmod(0o644)
    outcome, text = rows(here)["modes"]
    assert outcome == "fail"
    assert f"run: chmod 600 state/{name}" in text


def test_other_private_places_that_are_open(here: Here, tmp_path: Path) -> None:
    here("wallets", "init", "--print-words", **CHEAP)
    (tmp_path / "state").chmod(0o755)
    assert "run: chmod 700 state" in rows(here)["modes"][1]
    (tmp_path / "state").chmod(0o700)

    (tmp_path / "passphrase").write_text("a long enough one")
    (tmp_path / "passphrase").chmod(0o640)
    assert "chmod 600 passphrase" in rows(here, MICRO_PASSPHRASE_FILE="passphrase")["modes"][1]
    assert "cannot be read: No such file" in rows(here, MICRO_PASSPHRASE_FILE="absent")["modes"][1]

    settings = tmp_path / ".env.micro-lightning"
    settings.write_text("SOLANA_RPC_URL=http://127.0.0.1:1\n")
    settings.chmod(0o644)
    assert rows(here)["modes"][0] == "pass"
    settings.write_text("SOLANA_RPC_URL=http://127.0.0.1:1/?api-key=sesame\n")
    assert "chmod 600 .env.micro-lightning" in rows(here)["modes"][1]


def test_who_has_the_state_directory_and_what_was_set_aside_in_it(here: Here, tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "state")
    assert rows(here)["state"] == ("pass", "state: nobody runs on it")
    state.lock()
    (state.path / "dump.json").write_text("{}")
    assert rows(here)["state"] == (
        "pass",
        f"state: process {os.getpid()} runs on it; dump.json is of a run that gave up",
    )
    state.unlock()
    (state.path / "journal.tail-7.jsonl").write_text("")
    assert rows(here)["state"][0] == "fail"
    assert "journal.tail-7.jsonl, set aside as damaged" in rows(here)["state"][1]


def test_a_disk_that_is_full_slow_or_read_only(here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "make room" in rows(here, MICRO_DOCTOR_FREE_LEAST_BYTES=str(1 << 60))["disk"][1]
    assert "use a faster disk" in rows(here, MICRO_DOCTOR_FSYNC_MOST_S="0")["fsync"][1]

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    found = machine.fsync(DoctorRule(), tmp_path)
    assert (found.outcome, "Input/output error" in found.reason) == ("fail", True)
    assert "cannot be written" in machine.fsync(DoctorRule(), Path("/proc/self")).reason
    assert list(tmp_path.iterdir()) == []


def written(path: Path) -> None:
    path.parent.mkdir(exist_ok=True, mode=0o700)
    store = JournalStore(path)
    opened = CapitalOpened(
        at_s=1_000.0, mode="paper", seed=1, capital_usd=20.0, sol_usd=80.0, postings=of_capital(PARTS)
    )
    store.append([opened, RunStopped(at_s=2_000.0, reason="for a test")], durable=True).get()
    store.close()


def test_a_journal_that_is_whole_damaged_unbalanced_or_somebody_elses(here: Here, tmp_path: Path) -> None:
    path = tmp_path / "state" / "journal.db"
    written(path)
    outcome, text = rows(here)["journal"]
    assert (outcome, "whole and balanced" in text) == ("pass", True)

    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE entry SET body = replace(body, 'for a test', 'for a tesT')")
        db.commit()
    before = path.read_bytes()
    outcome, text = rows(here)["journal"]
    assert outcome == "fail"
    assert "does not match its checksum" in text
    assert path.read_bytes() == before

    path.write_bytes(b"no database at all" * 100)
    assert rows(here)["journal"][0] == "fail"


def test_books_that_do_not_add_up(here: Here, tmp_path: Path) -> None:
    path = tmp_path / "state" / "journal.db"
    written(path)
    with closing(sqlite3.connect(path)) as db:
        last = 0
        for seq, body in db.execute("SELECT seq, body FROM entry ORDER BY seq").fetchall():
            changed = body.replace('"external",-', '"external",-1') if seq == 1 else body
            last = checksum(last, seq, changed)
            db.execute("UPDATE entry SET body = ?, checksum = ? WHERE seq = ?", (changed, last, seq))
        db.commit()
    outcome, text = rows(here)["journal"]
    assert outcome == "fail"
    assert "the books are wrong" in text


def test_a_keystore_that_is_damaged_or_cheap_for_a_node_elsewhere(here: Here, tmp_path: Path) -> None:
    here("wallets", "init", "--print-words", **CHEAP)
    elsewhere = {"SOLANA_RPC_URL": "https://203.0.113.1", "MICRO_RPC_TIMEOUT_S": "0.05", "MICRO_RPC_ATTEMPTS": "1"}
    assert rows(here)["keystore"][0] == "pass"
    assert "was made for tests" in rows(here, **elsewhere)["keystore"][1]
    assert rows(here, MICRO_KEYSTORE_ALLOW_CHEAP="true", **elsewhere)["keystore"][0] == "pass"
    path = tmp_path / "state" / "keystore.json"
    content = path.read_bytes()
    private_file.write(path, content[:-9], "it", replace=True)
    assert "damaged" in rows(here)["keystore"][1]
    private_file.write(path, content, "it", replace=True)
    (tmp_path / "state" / "wallets.json").unlink()
    assert rows(here)["keystore"][0] == "fail"


def test_nodes_that_are_gone_behind_stuck_or_of_another_chain(here: Here, serve: Callable[[], NodeServer]) -> None:
    good, bad = serve(), serve()
    both = {"SOLANA_RPC_URL": f"{good.url},{bad.url}", "MICRO_RPC_ATTEMPTS": "1"}

    bad.slot = good.slot - 100
    assert "is 100 slots behind" in rows(here, **both)["nodes"][1]

    bad.replies["getSlot"] = Failure(-32005, "Node is unhealthy")
    assert rows(here, **both)["nodes"][0] == "fail"

    bad.stop()
    found = rows(here, **both)["nodes"]
    assert found[0] == "fail"
    assert f"127.0.0.1:{bad.server.server_port}" in found[1]
    assert "sesame" not in found[1]

    alone = {"SOLANA_RPC_URL": good.url, "MICRO_RPC_ATTEMPTS": "1"}
    answers: list[tuple[Any, str, str]] = [
        (lambda _: int(time()) - 60, "fail", "s ahead of the newest"),
        (lambda _: int(time()) + 60, "fail", "behind the newest block's time"),
        (None, "unknown", "the time of none"),
        (Failure(-32009, "Slot was skipped"), "unknown", "the time of none"),
    ]
    for answer, outcome, says in answers:
        good.replies["getBlockTime"] = answer
        clock = rows(here, **alone)["clock"]
        assert (clock[0], says in clock[1]) == (outcome, True), clock

    good.replies["getMultipleAccounts"] = lambda asked: good.at_slot([None] * len(asked[0]))
    assert "pump and PumpSwap not found" in rows(here, **alone)["programs"][1]
    assert good.requests[-1]["params"][0] == [PUMP, PUMPSWAP]


def test_other_greenlets_go_on_while_the_disk_is_waited_for(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    hub, threads = threading.get_ident(), list[int]()
    real = os.fsync

    def noted(handle: int) -> None:
        threads.append(threading.get_ident())
        real(handle)

    monkeypatch.setattr(os, "fsync", noted)
    assert rows(here)["fsync"][0] == "pass"
    assert threads
    assert hub not in threads


def test_a_socket_that_does_not_open_and_addresses_that_are_none(here: Here) -> None:
    assert "does not open" in rows(here, SOLANA_WS_URL="ws://127.0.0.1:1/?key=sesame")["socket"][1]
    assert "would go unencrypted" in rows(here, SOLANA_WS_URL="ws://203.0.113.1/")["socket"][1]
    found = rows(here, SOLANA_RPC_URL="http://203.0.113.1/?key=sesame")
    assert {found[name][0] for name in ("nodes", "clock", "programs")} == {"fail"}
    assert "sesame" not in str(found)
