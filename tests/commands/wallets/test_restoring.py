"""A fresh machine with nothing but the words and a node: every generation that was ever in use is found."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent.threadpool import ThreadPool

from actors.adapters.keys import sealed
from actors.adapters.keys.signer import Signer
from actors.adapters.keys.vault import Vault
from core.types import Role
from tests.actors.adapters.rpc.server import NodeServer
from tests.commands.here import Here

WORDS = sealed.new_words()
SIGNER = Signer(WORDS)
GIVEN = {"MICRO_PASSPHRASE": "quite another one", "MICRO_KEYSTORE_COST": "cheap", "MICRO_RPC_BUDGET_CALLS": "10000"}


class Chain:
    """A node that remembers some addresses."""

    def __init__(self) -> None:
        self.server = NodeServer()
        self.balances = set[str]()
        self.tokens = set[str]()
        self.histories = set[str]()
        self.server.replies |= {
            "getMultipleAccounts": lambda asked: self.server.at_slot([self._account(one) for one in asked[0]]),
            "getTokenAccountsByOwner": lambda asked: self.server.at_slot(self._tokens(asked[0])),
            "getSignaturesForAddress": lambda asked: self._history(asked[0]),
        }

    def _account(self, address: str) -> dict[str, Any] | None:
        if address not in self.balances:
            return None
        return {
            "lamports": 1,
            "owner": "11111111111111111111111111111111",
            "data": ["", "base64"],
            "executable": False,
            "rentEpoch": 0,
            "space": 0,
        }

    def _tokens(self, owner: str) -> list[dict[str, Any]]:
        if owner not in self.tokens:
            return []
        data = bytes(32) + bytes(SIGNER.wallet_at(owner).pubkey()) + (5).to_bytes(8, "little") + bytes(36) + b"\1"
        account = self._account(next(iter(self.balances | {owner}))) or {
            "lamports": 2_039_280,
            "executable": False,
            "rentEpoch": 0,
            "space": 165,
        }
        whole = data.ljust(165, b"\0")
        account |= {
            "owner": "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
            "data": [b64encode(whole).decode(), "base64"],
        }
        return [{"pubkey": owner, "account": account}]

    def _history(self, address: str) -> list[dict[str, Any]]:
        if address not in self.histories:
            return []
        one = {"signature": "5" * 88, "slot": 9, "err": None, "memo": None, "blockTime": None}
        return [one | {"confirmationStatus": "finalized"}]


@pytest.fixture
def chain() -> Iterator[Chain]:
    made = Chain()
    with gevent.Timeout(60):
        yield made
    made.server.stop()


def kept_generation(folder: Path) -> int:
    return Vault(folder / "state", ThreadPool(1)).addresses().generation


@pytest.mark.parametrize("trace", ["balances", "tokens", "histories"])
def test_restored_from_words_it_finds_the_newest_generation_by_any_trace(
    here: Here, tmp_path: Path, chain: Chain, trace: str
) -> None:
    chain.balances.add(SIGNER.address(0, Role.LIGHTNING))
    # Two empty generations hide nothing; three would.
    getattr(chain, trace).add(SIGNER.address(3, Role.TACTICAL_EXIT))
    chain.balances.add(SIGNER.address(7, Role.LIGHTNING))

    done = here("wallets", "init", "--from-words", typed=WORDS.reveal(), SOLANA_RPC_URL=chain.server.url, **GIVEN)

    assert done.returncode == 0, done.stderr
    assert kept_generation(tmp_path) == 3
    assert "generation 3" in done.stdout
    assert SIGNER.address(3, Role.LIGHTNING) in done.stdout
    assert "sesame" not in done.stdout


def test_without_a_node_it_says_so_and_verify_looks_later(here: Here, tmp_path: Path, chain: Chain) -> None:
    chain.histories.add(SIGNER.address(2, Role.PSYCHOLOGY))
    done = here("wallets", "init", "--from-words", typed=WORDS.reveal(), **GIVEN)
    assert "set SOLANA_RPC_URL, then run `wallets show --verify`" in done.stdout
    assert kept_generation(tmp_path) == 0

    shown = here("wallets", "show", "--verify", SOLANA_RPC_URL=chain.server.url, **GIVEN)

    assert "Generation 2 (present)" in shown.stdout
    assert kept_generation(tmp_path) == 2


def test_a_node_that_cannot_tell_makes_nothing(here: Here, tmp_path: Path, chain: Chain) -> None:
    chain.server.stop()
    done = here("wallets", "init", "--from-words", typed=WORDS.reveal(), SOLANA_RPC_URL=chain.server.url, **GIVEN)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "state" / "keystore.json").exists()


def test_where_calls_are_rationed_it_waits_for_its_turn(here: Here, tmp_path: Path, chain: Chain) -> None:
    chain.balances.add(SIGNER.address(1, Role.LIGHTNING))
    rationed = {"MICRO_RPC_BUDGET_CALLS": "60", "MICRO_RPC_BUDGET_WITHIN_S": "1.5"} | {
        "MICRO_RPC_TIMEOUT_S": "0.5",
        "MICRO_RPC_ATTEMPTS": "1",
    }
    done = here(
        "wallets", "init", "--from-words", typed=WORDS.reveal(), SOLANA_RPC_URL=chain.server.url, **GIVEN | rationed
    )
    assert done.returncode == 0, done.stderr
    assert kept_generation(tmp_path) == 1


def test_new_words_ask_no_node(here: Here, chain: Chain) -> None:
    done = here("wallets", "init", "--print-words", SOLANA_RPC_URL=chain.server.url, **GIVEN)
    assert done.returncode == 0
    assert chain.server.requests == []
