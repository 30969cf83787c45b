"""`MICRO_FEED=live` with a node that can be asked: coins are judged by their accounts, and entered on paper."""

import os
import signal
import subprocess
import sys
import urllib.error
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import gevent
from solders.keypair import Keypair

from core.chain.build import curve as curve_orders
from core.chain.build.addresses import TOKEN_2022_ID
from core.chain.build.facts import CurveFacts
from core.chain.build.funds import open_token_account
from core.types import LAMPORTS_PER_SOL
from localnet import launching
from localnet.chain import Pace
from localnet.faults import Switches
from localnet.node import Node
from tests.commands.test_one_operation import free_port, read
from tests.localnet.stage import RECIPIENTS, Stage, person

HOLDERS = 60


class World:
    """A node in real time with people on it, and the product beside it."""

    def __init__(self, project: Path, folder: Path, **settings: str) -> None:
        self.node = Node(pace=Pace(slot_s=0.2, finalized_slots=8))
        self.stage = Stage()
        self.stage.chain = self.node.chain
        self.people: dict[int, Keypair] = {}
        self.trade: gevent.Greenlet[..., None] = gevent.Greenlet()
        self.node.start()
        self.monitor = free_port()
        chosen = {
            "MICRO_FEED": "live",
            "MICRO_MONITOR_PORT": str(self.monitor),
            "MICRO_EXECUTOR_PORT": str(free_port()),
            "MICRO_STATE_DIR": str(folder),
            "MICRO_TIME_SCALE": "60",
            "MICRO_ENTRY_PROFILE": "relaxed",
            "MICRO_SOL_SOURCE_URL": f"{self.node.url}/price",
        }
        self.process = subprocess.Popen(
            [sys.executable, "run.py", "paper"],
            cwd=project,
            env=os.environ
            | chosen
            | settings
            | {"SOLANA_WS_URL": self.node.socket_url, "SOLANA_RPC_URL": self.node.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def see(self, path: str) -> Any:
        try:
            return read(self.monitor, path)
        except (urllib.error.URLError, ConnectionError):
            return {}  # not listening yet

    def until(self, what: Callable[[], object], seconds: float = 60.0) -> Any:
        with gevent.Timeout(seconds):
            while not (found := what()):
                gevent.sleep(0.3)
        return found

    def launch(self, name: str) -> str:
        """A coin that sixty people buy, none of them much, and then a little more of it twice a second. Its mint."""
        creator, mint = self.stage.rich(f"creator of {name}"), person(f"mint {name}")
        words = (f"Tiny {name}", name.upper(), f"https://metadata.invalid/{name}")
        make = launching.create_v2(mint.pubkey(), creator.pubkey(), creator.pubkey(), words)
        self.node.chain.queue(self.stage.signed([make], creator, mint))
        facts = CurveFacts(mint=mint.pubkey(), creator=creator.pubkey(), token_program=TOKEN_2022_ID)
        for number in range(HOLDERS):
            self.buy(facts, number, 0.6 + 0.002 * number)
        self.trade.kill()
        self.trade = gevent.spawn(self._go_on, facts)
        return str(mint.pubkey())

    def buy(self, facts: CurveFacts, number: int, sol: float) -> None:
        user = self.people.get(number) or self.people.setdefault(number, self.stage.rich(f"holder {number}"))
        accounts = curve_orders.curve_accounts(facts, user.pubkey(), RECIPIENTS)
        opened = open_token_account(user.pubkey(), user.pubkey(), facts.mint, TOKEN_2022_ID)
        trade = curve_orders.buy_exact_quote_in_v2(accounts, round(sol * LAMPORTS_PER_SOL), 1)
        self.node.chain.queue(self.stage.signed([opened, trade], user))
        gevent.sleep(0)

    def _go_on(self, facts: CurveFacts) -> None:
        for number in cycle(range(HOLDERS)):
            gevent.sleep(0.5)
            self.buy(facts, number, 0.01)

    def stop(self) -> str:
        self.trade.kill()
        for _ in range(2):  # once more: what is held on paper is not waited for
            self.process.send_signal(signal.SIGINT)
            gevent.sleep(0.5)
        said, _ = self.process.communicate(timeout=60)
        self.node.stop()
        return said

    def keeper(self, name: str) -> dict[str, Any]:
        view: dict[str, Any] = self.see(f"/actors/keeper.{name}").get("view") or {}
        return view

    def failing(self, mint: str) -> set[str]:
        """What speaks against this coin for good."""
        items = self.see("/candidates").get("items") or []
        return {
            one["criterion"]
            for item in items
            if item["mint"] == mint
            for one in item["verdicts"]
            if one["outcome"] == "fail" and one["final"]
        }


def test_a_coin_that_cannot_be_sold_is_refused_and_one_that_can_is_entered(project: Path, tmp_path: Path) -> None:
    world = World(project, tmp_path)
    try:
        world.until(lambda: world.keeper("programs").get("readings"))
        world.node.chain.set_switches(Switches(upgraded=2))  # no sale goes through any more
        trap = world.launch("trap")
        world.until(lambda: "honeypot" in world.failing(trap))
        halted = world.until(lambda: world.keeper("canary")["value"]["outcome"] == "fail")
        world.node.chain.set_switches(Switches())
        world.until(lambda: world.keeper("canary")["value"]["outcome"] == "pass")
        honest = world.launch("honest")
        operations = world.until(lambda: world.see("/operations").get("items"))
        watched = world.until(lambda: world.keeper("watch")["value"]["subjects"] == 3)
    finally:
        said = world.stop()
    assert world.process.returncode == 0, said
    assert halted
    assert watched
    assert [one["mint"] for one in operations] == [honest]
