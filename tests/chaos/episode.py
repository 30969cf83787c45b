"""One episode of live chaos: a keystore with $20, a process that is killed again and again, and what must hold."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec import Struct

DRIVEN = Path(__file__).resolve().parents[2]
SOL = 1_000_000_000
PARTS = (51_000_000, 44_750_000, 57_250_000, 51_000_000, 51_000_000)
"""$20 at $80 and two per cent more: the price moves while one pays in."""
TIME_SCALE = 60.0
LIFE_S = 3_300.0 / TIME_SCALE
PANIC_S = 30.0
START_S = 90.0
STOP_S = 150.0
REFUSED = 2
HALTS = ("daily_loss", "drawdown")
QUIET_S = 240.0
"""An episode without a new operation for so long is over: its capital no longer buys anything."""


class Ways(Struct, frozen=True, kw_only=True):
    port: int
    kill_s: float
    operations: int
    until_s: float
    """`time.monotonic` at which no new operation is waited for."""


class Operation(Struct, kw_only=True):
    """`flat_s`: its last sale. It is closed when every signature of it has an outcome, which may be a minute later."""

    opened_s: float
    flat_s: float = 0.0
    closed_s: float = 0.0
    net: int = 0
    reason: str = ""


class Findings:
    """What all episodes together came to. Used by several threads."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.operations = self.kills = self.episodes = 0
        self.ends: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.held_most_s = self.down_s = 0.0
        self.outcomes: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._running: dict[str, int] = {}

    def note_running(self, episode: str, closed: int) -> None:
        with self._lock:
            self._running[episode] = closed

    def is_enough(self, wanted: int) -> bool:
        with self._lock:
            return sum(self._running.values()) >= wanted

    def note_wrong(self, text: str) -> None:
        with self._lock:
            self.wrong.append(text)

    def note(self, episode: "Episode", end: str) -> None:
        with self._lock:
            self.episodes += 1
            self.kills += episode.kills
            self.down_s += episode.down_s
            self.ends[end] += 1
            closed = [one for one in episode.operations().values() if one.closed_s]
            self._running[episode.folder.name] = len(closed)  # those that its stop closed, too
            self.operations += len(closed)
            self.reasons.update(one.reason for one in closed)
            self.held_most_s = max(self.held_most_s, episode.held_most_s)
            self.outcomes.update(episode.outcomes())

    def report(self) -> list[str]:
        return [
            f"{self.operations} operations in {self.episodes} episodes, {self.kills} kills, {self.down_s:.0f} s down",
            f"longest held, downtime taken off: {self.held_most_s:.1f} s of {LIFE_S + PANIC_S:.0f} s allowed",
            f"exits by reason: {dict(sorted(self.reasons.items()))}",
            f"orders by outcome: {dict(sorted(self.outcomes.items()))}",
            f"episodes ended by: {dict(sorted(self.ends.items()))}",
            *(f"WRONG {text}" for text in self.wrong),
            "Nothing is wrong." if not self.wrong else f"{len(self.wrong)} things are wrong.",
        ]


