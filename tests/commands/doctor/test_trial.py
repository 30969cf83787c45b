"""The canary of `doctor` against a node that runs the programs: green, unfunded, without a coin, after an upgrade."""

from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from gevent.threadpool import ThreadPool

from actors.adapters.keys import sealed
from actors.adapters.keys.secret import Secret
from actors.adapters.keys.signer import Signer
from actors.adapters.keys.vault import Vault
from commands.doctor import trial
from core.chain.build import curve
from core.rules.rpc_budget import RpcBudgetRule
from core.rules.verdict import Outcome, Verdict
from core.settings import Settings
from core.types import Role
from localnet import genesis
from localnet.chain import Pace
from localnet.faults import Switches
from localnet.node import Node
from tests.localnet.stage import Stage

WORDS = sealed.new_words()
SETTINGS = Settings(rpc_budget=RpcBudgetRule(calls=100_000))


class World:
    def __init__(self, folder: Path) -> None:
        self.vault = Vault(folder, ThreadPool(1))
        self.vault.create(WORDS, Secret("a long enough one"), "cheap")
        self.node = Node(pace=Pace(finalized_slots=4))
        self.node.start(ticking=False)
        self.stage = Stage()
        self.stage.chain = self.node.chain

    def fund(self) -> None:
        key = Signer(WORDS).wallet(0, Role.PSYCHOLOGY).pubkey()
        self.node.chain.bank.put(key, genesis.wallet(50_000_000))

    def trade(self) -> None:
        coin = self.stage.coin(self.stage.rich("creator"))
        user = self.stage.rich("user")
        buy = curve.buy_exact_quote_in_v2(coin.accounts(user), 100_000_000, 1)
        self.stage.done([coin.open(user), buy], user)
        for _ in range(3):
            self.node.chain.advance()

    def verdict(self) -> Verdict:
        return trial.canary(SETTINGS, self.vault, (self.node.url,))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    with gevent.Timeout(60):
        yield made
    made.node.stop()


def test_it_passes_where_the_smallest_buy_and_sale_go_through(world: World) -> None:
    world.fund()
    world.trade()
    found = world.verdict()
    assert (found.outcome, found.reason) == (Outcome.PASS, "the smallest buy and sell go through")


def test_without_funds_a_coin_or_a_keystore_nothing_is_known(world: World, tmp_path: Path) -> None:
    world.fund()
    assert (world.verdict().outcome, "no coin is known" in world.verdict().reason) == (Outcome.UNKNOWN, True)
    world.trade()
    key = Signer(WORDS).wallet(0, Role.PSYCHOLOGY).pubkey()
    world.node.chain.bank.put(key, genesis.wallet(1_000))
    assert (world.verdict().outcome, "unfunded" in world.verdict().reason) == (Outcome.UNKNOWN, True)
    (tmp_path / "keystore.json").unlink()
    assert (world.verdict().outcome, "no wallets" in world.verdict().reason) == (Outcome.UNKNOWN, True)


def test_a_program_that_changed_its_accounts_fails_it(world: World) -> None:
    world.fund()
    world.trade()
    world.node.chain.set_switches(Switches(upgraded=3))
    found = world.verdict()
    assert found.outcome is Outcome.FAIL
    assert "a program changed" in found.reason
