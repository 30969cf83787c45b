"""The lane of a block engine: it is paid by a tip in the transaction, and the tip is in the books."""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from solders.transaction import VersionedTransaction

from core.types import Role
from localnet import genesis
from tests.actors.adapters.onchain.street import SOL, Street, buy, sale
from tests.actors.adapters.rpc.server import NodeServer
from tests.localnet.stage import person

TIP_TO = person("tips")
TIP = 10_000


class Engine(NodeServer):
    """A block engine on this machine: what it takes lands in the street's node."""

    def __init__(self) -> None:
        super().__init__()
        self.street: Street | None = None
        self.replies |= {"getTipAccounts": [str(TIP_TO.pubkey())], "sendTransaction": self._land}

    def _land(self, params: list[Any]) -> str:
        raw = b64decode(params[0])
        transaction = VersionedTransaction.from_bytes(raw)
        assert self.street is not None
        self.street.node.chain.submit(transaction, raw)
        return str(transaction.signatures[0])


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.stop()


@pytest.fixture
def street(engine: Engine) -> Iterator[Street]:
    made = Street(engine_urls=[f"http://127.0.0.1:{engine.server.server_port}"])
    made.node.chain.bank.put(TIP_TO.pubkey(), genesis.wallet(SOL))
    engine.street = made
    yield made
    made.close()
    for lane in (*made.lanes._lanes, *made.lanes._bundles, *made.lanes._tips):
        lane.endpoint.close()


def tips_of(street: Street) -> int:
    account = street.node.chain.bank.account(TIP_TO.pubkey())
    assert account is not None
    return account.lamports - SOL


def test_a_tip_pays_the_engine_and_is_booked_as_what_it_is(street: Street, engine: Engine):
    street.tips.refresh(0.0, street.market)
    bought = street.done(replace(buy(street), tip_lamports=TIP))
    assert bought.error == ""
    assert bought.fees["tip"] == tips_of(street) == TIP
    street.refresh()
    sold = street.done(replace(sale(street, bought.tokens), tip_lamports=TIP))

    assert sold.fees["tip"] == TIP
    assert engine.asked().count("sendTransaction") == 2
    assert engine.paths[0] == "/api/v1/getTipAccounts"
    assert street.compared().ok


def test_the_engine_alone_is_enough(street: Street):
    street.tips.refresh(0.0, street.market)
    order = replace(buy(street), tip_lamports=TIP)
    one = street.signed(order)
    street.node.chain.set_switches(replace(street.node.chain.faults.switches, refuse_pct=100.0))
    street.send(order, one)
    street.node.chain.set_switches(replace(street.node.chain.faults.switches, refuse_pct=0.0))

    assert street.settled(order, one).tokens == street.tokens_of(Role.LIGHTNING) > 0
    assert street.lanes.outcomes["engine0", "ok"] == 1


def test_without_tip_accounts_no_tip_is_paid_or_booked(street: Street):
    settlement = street.done(replace(buy(street), tip_lamports=TIP))

    assert settlement.error == ""
    assert "tip" not in settlement.fees
    assert tips_of(street) == 0
    assert street.compared().ok


def test_a_failed_transaction_pays_no_tip(street: Street):
    street.tips.refresh(0.0, street.market)
    settlement = street.done(replace(buy(street, limit=10**18), tip_lamports=TIP))

    assert settlement.error
    assert "tip" not in settlement.fees
    assert tips_of(street) == 0
    assert street.compared().ok