class Episode:
    """`down_s`: real time without a process."""

    def __init__(self, folder: Path, ways: Ways, *, seed: int, settings: Mapping[str, str] | None = None) -> None:
        """`settings`: over those of the chaos."""
        self.folder, self.ways, self.seed = folder, ways, seed
        self._settings = dict(settings or {})
        self.state = folder / "state"
        self.kills = self.refused = 0
        self.down_s = self.held_most_s = 0.0
        self.downs: list[tuple[float, float]] = []
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        self._log = (folder / "live.log").open("ab")

    def run(self, found: Findings) -> None:
        """From the keystore to the audit."""
        self.make()
        end = self._driven(found)
        self.stop()
        self._check(found)
        found.note(self, end)

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._log.close()

    # The process.

    def _driven(self, found: Findings) -> str:
        """Kill and start until something ends the episode. What ended it."""
        self.start()
        killed_s = progress_s = time.monotonic()
        closed = 0
        while True:
            time.sleep(0.5)
            assert self._process is not None
            if self._process.poll() is not None:
                code = self._process.returncode
                found.note_wrong(f"{self.folder.name}: the process ended by itself with {code}")
                return "crash"
            now_s = time.monotonic()
            done = sum(1 for one in self.operations().values() if one.closed_s)
            if done > closed:
                closed, progress_s = done, now_s
                found.note_running(self.folder.name, closed)
            halted = self._halt()
            if halted:
                return halted
            if found.is_enough(self.ways.operations) or now_s >= self.ways.until_s:
                return "enough"
            if now_s - progress_s > QUIET_S:
                return "no more entries"
            if self.ways.kill_s and now_s - killed_s >= self.ways.kill_s:
                killed_s = now_s
                self.kill()
                self.start()

    def _halt(self) -> str:
        for record in self.records("risk_limit_reached"):
            if record["limit"] in HALTS:
                return str(record["limit"])
        return ""

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.kills += 1

    def start(self) -> None:
        """Start, again where it is refused (a node that lost its answer to the doctor), until it says that it runs."""
        began_s = time.time()
        until_s = time.monotonic() + START_S
        while not self._began(until_s):
            assert time.monotonic() < until_s, f"it did not start in {START_S:.0f} s: {self._tail()}"
            self.refused += 1
        self.downs.append((began_s, time.time()))
        self.down_s += time.time() - began_s

    def _began(self, until_s: float) -> bool:
        log = self.folder / "live.log"
        size = log.stat().st_size
        self._process = subprocess.Popen(
            [sys.executable, "run.py", "live", "--confirm-capital", self._settings.get("MICRO_CAPITAL_USD", "20")],
            cwd=DRIVEN,
            env=self.environment(),
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        while b"Stop with Ctrl-C" not in log.read_bytes()[size:]:
            if self._process.poll() is not None:
                assert self._process.returncode == REFUSED, f"it did not start: {self._tail()}"
                return False
            if time.monotonic() >= until_s:
                return False
            time.sleep(0.2)
        return True

    def stop(self) -> None:
        """In order: everything is sold and settled. What is left unresolved is taken up by another start."""
        for _ in range(3):
            assert self._process is not None
            self._process.terminate()
            self._process.wait(timeout=STOP_S)
            if not self._open():
                return
            self.start()
            time.sleep(60.0)

    def _open(self) -> bool:
        settled = {record["order_id"] for record in self.records("order_settled")}
        intended = {record["order"]["id"] for record in self.records("order_intended")}
        return bool(intended - settled) or any(not one.closed_s for one in self.operations().values())

    def make(self) -> None:
        made = self.ran("wallets", "init", "--print-words")
        assert made.returncode == 0, made.stderr
        for address, lamports in zip(self.wallets(), PARTS, strict=True):
            self.asked("requestAirdrop", address, lamports)
        time.sleep(2.0)

    def asked(self, method: str, *params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(  # our own node
            f"http://127.0.0.1:{self.ways.port}", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # our own node
            return json.loads(answer.read())["result"]

    def environment(self) -> dict[str, str]:
        """What its processes run in."""
        port = self.ways.port
        ours = {
            "MICRO_STATE_DIR": str(self.state),
            "MICRO_MONITOR_PORT": "0",
            "MICRO_EXECUTOR_PORT": "0",
            "SOLANA_RPC_URL": f"http://127.0.0.1:{port}",
            "SOLANA_WS_URL": f"ws://127.0.0.1:{port + 1}",
            "MICRO_SOL_SOURCE_URL": f"http://127.0.0.1:{port}/price",
            "MICRO_KEYSTORE_COST": "cheap",
            "MICRO_PASSPHRASE": "of a test alone",
            "MICRO_TIME_SCALE": str(TIME_SCALE),
            "MICRO_ENTRY_PROFILE": "relaxed",
            "MICRO_SEED": str(self.seed),
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MICRO_", "SOLANA_"))}
        return kept | ours | self._settings

    def _tail(self) -> str:
        return (self.folder / "live.log").read_text(errors="replace")[-600:]

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def wallets(self) -> list[str]:
        """Addresses of the first generation, in the order of their roles."""
        return self.generations()[0]

    def generations(self) -> list[list[str]]:
        """Addresses of every generation, each in the order of its roles."""
        found: list[list[str]] = json.loads((self.state / "wallets.json").read_text())["wallets"]
        return found

    def audit(self) -> "subprocess.CompletedProcess[str]":
        return self.ran("audit")

    def ran(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Another command of the product on this state directory, to its end."""
        return subprocess.run(
            [sys.executable, "run.py", *arguments],
            cwd=DRIVEN,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
        )

    # What must hold.

    def _check(self, found: Findings) -> None:
        """No double buy, no orphan token, no lamport unexplained, flat in time."""
        name = self.folder.name
        audit = self.audit()
        (self.folder / "audit.txt").write_text(audit.stdout + audit.stderr)
        if audit.returncode != 0:
            found.note_wrong(f"{name}: {(audit.stdout + audit.stderr).strip()[-400:]}")
        for record in self.records("unjournaled_found"):
            found.note_wrong(f"{name}: {record['what']}")
        for record in self.records("position_adopted"):
            found.note_wrong(f"{name}: {record['mint']} was bought and not booked")
        if self._open():
            found.note_wrong(f"{name}: not everything is settled")
        self._check_buys(found)
        for operation_id, one in self.operations().items():
            held_s = one.flat_s - one.opened_s - self._down_between(one.opened_s, one.flat_s)
            self.held_most_s = max(self.held_most_s, held_s)
            if held_s > LIFE_S + PANIC_S:
                found.note_wrong(f"{name}: {operation_id} was held for {held_s:.0f} s")

    def _check_buys(self, found: Findings) -> None:
        """Of each intent one transaction filled, and of each operation one entry."""
        intended = {record["order"]["id"]: record["order"] for record in self.records("order_intended")}
        filled = Counter(
            record["order_id"] for record in self.records("order_settled") if record["outcome"] == "filled"
        )
        entries = Counter(intended[one]["operation_id"] for one in filled if intended[one]["purpose"] == "entry")
        for text, count in (*filled.items(), *entries.items()):
            if count > 1:
                found.note_wrong(f"{self.folder.name}: {text} was carried out {count} times")

    def _down_between(self, opened_s: float, closed_s: float) -> float:
        return sum(max(min(until_s, closed_s) - max(since_s, opened_s), 0.0) for since_s, until_s in self.downs)

    def operations(self) -> dict[str, Operation]:
        """By id, from the journal alone. A first fill opens one, `operation_closed` ends it."""
        found: dict[str, Operation] = {}
        for record in self.records("order_settled"):
            purpose, operation_id, *_ = record["order_id"].split(".")
            if record["outcome"] != "filled":
                continue
            if purpose == "entry":
                found[operation_id] = Operation(opened_s=record["settlement"]["at_s"])
            elif purpose in {"exit", "panic"} and operation_id in found:
                found[operation_id].flat_s = record["settlement"]["at_s"]
        for record in self.records("operation_closed"):
            one = found.get(record["operation_id"])
            if one is not None:
                one.closed_s, one.net, one.reason = record["at_s"], record["net_lamports"], record["reason"]
        return found

    def outcomes(self) -> Counter[str]:
        return Counter(record["outcome"] for record in self.records("order_settled"))

    def records(self, kind: str) -> list[dict[str, Any]]:
        path = self.state / "journal.db"
        if not path.exists():
            return []
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0)) as db:
                rows = db.execute("SELECT body FROM entry WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
        except sqlite3.OperationalError:
            return []  # between its making and its first table, or being recovered after a kill
        return [json.loads(body) for (body,) in rows]
