"""Live with its keys open: asked everything, provoked, dumped, stopped; nothing it says or leaves holds a secret."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from actors.adapters.keys import sealed
from actors.adapters.keys.secret import Secret
from actors.adapters.keys.signer import Signer
from core.types import Role
from localnet import genesis
from localnet.chain import Pace
from localnet.node import Node
from tests.commands.here import Here
from tests.commands.leaks import files, forms, leaks
from tests.commands.process import Product, command, environment
from tests.commands.test_secrets import HOLDERS, PASSPHRASE, keystore

SPARE_LAMPORTS = 100_000_000


class Live(Product):
    """`run.py live` against a node on this machine."""

    def begin(self, **given: str) -> "Live":
        sets = [text for setting in self.settings for text in ("--set", setting)]
        self.output = ""
        self.process = subprocess.Popen(
            command("live", "--confirm-capital", "20", "--state", str(self.state), *sets),
            cwd=self.folder,
            env=environment(PYTHONUNBUFFERED="1", **given),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self


@pytest.fixture
def node() -> Iterator[Node]:
    made = Node(pace=Pace(slot_s=0.2, finalized_slots=8))
    made.start()
    yield made
    made.stop()


def test_live_shows_no_secret_whatever_it_is_asked(here: Here, tmp_path: Path, node: Node) -> None:
    given = keystore(tmp_path) | {
        "SOLANA_RPC_URL": node.url,
        "SOLANA_WS_URL": node.socket_url,
        "MICRO_SOL_SOURCE_URL": f"{node.url}/price",
    }
    words = here("wallets", "init", "--print-words", **given).stdout.splitlines()[0]
    signer = Signer(Secret(words))
    for role in Role:
        node.chain.bank.put(signer.wallet(0, role).pubkey(), genesis.wallet(SPARE_LAMPORTS))
    said = list[tuple[str, bytes]]()
    live = Live(tmp_path)
    where = {"MICRO_EXECUTOR_PORT": str(live.control_port)} | given
    try:
        live.begin(**given).ready()
        tokens = [(live.state / name).read_text().strip() for name in ("api-token", "api-token-read")]
        environ = Path(f"/proc/{live.running.pid}/environ").read_bytes()
        for path in ("/status", "/actors", "/actors/dump", "/wallets", "/ledger", "/metrics", "/health", "/nowhere"):
            for token in (tokens[0], "wrong"):
                said.append((path, repr(live.get(path, port=live.control_port, token=token)).encode()))
        for path, body in (("/pause", b"{"), ("/settings", b"{}"), ("/wallets/rotate", b"{}"), ("/operations", b"{}")):
            answer = live.request("POST", path, port=live.control_port, token=tokens[0], body=body)
            said.append((path, repr(answer).encode()))
        for line in (("dump", "--out", "picture.json"), ("wallets", "sweep"), ("doctor",), ("wallets", "show")):
            done = here(*line, **where)
            said.append((" ".join(line), f"{done.stdout}\n{done.stderr}".encode()))
        with gevent.Timeout(90):
            live.interrupt()
            code = live.ended()
    finally:
        live.close()
    said.append(("its output", live.output.encode()))

    assert code == 0, live.output
    assert "Micro-Lightning live, generation 0" in live.output
    secret = forms(words, PASSPHRASE, *tokens)
    assert leaks(secret, said) == []
    assert leaks(secret, [("its environment", environ)]) == []
    assert leaks(secret, files(tmp_path, but=HOLDERS)) == []
    assert {"picture.json", "state/journal.db"} <= {name for name, _ in files(tmp_path)}
    assert signer.address(0, Role.LIGHTNING).encode() in dict(said)["wallets show"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"MICRO_PASSPHRASE_FILE": "absent"}, "cannot be read: No such file"),
        ({"MICRO_PASSPHRASE_FILE": ""}, "the keystore needs its passphrase"),
        ({"MICRO_PASSPHRASE_FILE": "", "MICRO_PASSPHRASE": "not the right one"}, "wrong passphrase for "),
    ],
)
def test_live_without_its_passphrase_is_refused_in_one_line(
    here: Here, tmp_path: Path, node: Node, changed: dict[str, str], says: str
) -> None:
    given = keystore(tmp_path) | {"SOLANA_RPC_URL": node.url, "SOLANA_WS_URL": node.socket_url}
    here("wallets", "init", "--print-words", **given)
    ports = {"MICRO_MONITOR_PORT": "0", "MICRO_EXECUTOR_PORT": "0"}
    done = here("live", "--confirm-capital", "20", **given | ports | changed)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert "not the right one" not in done.stderr


def test_a_restored_keystore_is_funded_where_it_was_used_last(here: Here, tmp_path: Path, node: Node) -> None:
    given = keystore(tmp_path) | {
        "SOLANA_RPC_URL": node.url,
        "SOLANA_WS_URL": node.socket_url,
        "MICRO_SOL_SOURCE_URL": f"{node.url}/price",
        "MICRO_RPC_BUDGET_CALLS": "100000",
        "MICRO_MONITOR_PORT": "0",
        "MICRO_EXECUTOR_PORT": "0",
    }
    words = sealed.new_words()
    signer = Signer(words)
    node.chain.bank.put(signer.wallet(2, Role.LIGHTNING).pubkey(), genesis.wallet(1_000_000))
    with gevent.Timeout(60):
        gevent.sleep(2.0)  # slots that end, so that it is confirmed
        restored = here("wallets", "init", "--from-words", typed=words.reveal(), **given)
        refused = here("live", "--confirm-capital", "20", **given)
    assert "generation 2" in restored.stdout
    assert refused.returncode == 2
    assert f"lightning ({signer.address(2, Role.LIGHTNING)}) lacks" in refused.stderr
