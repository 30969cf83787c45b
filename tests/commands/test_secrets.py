"""Nothing secret shows anywhere: the whole product with a keystore and tokens, provoked, then all it left is read."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.commands.here import Here
from tests.commands.leaks import files, forms, leaks, written
from tests.commands.process import PROJECT, Product, environment, free_ports
from tests.commands.test_giving_up import FAULTY

PASSPHRASE = "correct-horse-battery-staple"
URL_KEY = "sesame-open-9f3a"
HOLDERS = {"api-token", "api-token-read", "passphrase"}
"""The files whose content the secrets are."""


def keystore(folder: Path) -> dict[str, str]:
    """A keystore with its passphrase file, and nodes whose addresses hold keys: the names that say so."""
    (folder / "passphrase").write_text(PASSPHRASE)
    (folder / "passphrase").chmod(0o600)
    return {
        "MICRO_PASSPHRASE_FILE": str(folder / "passphrase"),
        "MICRO_KEYSTORE_COST": "cheap",
        "SOLANA_RPC_URL": f"http://127.0.0.1:1/?api-key={URL_KEY}",
        "SOLANA_WS_URL": f"ws://127.0.0.1:1/{URL_KEY}",
    }


def test_the_search_finds_what_it_is_to_find(here: Here, tmp_path: Path) -> None:
    words = here("wallets", "init", "--print-words", **keystore(tmp_path)).stdout.splitlines()[0]
    secret = forms(words, PASSPHRASE)
    texts = [("a log", b"x " + shape + b" y") for shapes in secret.values() for shape in shapes]
    assert len(texts) > 200
    assert all(leaks(secret, [text]) for text in texts)
    assert leaks(secret, [("prose", b"the quick brown fox jumps over the lazy dog")]) == []
    assert len(written(b"0123456789")) == 8


def test_the_product_shows_no_secret_whatever_it_is_asked(
    product: Callable[..., Product], here: Here, tmp_path: Path
) -> None:
    given = keystore(tmp_path)
    words = here("wallets", "init", "--print-words", **given).stdout.splitlines()[0]
    said = list[tuple[str, bytes]]()
    running = product().start("--seed", "4", speed=60.0, **given).ready()
    tokens = [(running.state / name).read_text().strip() for name in ("api-token", "api-token-read")]
    where = {"MICRO_EXECUTOR_PORT": str(running.control_port)} | given

    for path in ("/status", "/actors", "/actors/dump", "/wallets", "/ledger", "/metrics", "/candidates", "/nowhere"):
        for port in (running.monitor_port, running.control_port):
            for token in (tokens[0], "wrong"):
                said.append((path, repr(running.get(path, port=port, token=token)).encode()))
    for path, body in (("/pause", b"{"), ("/settings", b"{}"), ("/wallets/rotate", b'{"why": 7}'), ("/resume", b"{}")):
        answer = running.request("POST", path, port=running.control_port, token=tokens[0], body=body)
        said.append((path, repr(answer).encode()))
    for line in (
        ("dump", "--out", "picture.json"),
        ("dump",),
        ("wallets", "show", "--verify"),
        ("wallets", "show", "--all"),
        ("wallets", "rotate"),
        ("wallets", "export-backup", "copy.json"),
        ("wallets", "init", "--print-words"),
        ("doctor",),
        ("record",),
        ("audit",),
        ("paper",),
        ("wallets", "show", "--set", "MICRO_SEED=x"),
    ):
        # A recording of a node that is not there would wait for it; an address that is none is refused.
        extra = {"SOLANA_WS_URL": f"http://{URL_KEY}@127.0.0.1/"} if line[0] == "record" else {}
        done = here(*line, **where | extra)
        said.append((" ".join(line), f"{done.stdout}\n{done.stderr}".encode()))
    wrong = here(
        "wallets", "show", "--verify", **where | {"MICRO_PASSPHRASE_FILE": ""}, MICRO_PASSPHRASE=PASSPHRASE + "x"
    )
    assert "wrong passphrase" in wrong.stderr
    said.append(("wrong passphrase", f"{wrong.stdout}\n{wrong.stderr}".encode()))
    running.interrupt()
    assert running.ended() == 0
    said.append(("its output", running.output.encode()))

    secret = forms(words, PASSPHRASE, URL_KEY, *tokens)
    assert leaks(secret, said) == []
    assert leaks(secret, files(tmp_path, but=HOLDERS)) == []
    assert {"copy.json", "picture.json", "state/journal.db"} <= {name for name, _ in files(tmp_path)}
    assert len(said) > 40


def test_a_process_that_crashes_with_the_keystore_open_leaves_no_secret(here: Here, tmp_path: Path) -> None:
    given = keystore(tmp_path)
    words = here("wallets", "init", "--print-words", **given).stdout.splitlines()[0]
    monitor, control = free_ports(2)
    opened = """
from core.settings import Settings
from commands.keys import opened
from msgspec.structs import replace

settings = Settings()
signer = opened(replace(settings, runtime=replace(settings.runtime, state_dir="state")), None, nodes=())
signer.addresses(0)
"""
    # The keys live in the process, and in the fault itself: what is raised names them, the frames hold them.
    faulty = FAULTY.replace("import run\n", opened + "import run\n").replace(
        'RuntimeError("a fault that comes back")',
        'RuntimeError(f"a fault that comes back {signer!r} {signer.wallet(0, next(iter(signer.addresses(0))))}")',
    )
    done = subprocess.run(
        [sys.executable, "-c", faulty, str(PROJECT), "paper", "--state", "state", "--speed", "60"],
        cwd=tmp_path,
        env=environment(MICRO_MONITOR_PORT=str(monitor), MICRO_EXECUTOR_PORT=str(control), **given),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert b"a fault that comes back Signer(***) WalletKey(" in done.stderr
    assert (tmp_path / "state" / "dump.json").exists()
    tokens = [(tmp_path / "state" / name).read_text().strip() for name in ("api-token", "api-token-read")]
    secret = forms(words, PASSPHRASE, URL_KEY, *tokens)
    assert leaks(secret, [("stdout", done.stdout), ("stderr", done.stderr)]) == []
    assert leaks(secret, files(tmp_path, but=HOLDERS)) == []
